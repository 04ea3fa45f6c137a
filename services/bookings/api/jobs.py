"""Jobs and their names over HTTP."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response

from libs.common.parties import folded
from libs.common.web import (
    AS_FILE,
    Answer,
    Given,
    Listing,
    begin,
    endpoint,
    equal,
    listed,
    one,
    reading,
    visible,
)
from services.bookings import usecases
from services.bookings.model import Job, Sale
from services.bookings.schemas.customers import (
    JOBS,
    JobEditIn,
    JobIn,
    JobOut,
    JobQuery,
    PreviewOut,
    PreviewQuery,
    RenameIn,
)

bp = Blueprint("jobs", __name__, url_prefix="/api/v1/bookings/jobs")

LISTING = Listing(
    Job,
    sa.select(Job),
    equal(customer_id=Job.customer_id, opportunity_id=Job.opportunity_id, status=Job.status, branch=Job.branch),
)


@bp.get("")
@endpoint(may="job.read", query=JobQuery, answer=JobOut, many=True, kinds=AS_FILE)
def jobs(asked: Given) -> Answer | Response:
    """Jobs of the caller's branches, newest first; with format=csv all of them as a file."""
    found = [Job.search.contains(folded(asked["q"]), autoescape=True)] if "q" in asked else []
    with reading() as tx:
        return listed(tx, LISTING, JobOut, asked, JOBS, *found)


@bp.post("")
@endpoint(may="job.edit", body=JobIn, answer=JobOut, status=201)
def make(given: Given) -> Answer:
    """Make the job that a sale left to the office; records then move to it."""
    with begin() as tx:
        sale = visible(tx, Sale, given["acceptance_id"])
        job = usecases.make_the_job(tx, sale, name=given.get("name"))
        return tx.answer(JobOut(), job, 201, {"Location": f"/api/v1/bookings/jobs/{job.id}"})


@bp.get("/name-preview")
@endpoint(may=("job.edit", "settings.edit", "settings.read"), query=PreviewQuery, answer=PreviewOut)
def preview(asked: Given) -> Answer:
    """What a job would be called by a template. Nothing is counted or changed."""
    with reading() as tx:
        sale = visible(tx, Sale, asked["acceptance_id"]) if "acceptance_id" in asked else None
        shown = usecases.preview_name(
            tx, sale, template=asked.get("template"), sequence=asked.get("sequence"), branch=asked.get("branch")
        )
        return tx.answer(PreviewOut(), shown)


@bp.get("/<uuid:job_id>")
@endpoint(may="job.read", answer=JobOut)
def job(job_id: UUID) -> Answer:
    """One job."""
    with reading() as tx:
        return one(tx, JobOut, visible(tx, Job, job_id))


@bp.patch("/<uuid:job_id>")
@endpoint(may="job.edit", body=JobEditIn, answer=JobOut, edits=True)
def edit(job_id: UUID, given: Given) -> Answer:
    """Correct a job's type or site."""
    with begin() as tx:
        found = visible(tx, Job, job_id)
        return tx.answer(JobOut(), usecases.edit_job(tx, found, **given))


@bp.post("/<uuid:job_id>/rename")
@endpoint(may="job.edit", body=RenameIn, answer=JobOut)
def rename(job_id: UUID, given: Given) -> Answer:
    """Call a job otherwise than the rule did; audited. 409 when the customer has a job of that name."""
    with begin() as tx:
        return tx.answer(JobOut(), usecases.rename(tx, visible(tx, Job, job_id), **given))


@bp.post("/<uuid:job_id>/close")
@endpoint(may="job.edit", answer=JobOut)
def close(job_id: UUID) -> Answer:
    """Everything about a completed job is settled."""
    with begin() as tx:
        return tx.answer(JobOut(), usecases.close(tx, visible(tx, Job, job_id)))
