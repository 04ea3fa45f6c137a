"""Estimates for staff: found, begun, written, approved."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response
from sqlalchemy.orm import joinedload

from libs.common.web import (
    AS_FILE,
    Answer,
    Given,
    Listing,
    begin,
    caller,
    endpoint,
    equal,
    listed,
    one,
    reading,
    visible,
)
from services.estimates import usecases
from services.estimates.api.shown import shown
from services.estimates.model import Estimate, Opportunity
from services.estimates.schemas.incoming import (
    CorrectIn,
    DraftIn,
    EstimateIn,
    EstimateQuery,
    NoteIn,
    RefuseIn,
)
from services.estimates.schemas.outgoing import SHEET, EstimateOut, EstimateRow
from services.estimates.states import LIVE

bp = Blueprint("estimates", __name__, url_prefix="/api/v1/estimates")

LISTING = Listing(
    Estimate,
    sa.select(Estimate).options(joinedload(Estimate.opportunity)),
    {
        **equal(
            opportunity_id=Estimate.opportunity_id,
            job_id=Estimate.job_id,
            state=Estimate.state,
            salesperson=Estimate.salesperson_id,
        ),
        "live": Estimate.state.in_(LIVE) == sa.bindparam("live"),
    },
)


@bp.get("")
@endpoint(may="estimate.read", query=EstimateQuery, answer=EstimateRow, many=True, kinds=AS_FILE)
def estimates(asked: Given) -> Answer | Response:
    """Estimates in the caller's scope, newest first; with format=csv all of them as a file."""
    with reading() as tx:
        return listed(tx, LISTING, EstimateRow, asked, SHEET)


@bp.post("")
@endpoint(may="estimate.draft", body=EstimateIn, answer=EstimateOut, status=201)
def create(given: Given) -> Answer:
    """A further estimate of a converted opportunity, selected at once."""
    with begin() as tx:
        opportunity = visible(tx, Opportunity, given["opportunity_id"])
        estimate = usecases.create(tx, opportunity, given.get("options"))
        return tx.answer(EstimateOut(), shown(tx, estimate), 201, {"Location": f"/api/v1/estimates/{estimate.id}"})


@bp.get("/<uuid:estimate_id>")
@endpoint(may="estimate.read", answer=EstimateOut)
def estimate(estimate_id: UUID) -> Answer:
    """One estimate: its current version, what each option comes to, and what the caller may do with it."""
    with reading() as tx:
        return one(tx, EstimateOut, shown(tx, visible(tx, Estimate, estimate_id)))


@bp.patch("/<uuid:estimate_id>")
@endpoint(may="estimate.draft", body=CorrectIn, answer=EstimateOut, edits=True)
def correct(estimate_id: UUID, given: Given) -> Answer:
    """Put notes, terms or the last day of a draft right."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        return tx.answer(EstimateOut(), shown(tx, usecases.correct(tx, found, **given)))


@bp.put("/<uuid:estimate_id>/draft")
@endpoint(may="estimate.draft", body=DraftIn, answer=EstimateOut, edits=True)
def edit(estimate_id: UUID, given: Given) -> Answer:
    """Write the draft anew, whole. What was sent is frozen: 409, revise it."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        return tx.answer(EstimateOut(), shown(tx, usecases.edit(tx, found, **given)))


@bp.post("/<uuid:estimate_id>/select")
@endpoint(may="estimate.select", answer=EstimateOut)
def select(estimate_id: UUID) -> Answer:
    """Let the opportunity stand on this estimate."""
    with begin() as tx:
        return tx.answer(EstimateOut(), shown(tx, usecases.select(tx, visible(tx, Estimate, estimate_id))))


@bp.post("/<uuid:estimate_id>/submit")
@endpoint(may="estimate.draft", body=NoteIn, answer=EstimateOut)
def submit(estimate_id: UUID, given: Given) -> Answer:
    """Ask for the approval of a discount or a margin beyond one's own limits."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        who = caller()
        return tx.answer(
            EstimateOut(), shown(tx, usecases.submit(tx, found, roles=who.roles, by=who.person_id, **given))
        )


@bp.post("/<uuid:estimate_id>/approve")
@endpoint(may="estimate.approve", body=NoteIn, answer=EstimateOut)
def approve(estimate_id: UUID, given: Given) -> Answer:
    """Let this exact price go out. Nobody approves their own."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        return tx.answer(EstimateOut(), shown(tx, usecases.approve(tx, found, by=caller().person_id, **given)))


@bp.post("/<uuid:estimate_id>/refuse")
@endpoint(may="estimate.approve", body=RefuseIn, answer=EstimateOut)
def refuse(estimate_id: UUID, given: Given) -> Answer:
    """Do not let this price go out, with a reason: it is a draft again."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        return tx.answer(EstimateOut(), shown(tx, usecases.refuse(tx, found, by=caller().person_id, **given)))
