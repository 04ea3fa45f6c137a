"""Leads over HTTP."""

from contextlib import suppress
from io import BytesIO
from uuid import UUID

import msgspec
import sqlalchemy as sa
from flask import Blueprint

from libs.common.csvfiles import Unreadable, read_csv
from libs.common.errors import Fault, Invalid
from libs.common.leadcolumns import mapping
from libs.common.parties import folded
from libs.common.tx import Answer, Tx
from libs.common.web import Given, begin, caller, endpoint, if_match, items, load, one, page, reading, visible
from services.leads import usecases
from services.leads.model import Lead
from services.leads.schemas import (
    AssignIn,
    ContactIn,
    ContactOut,
    DecisionIn,
    ImportIn,
    ImportOut,
    ImportQuery,
    InvalidateIn,
    LeadEditIn,
    LeadIn,
    LeadOut,
    LeadQuery,
    LeadRow,
    MergeIn,
    NurtureIn,
    TypeIn,
)
from services.leads.usecases import duplicates, importing

IMPORT_LIMIT = 10 * 1024 * 1024


class DryRun(Exception):
    """Rolls a batch back once it is known what would become of it."""


def own_columns(said: str | None) -> dict[str, str]:
    """The caller's word on single columns. Raises Invalid when it is no JSON object of names."""
    try:
        return msgspec.json.decode(said or "{}", type=dict[str, str])
    except msgspec.DecodeError as wrong:
        raise Invalid("map is not an object column → field", errors=[Fault("/map", str(wrong))]) from wrong


def shown(tx: Tx, lead: Lead) -> Answer:
    """The lead after an act on it, with the duplicates there are by now."""
    lead.duplicates = duplicates.of(tx, lead)
    return tx.answer(LeadOut(), lead)


bp = Blueprint("leads", __name__, url_prefix="/api/v1/leads")


@bp.post("")
@endpoint(may="lead.create", body=LeadIn, answer=LeadOut, status=201)
def capture(given: Given) -> Answer:
    """Take an enquiry in and, with owner_id, assign it in the same call."""
    with begin() as tx:
        lead = usecases.capture(tx, roles=caller().roles, at_branch=min(caller().branches, default=None), **given)
        return tx.answer(LeadOut(), lead, 201, {"Location": f"/api/v1/leads/{lead.id}"})


@bp.post("/import")
@endpoint(may="lead.import", query=ImportQuery, body=ImportIn, answer=ImportOut, upload=True, limit=IMPORT_LIMIT)
def take_file_in(asked: Given, given: Given) -> Answer:
    """Take a CSV of enquiries in: each row once, however often the file comes. A dry run only says what would be."""
    dry_run, own = asked.get("dry_run") in ("true", "1"), own_columns(given.get("map"))
    try:
        file = read_csv(BytesIO(given["file"].content))
    except Unreadable as reason:
        raise Invalid(str(reason), errors=[Fault("/file", str(reason))]) from reason
    columns = mapping(file.columns, own)
    report = importing.Report(columns.fields, columns.unknown)
    home = min(caller().branches, default=None)
    for batch in importing.batches(file, columns, lambda body: load(LeadIn, body), report):
        with suppress(DryRun), begin(keyed=False) as tx:
            importing.take_in(tx, batch, report, roles=caller().roles, at_branch=home)
            if dry_run:
                raise DryRun
    with begin() as tx:
        return tx.answer(ImportOut(), {**vars(report), "dry_run": dry_run})


@bp.get("")
@endpoint(may="lead.read", query=LeadQuery, answer=LeadRow, many=True)
def leads(asked: Given) -> Answer:
    """Leads in the caller's scope, newest first."""
    wanted = sa.select(Lead)
    for name, column in (("state", Lead.state), ("owner", Lead.owner_id), ("source", Lead.source)):
        if name in asked:
            wanted = wanted.where(column == asked[name])
    if "branch" in asked:
        wanted = wanted.where(Lead.branch == asked["branch"])
    if "created_after" in asked:
        wanted = wanted.where(Lead.created_at > asked["created_after"])
    if "q" in asked:
        wanted = wanted.where(Lead.search.contains(folded(asked["q"]), autoescape=True))
    with reading() as tx:
        return page(tx, wanted, Lead, LeadRow, asked)


@bp.get("/<uuid:lead_id>")
@endpoint(may="lead.read", answer=LeadOut)
def lead(lead_id: UUID) -> Answer:
    """One lead, with possible duplicates and what the caller may do with it."""
    with reading() as tx:
        found = visible(tx, Lead, lead_id)
        found.duplicates = duplicates.of(tx, found)
        return one(tx, LeadOut, found)


