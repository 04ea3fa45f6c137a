"""The customer's yes or no, as staff heard it."""

from uuid import UUID

from flask import Blueprint

from libs.common.web import Answer, Given, begin, caller, endpoint, visible
from services.estimates import usecases
from services.estimates.model import Estimate
from services.estimates.schemas.incoming import DeclineIn, RecordIn
from services.estimates.schemas.outgoing import EstimateOut, RecordedOut

bp = Blueprint("decisions", __name__, url_prefix="/api/v1/estimates/<uuid:estimate_id>")


@bp.post("/accept")
@endpoint(may="estimate.record_decision", body=RecordIn, answer=RecordedOut)
def accept(estimate_id: UUID, given: Given) -> Answer:
    """Record a yes said in person or on the phone; once, like the link's."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        usecases.record(tx, found, roles=caller().roles, **given)
        return tx.answer(RecordedOut(), found)


@bp.post("/decline")
@endpoint(may="estimate.record_decision", body=DeclineIn, answer=EstimateOut)
def decline(estimate_id: UUID, given: Given) -> Answer:
    """Record a no, with its reason."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        return tx.answer(EstimateOut(), usecases.decline(tx, found, method="verbal", **given))
