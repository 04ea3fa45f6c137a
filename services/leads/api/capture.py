"""Enquiries: taken in, looked at, corrected."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response

from libs.common.parties import folded
from libs.common.searching import phone_digits, record_number
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
    location,
    one,
    reading,
    visible,
)
from services.leads import usecases
from services.leads.api.shown import dressed, shown
from services.leads.model import Lead
from services.leads.schemas.incoming import LeadEditIn, LeadIn, LeadQuery
from services.leads.schemas.outgoing import SHEET, LeadOut, LeadRow
from services.leads.usecases import decide

bp = Blueprint("capture", __name__, url_prefix="/api/v1/leads")

LISTING = Listing(
    Lead,
    sa.select(Lead),
    {
        **equal(state=Lead.state, owner=Lead.owner_id, source=Lead.source, branch=Lead.branch),
        "created_after": Lead.created_at > sa.bindparam("created_after"),
    },
)


@bp.post("")
@endpoint(may="lead.create", body=LeadIn, answer=LeadOut, status=201)
def capture(given: Given) -> Answer:
    """Take an enquiry in and, with owner_id, assign it in the same call. One for another branch is taken in, too."""
    with begin() as tx:
        lead = usecases.capture(tx, by=caller(), **given)
        decide.look(tx, lead, caller().roles)
        return tx.answer(LeadOut(), lead, 201, location("/api/v1/leads", lead, "lead.read"))


@bp.get("")
@endpoint(may="lead.read", query=LeadQuery, answer=LeadRow, many=True, kinds=AS_FILE)
def leads(asked: Given) -> Answer | Response:
    """Leads in the caller's scope, newest first; with format=csv all of them as a file."""
    found = []
    if "q" in asked:
        text = phone_digits(asked["q"]) or folded(record_number(asked["q"]) or asked["q"])
        found.append(Lead.search.contains(text, autoescape=True))
    with reading() as tx:
        return listed(tx, LISTING, LeadRow, asked, SHEET, *found)


@bp.get("/<uuid:lead_id>")
@endpoint(may="lead.read", answer=LeadOut)
def lead(lead_id: UUID) -> Answer:
    """One lead, with possible duplicates and what the caller may do with it."""
    with reading() as tx:
        return one(tx, LeadOut, dressed(tx, visible(tx, Lead, lead_id)))


@bp.patch("/<uuid:lead_id>")
@endpoint(may="lead.edit", body=LeadEditIn, answer=LeadOut, edits=True)
def edit(lead_id: UUID, given: Given) -> Answer:
    """Correct or complete a lead."""
    with begin() as tx:
        found = visible(tx, Lead, lead_id)
        return shown(tx, usecases.edit(tx, found, roles=caller().roles, **given))