@bp.patch("/<uuid:lead_id>")
@endpoint(may="lead.edit", body=LeadEditIn, answer=LeadOut, edits=True)
def edit(lead_id: UUID, given: Given) -> Answer:
    """Correct or complete a lead."""
    with begin() as tx:
        found = visible(tx, Lead, lead_id)
        tx.expect(found, if_match())
        return shown(tx, usecases.edit(tx, found, **given))


@bp.post("/<uuid:lead_id>/validate")
@endpoint(may="lead.decide", body=DecisionIn, answer=LeadOut)
def validate(lead_id: UUID, given: Given) -> Answer:
    """The validity decision, yes: an opportunity opens. 409 names everything that is missing."""
    with begin() as tx:
        return shown(tx, usecases.validate(tx, visible(tx, Lead, lead_id), roles=caller().roles, **given))


@bp.post("/<uuid:lead_id>/invalidate")
@endpoint(may="lead.decide", body=InvalidateIn, answer=LeadOut)
def invalidate(lead_id: UUID, given: Given) -> Answer:
    """The validity decision, no, with its reason: the process ends."""
    with begin() as tx:
        return shown(tx, usecases.invalidate(tx, visible(tx, Lead, lead_id), **given))


@bp.post("/<uuid:lead_id>/reopen")
@endpoint(may="lead.reopen", body=DecisionIn, answer=LeadOut)
def reopen(lead_id: UUID, given: Given) -> Answer:
    """Look at an invalid lead again."""
    with begin() as tx:
        return shown(tx, usecases.reopen(tx, visible(tx, Lead, lead_id), **given))


@bp.post("/<uuid:lead_id>/contact-attempts")
@endpoint(may="lead.edit", body=ContactIn, answer=LeadOut)
def log_contact(lead_id: UUID, given: Given) -> Answer:
    """Somebody tried to reach the prospect; the first attempt stops the response clock."""
    with begin() as tx:
        return shown(tx, usecases.log_contact(tx, visible(tx, Lead, lead_id), **given))


@bp.get("/<uuid:lead_id>/contact-attempts")
@endpoint(may="lead.read", answer=ContactOut, many=True)
def contacts(lead_id: UUID) -> Answer:
    """Every attempt logged on the lead, oldest first."""
    with reading() as tx:
        return items(ContactOut, visible(tx, Lead, lead_id).attempts)


@bp.post("/<uuid:lead_id>/nurture")
@endpoint(may="lead.edit", body=NurtureIn, answer=LeadOut)
def nurture(lead_id: UUID, given: Given) -> Answer:
    """Not ready yet: come back to them at next_action_at."""
    with begin() as tx:
        return shown(tx, usecases.nurture(tx, visible(tx, Lead, lead_id), **given))


@bp.post("/<uuid:lead_id>/type")
@endpoint(may="lead.edit", body=TypeIn, answer=LeadOut)
def set_type(lead_id: UUID, given: Given) -> Answer:
    """Marketing, sales or product qualified, with the evidence."""
    with begin() as tx:
        return shown(tx, usecases.set_type(tx, visible(tx, Lead, lead_id), **given))


@bp.post("/<uuid:lead_id>/assign")
@endpoint(may="lead.assign", body=AssignIn, answer=LeadOut)
def assign(lead_id: UUID, given: Given) -> Answer:
    """Give the lead to somebody, who is alerted at once."""
    with begin() as tx:
        return shown(tx, usecases.assign(tx, visible(tx, Lead, lead_id), **given))


@bp.post("/<uuid:lead_id>/merge")
@endpoint(may="lead.merge", body=MergeIn, answer=LeadOut)
def merge(lead_id: UUID, given: Given) -> Answer:
    """Take another lead of the same prospect into this one."""
    with begin() as tx:
        first, second = sorted((lead_id, given["duplicate_id"]))  # locked in one order, whoever merges into whom
        found = {ident: visible(tx, Lead, ident) for ident in (first, second)}
        return shown(tx, usecases.merge(tx, found[lead_id], found[given["duplicate_id"]]))


@bp.post("/<uuid:lead_id>/unmerge")
@endpoint(may="lead.merge", answer=LeadOut)
def unmerge(lead_id: UUID) -> Answer:
    """The merge was a mistake: this lead stands on its own again."""
    with begin() as tx:
        return shown(tx, usecases.unmerge(tx, visible(tx, Lead, lead_id)))
