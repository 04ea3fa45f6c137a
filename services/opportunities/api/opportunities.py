"""Opportunities over HTTP: entering, finding, correcting and working them."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response

from libs.common.parties import folded
from libs.common.pdf import sheet_pdf
from libs.common.schema.parts import PaperIn
from libs.common.web import (
    AS_FILE,
    Answer,
    Given,
    Listing,
    begin,
    caller,
    endpoint,
    equal,
    items,
    listed,
    location,
    on_paper,
    one,
    reading,
    scoped,
    visible,
)
from services.opportunities import usecases
from services.opportunities.model import Opportunity
from services.opportunities.schemas.acts import AssignIn, ContactIn, ContactOut, HandedOverOut, HandOverIn
from services.opportunities.schemas.entering import OpportunityEditIn, OpportunityIn
from services.opportunities.schemas.opportunities import (
    SHEET,
    FinancingOut,
    LostReasonOut,
    OpportunityOut,
    OpportunityQuery,
    OpportunityRow,
    StageOut,
    StageQuery,
)
from services.opportunities.settings import PREFERENCES

bp = Blueprint("opportunities", __name__, url_prefix="/api/v1/opportunities")

LISTING = Listing(
    Opportunity,
    sa.select(Opportunity),
    {
        **equal(
            lead_id=Opportunity.lead_id,
            job_id=Opportunity.job_id,
            stage=Opportunity.stage,
            stage_type=Opportunity.stage_type,
            salesperson=Opportunity.salesperson_id,
            branch=Opportunity.branch,
        ),
        "created_after": Opportunity.created_at > sa.bindparam("created_after"),
    },
)


@bp.post("")
@endpoint(may="opportunity.create", body=OpportunityIn, answer=OpportunityOut, status=201)
def enter(given: Given) -> Answer:
    """The second door: an opportunity at once, its lead made valid behind it. 422 names all that a valid lead needs."""
    with begin() as tx:
        made = usecases.shown(tx, usecases.enter(tx, by=caller(), **given))
        return tx.answer(OpportunityOut(), made, 201, location("/api/v1/opportunities", made, "opportunity.read"))


@bp.get("")
@endpoint(may="opportunity.read", query=OpportunityQuery, answer=OpportunityRow, many=True, kinds=AS_FILE)
def opportunities(asked: Given) -> Answer | Response:
    """Opportunities in the caller's scope, newest first; with format=csv all of them as a file."""
    found = [Opportunity.search.contains(folded(asked["q"]), autoescape=True)] if "q" in asked else []
    with reading() as tx:
        return listed(tx, LISTING, OpportunityRow, asked, SHEET, *found)


@bp.get("/stages")
@endpoint(may="opportunity.read", query=StageQuery, answer=StageOut, many=True)
def stages(asked: Given) -> Answer:
    """A branch's stages in their order: the stage bar."""
    with reading() as tx:
        return items(StageOut, PREFERENCES.read(tx, asked.get("branch"))["stages"])


@bp.get("/lost-reasons")
@endpoint(may="opportunity.read", query=StageQuery, answer=LostReasonOut, many=True)
def lost_reasons(asked: Given) -> Answer:
    """What can be said when one is lost."""
    with reading() as tx:
        return items(LostReasonOut, PREFERENCES.read(tx, asked.get("branch"))["lost_reasons"])


@bp.get("/financing-activities")
@endpoint(may="opportunity.read", query=StageQuery, answer=FinancingOut, many=True)
def financing_activities(asked: Given) -> Answer:
    """What can be said of how they pay."""
    with reading() as tx:
        codes = PREFERENCES.read(tx, asked.get("branch"))["financing_activities"]
        return items(FinancingOut, [{"code": code} for code in codes])


@bp.get("/<uuid:opportunity_id>")
@endpoint(may="opportunity.read", answer=OpportunityOut)
def opportunity(opportunity_id: UUID) -> Answer:
    """One opportunity, with what comes next and what the caller may do."""
    with reading() as tx:
        return one(tx, OpportunityOut, usecases.shown(tx, visible(tx, Opportunity, opportunity_id)))


@bp.get("/<uuid:opportunity_id>/opportunity.pdf")
@endpoint(may="opportunity.read", kinds=("application/pdf",))
def pdf(opportunity_id: UUID) -> Answer:
    """A summary on paper for whoever drives there: in the branch's language, and without what it may be worth."""
    with reading() as tx:
        sheet = usecases.sheet(tx, visible(tx, Opportunity, opportunity_id))
    return on_paper(sheet_pdf(sheet), sheet.number)


@bp.post("/<uuid:opportunity_id>/mail")
@endpoint(may="opportunity.mail", body=PaperIn, answer=OpportunityOut)
def mail(opportunity_id: UUID, given: Given) -> Answer:
    """Send the summary on paper to a colleague, as an attachment to each of up to ten addresses."""
    with reading() as tx:
        sheet = usecases.sheet(tx, visible(tx, Opportunity, opportunity_id))
    drawn = sheet_pdf(sheet)  # takes a while, in which nobody has to wait for the record
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.mail(tx, found, sheet, drawn, **given)))


@bp.patch("/<uuid:opportunity_id>")
@endpoint(may="opportunity.work", body=OpportunityEditIn, answer=OpportunityOut, edits=True)
def edit(opportunity_id: UUID, given: Given) -> Answer:
    """Correct or complete an opportunity, or say when to follow up."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.edit(tx, found, **given)))


@bp.post("/<uuid:opportunity_id>/assign")
@endpoint(may="opportunity.assign", body=AssignIn, answer=OpportunityOut)
def assign(opportunity_id: UUID, given: Given) -> Answer:
    """Give the opportunity to a salesperson, who is alerted at once."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.assign(tx, found, **given)))


@bp.post("/hand-over")
@endpoint(may="opportunity.assign", body=HandOverIn, answer=HandedOverOut)
def hand_over(given: Given) -> Answer:
    """Give all that somebody sells and that is open to somebody else, for an absence; 200 at once."""
    with begin() as tx:
        theirs = scoped(usecases.worked_by(given.pop("from_id")), Opportunity, caller(), "opportunity.assign")
        return tx.answer(HandedOverOut(), usecases.hand_over(tx, theirs, **given))


@bp.post("/<uuid:opportunity_id>/contact-attempts")
@endpoint(may="opportunity.work", body=ContactIn, answer=OpportunityOut)
def log_contact(opportunity_id: UUID, given: Given) -> Answer:
    """Somebody tried to reach the prospect; the first attempt stops the response clock and moves the stage."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.log_contact(tx, found, **given)))


@bp.get("/<uuid:opportunity_id>/contact-attempts")
@endpoint(may="opportunity.read", answer=ContactOut, many=True)
def contacts(opportunity_id: UUID) -> Answer:
    """Every attempt logged on the opportunity, oldest first."""
    with reading() as tx:
        return items(ContactOut, visible(tx, Opportunity, opportunity_id).attempts)
