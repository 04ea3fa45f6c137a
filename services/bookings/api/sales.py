"""The sale's checklist over HTTP."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint
from sqlalchemy.orm import selectinload

from libs.common.web import Answer, Given, Listing, begin, endpoint, equal, one, page, reading, visible
from services.bookings import usecases
from services.bookings.model import Part, Sale
from services.bookings.schemas.sales import SaleOut, SaleQuery, UndoIn
from services.bookings.states import SaleState

bp = Blueprint("sales", __name__, url_prefix="/api/v1/bookings/sales")

LISTING = Listing(
    Sale,
    sa.select(Sale).options(selectinload(Sale.booking)),  # it says whether a sale can still be undone
    equal(state=Sale.state, opportunity_id=Sale.opportunity_id, job_id=Sale.job_id),
)
STANDS = Sale.state != SaleState.UNDONE
LACKING = {
    "job": sa.and_(STANDS, Sale.job_id.is_(None)),
    "booking": sa.and_(STANDS, ~sa.exists().where(Part.acceptance_id == Sale.id, Part.live)),
}


@bp.get("")
@endpoint(may="booking.read", query=SaleQuery, answer=SaleOut, many=True)
def sales(asked: Given) -> Answer:
    """Sales of the caller's branches, newest first; those that failed with state=failed.

    With lacks=job those that stand and whose job the office is to make, with lacks=booking those in no live order.
    """
    found = [LACKING[asked["lacks"]]] if "lacks" in asked else []
    with reading() as tx:
        return page(tx, LISTING, SaleOut, asked, *found)


@bp.get("/<uuid:acceptance_id>")
@endpoint(may="booking.read", answer=SaleOut)
def sale(acceptance_id: UUID) -> Answer:
    """What became of an acceptance, step by step."""
    with reading() as tx:
        return one(tx, SaleOut, visible(tx, Sale, acceptance_id))


@bp.post("/<uuid:acceptance_id>/retry")
@endpoint(may="booking.prepare", answer=SaleOut)
def retry(acceptance_id: UUID) -> Answer:
    """Ask for every step that did not happen to be done again."""
    with begin() as tx:
        return tx.answer(SaleOut(), usecases.retry(tx, visible(tx, Sale, acceptance_id)))


@bp.post("/<uuid:acceptance_id>/undo")
@endpoint(may="booking.cancel", body=UndoIn, answer=SaleOut)
def undo(acceptance_id: UUID, given: Given) -> Answer:
    """Take the sale back, while operations have not taken the work over: order and job are cancelled."""
    with begin() as tx:
        return tx.answer(SaleOut(), usecases.undo(tx, visible(tx, Sale, acceptance_id), **given))
