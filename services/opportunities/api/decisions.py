"""Opportunities over HTTP: how far one is and how it ends."""

from uuid import UUID

from flask import Blueprint

from libs.common.web import Answer, Given, begin, endpoint, visible
from services.opportunities import usecases
from services.opportunities.model import Opportunity
from services.opportunities.schemas.acts import LoseIn, ReopenIn, StageIn
from services.opportunities.schemas.opportunities import OpportunityOut
from services.opportunities.schemas.questions import OverrideIn

bp = Blueprint("opportunity_decisions", __name__, url_prefix="/api/v1/opportunities/<uuid:opportunity_id>")


@bp.post("/stage")
@endpoint(may="opportunity.work", body=StageIn, answer=OpportunityOut)
def move(opportunity_id: UUID, given: Given) -> Answer:
    """To another open stage; 409 names what its gates ask for."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.move(tx, found, **given)))


@bp.post("/convert")
@endpoint(may="opportunity.work", answer=OpportunityOut)
def convert(opportunity_id: UUID) -> Answer:
    """Ready for a price: an estimate is drafted. 409 names everything that is missing."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.convert(tx, found)))


@bp.post("/lose")
@endpoint(may="opportunity.work", body=LoseIn, answer=OpportunityOut)
def lose(opportunity_id: UUID, given: Given) -> Answer:
    """It came to nothing, for a reason: the process ends. 409 while an offer is out, unless void_offers."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.lose(tx, found, **given)))


@bp.post("/reopen")
@endpoint(may="opportunity.reopen", body=ReopenIn, answer=OpportunityOut)
def reopen(opportunity_id: UUID, given: Given) -> Answer:
    """Work a lost opportunity again, from where it was."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.reopen(tx, found, **given)))


@bp.post("/qualification")
@endpoint(may="opportunity.override", body=OverrideIn, answer=OpportunityOut)
def override(opportunity_id: UUID, given: Given) -> Answer:
    """A person's word that it qualifies or does not, against the answers', with the reason."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.override(tx, found, **given)))
