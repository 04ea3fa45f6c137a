"""The customer's yes or no, as staff heard it."""

from uuid import UUID

from flask import Blueprint

from libs.common.web import Answer, Given, begin, caller, endpoint, one, reading, visible
from services.estimates import usecases
from services.estimates.api.shown import shown
from services.estimates.model import Estimate
from services.estimates.schemas.incoming import DeclineIn, RecordIn, TotalsQuery
from services.estimates.schemas.outgoing import EstimateOut, RecordedOut, TotalsOut

bp = Blueprint("decisions", __name__, url_prefix="/api/v1/estimates/<uuid:estimate_id>")


@bp.get("/totals")
@endpoint(may="estimate.read", query=TotalsQuery, answer=TotalsOut)
def totals(estimate_id: UUID, asked: Given) -> Answer:
    """What an option comes to with these add-ons; nothing is decided by it."""
    with reading() as tx:
        found = visible(tx, Estimate, estimate_id)
        return one(tx, TotalsOut, usecases.totals(found, **asked))


@bp.post("/accept")
@endpoint(may="estimate.record_decision", body=RecordIn, answer=RecordedOut)
def accept(estimate_id: UUID, given: Given) -> Answer:
    """Record a yes said in person or on the phone; once, like the link's."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        usecases.record(tx, found, roles=caller().roles, **given)
        return tx.answer(RecordedOut(), shown(tx, found))


@bp.post("/decline")
@endpoint(may="estimate.record_decision", body=DeclineIn, answer=EstimateOut)
def decline(estimate_id: UUID, given: Given) -> Answer:
    """Record a no, with its reason."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        return tx.answer(EstimateOut(), shown(tx, usecases.decline(tx, found, method="verbal", **given)))
