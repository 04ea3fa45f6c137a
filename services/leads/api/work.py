"""Working a lead: who has it, who spoke to them, when to come back, and of what type it is."""

from uuid import UUID

from flask import Blueprint

from libs.common.web import Answer, Given, begin, caller, endpoint, items, reading, scoped, visible
from services.leads import usecases
from services.leads.api.shown import shown
from services.leads.model import Lead
from services.leads.schemas.incoming import AssignIn, ContactIn, HandOverIn, NurtureIn, TypeIn
from services.leads.schemas.outgoing import ContactOut, HandedOverOut, LeadOut

bp = Blueprint("work", __name__, url_prefix="/api/v1/leads")


@bp.post("/<uuid:lead_id>/contact-attempts")
@endpoint(may="lead.edit", body=ContactIn, answer=LeadOut)
def log_contact(lead_id: UUID, given: Given) -> Answer:
    """Somebody tried to reach the prospect; the first attempt stops the response clock."""
    with begin() as tx:
        return shown(tx, usecases.log_contact(tx, visible(tx, Lead, lead_id), **given))


@bp.get("/<uuid:lead_id>/contact-attempts")
@endpoint(may="lead.read", answer=ContactOut, many=True)
def contacts(lead_id: UUID) -> Answer:
    """Every attempt logged on the lead and on what was merged into it, oldest first."""
    with reading() as tx:
        return items(ContactOut, usecases.attempts(tx, visible(tx, Lead, lead_id)))


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
        return shown(tx, usecases.assign(tx, visible(tx, Lead, lead_id), roles=caller().roles, **given))


@bp.post("/hand-over")
@endpoint(may="lead.assign", body=HandOverIn, answer=HandedOverOut)
def hand_over(given: Given) -> Answer:
    """Give all that somebody has and that is still worked to somebody else, for an absence; 200 at once."""
    with begin() as tx:
        theirs = scoped(usecases.worked_by(given["from_id"]), Lead, caller(), "lead.assign")
        return tx.answer(
            HandedOverOut(), usecases.hand_over(tx, theirs, owner_id=given["owner_id"], roles=caller().roles)
        )
