"""The sale's checklist over HTTP."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint
from sqlalchemy.orm import selectinload

from libs.common.web import Answer, Given, Listing, begin, endpoint, equal, one, page, reading, visible
from services.bookings import usecases
from services.bookings.model import Sale
from services.bookings.schemas.sales import SaleOut, SaleQuery, UndoIn

bp = Blueprint("sales", __name__, url_prefix="/api/v1/bookings/sales")

LISTING = Listing(
    Sale,
    sa.select(Sale).options(selectinload(Sale.booking)),  # it says whether a sale can still be undone
    equal(state=Sale.state, opportunity_id=Sale.opportunity_id),
)


@bp.get("")
@endpoint(may="booking.read", query=SaleQuery, answer=SaleOut, many=True)
def sales(asked: Given) -> Answer:
    """Sales of the caller's branches, newest first; those that failed with state=failed."""
    with reading() as tx:
        return page(tx, LISTING, SaleOut, asked)


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
