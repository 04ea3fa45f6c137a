"""What a lead is decided to be: valid, invalid, or the same as another."""

from uuid import UUID

from flask import Blueprint

from libs.common.web import Answer, Given, begin, caller, endpoint, visible
from services.leads import usecases
from services.leads.api.shown import shown
from services.leads.model import Lead
from services.leads.schemas.incoming import DecisionIn, InvalidateIn, MergeIn
from services.leads.schemas.outgoing import LeadOut

bp = Blueprint("decisions", __name__, url_prefix="/api/v1/leads")


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
