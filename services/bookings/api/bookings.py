"""Booking orders over HTTP: found, made, prepared and ended by the office."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response

from libs.common import rowlocks
from libs.common.errors import NotFound
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
    on_paper,
    one,
    reading,
    scoped,
    visible,
)
from services.bookings import usecases
from services.bookings.model import Booking, Part, Sale
from services.bookings.schemas.bookings import (
    ACTS,
    SHEET,
    BookingEditIn,
    BookingIn,
    BookingOut,
    BookingQuery,
    BookingRow,
    ChangeOrderIn,
    HoldIn,
    NoteIn,
    PartOut,
    ReasonIn,
)

bp = Blueprint("bookings", __name__, url_prefix="/api/v1/bookings")

LISTING = Listing(
    Booking,
    sa.select(Booking),
    {
        **equal(
            customer_id=Booking.customer_id,
            team=Booking.team_id,
            assignee=Booking.assignee_id,
            state=Booking.state,
            branch=Booking.branch,
        ),
        "job_id": Booking.id.in_(usecases.OF_JOB),
        "opportunity_id": Booking.id.in_(usecases.FROM_OPPORTUNITY),
        "acceptance_id": Booking.id.in_(
            sa.select(Part.booking_id).where(Part.acceptance_id == sa.bindparam("acceptance_id"))
        ),
    },
)


@bp.get("")
@endpoint(may="booking.read", query=BookingQuery, answer=BookingRow, many=True, kinds=AS_FILE)
def bookings(asked: Given) -> Answer | Response:
    """Booking orders of the caller's branches, newest first; with format=csv all of them as a file."""
    with reading() as tx:
        return listed(tx, LISTING, BookingRow, asked, SHEET)


@bp.post("")
@endpoint(may="booking.create", body=BookingIn, answer=BookingOut, status=201)
def book(given: Given) -> Answer:
    """Draft an order of acceptances of the same site that are in no live order."""
    wanted = list(dict.fromkeys(given["acceptance_ids"]))
    with begin() as tx:
        mine = scoped(sa.select(Sale).where(Sale.id.in_(wanted)), Sale, caller(), "booking.create")
        rowlocks.acquire(tx, rowlocks.lock_by_id(Sale), {"ident": wanted[0]})  # what is of another customer is refused
        booking = usecases.book(tx, rowlocks.read_in_turn(tx, mine.order_by(Sale.id)), wanted)
        return tx.answer(BookingOut(), booking, 201, {"Location": f"/api/v1/bookings/{booking.id}"})


@bp.get("/<uuid:booking_id>")
@endpoint(may="booking.read", answer=BookingOut)
def booking(booking_id: UUID) -> Answer:
    """One order: its parts, the ordering list, the chain of hands, and what the caller may do."""
    with reading() as tx:
        return one(tx, BookingOut, visible(tx, Booking, booking_id))


@bp.get("/<uuid:booking_id>/booking.pdf")
@endpoint(may="booking.read", kinds=("application/pdf",))
def pdf(booking_id: UUID) -> Answer:
    """The order on paper for whoever does the work: in the branch's language, and without a price."""
    with reading() as tx:
        sheet = usecases.sheet(tx, visible(tx, Booking, booking_id))
    return on_paper(sheet_pdf(sheet), sheet.number)


@bp.post("/<uuid:booking_id>/mail")
@endpoint(may="booking.mail", body=PaperIn, answer=BookingOut)
def mail(booking_id: UUID, given: Given) -> Answer:
    """Send the order on paper to whoever does the work, as an attachment to each of up to ten addresses."""
    with reading() as tx:
        sheet = usecases.sheet(tx, visible(tx, Booking, booking_id))
    drawn = sheet_pdf(sheet)  # takes a while, in which nobody has to wait for the record
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.mail(tx, visible(tx, Booking, booking_id), sheet, drawn, **given))


@bp.patch("/<uuid:booking_id>")
@endpoint(
    may=("booking.prepare", "booking.order", "booking.schedule"), body=BookingEditIn, answer=BookingOut, edits=True
)
def edit(booking_id: UUID, given: Given) -> Answer:
    """Tick the checklist, note deposit, permits and access, set window, ordering and scheduling."""
    with begin() as tx:
        found = visible(tx, Booking, booking_id)
        return tx.answer(BookingOut(), usecases.edit(tx, found, may=caller().may, **given))


@bp.post("/<uuid:booking_id>/ready")
@endpoint(may=ACTS["ready"], answer=BookingOut)
def ready(booking_id: UUID) -> Answer:
    """Prepared: it may go to operations. 409 lists every item of the checklist that is not done."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.make_ready(tx, visible(tx, Booking, booking_id)))


@bp.post("/<uuid:booking_id>/hold")
@endpoint(may=ACTS["hold"], body=HoldIn, answer=BookingOut)
def hold(booking_id: UUID, given: Given) -> Answer:
    """Something stands in the way for now: the deposit, a permit, the customer's right to cancel."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.hold(tx, visible(tx, Booking, booking_id), **given))


@bp.post("/<uuid:booking_id>/release")
@endpoint(may=ACTS["release"], body=NoteIn, answer=BookingOut)
def release(booking_id: UUID, given: Given) -> Answer:
    """What stood in the way is gone."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.release(tx, visible(tx, Booking, booking_id), **given))


@bp.post("/<uuid:booking_id>/cancel")
@endpoint(may=ACTS["cancel"], body=ReasonIn, answer=BookingOut)
def cancel(booking_id: UUID, given: Given) -> Answer:
    """The work will not be done, for a reason; everybody who had it is told."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.cancel(tx, visible(tx, Booking, booking_id), **given))


@bp.get("/<uuid:booking_id>/change-orders")
@endpoint(may="booking.read", answer=PartOut, many=True)
def change_orders(booking_id: UUID) -> Answer:
    """What was sold on top, oldest first."""
    with reading() as tx:
        return items(PartOut, visible(tx, Booking, booking_id).change_orders)


@bp.post("/<uuid:booking_id>/change-orders")
@endpoint(may="booking.create", body=ChangeOrderIn, answer=BookingOut)
def add_change_order(booking_id: UUID, given: Given) -> Answer:
    """Add an acceptance of the same job that is in no live order; operations acknowledge it."""
    with begin() as tx:
        found = visible(tx, Booking, booking_id)
        wanted = sa.select(Sale).where(Sale.id == given["acceptance_id"])
        mine = scoped(wanted, Sale, caller(), "booking.create")
        sold = rowlocks.read_in_turn(tx, mine)  # of another customer: refused
        if not sold:
            raise NotFound(f"there is no sale {given['acceptance_id']}")
        return tx.answer(BookingOut(), usecases.add_change_order(tx, found, sold[0]))
