"""Booking orders over HTTP: handed to operations, and what operations do with them."""

from uuid import UUID

from libs.common.web import Answer, Given, begin, endpoint, visible
from services.bookings import usecases
from services.bookings.api.bookings import bp as bp
from services.bookings.model import Booking
from services.bookings.schemas.bookings import ACTS, AssignIn, BookingOut, NoteIn, ReasonIn, ReassignIn


@bp.post("/<uuid:booking_id>/assign-to-operation")
@endpoint(may=ACTS["assign_to_operation"], body=AssignIn, answer=BookingOut)
def assign(booking_id: UUID, given: Given) -> Answer:
    """Hand the work to an operations team, who are alerted. 409 lists everything that is missing."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.assign(tx, visible(tx, Booking, booking_id), **given))


@bp.post("/<uuid:booking_id>/accept")
@endpoint(may=ACTS["accept"], answer=BookingOut)
def accept(booking_id: UUID) -> Answer:
    """The team takes the work over."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.accept(tx, visible(tx, Booking, booking_id)))


@bp.post("/<uuid:booking_id>/return")
@endpoint(may=ACTS["return"], body=ReasonIn, answer=BookingOut)
def give_back(booking_id: UUID, given: Given) -> Answer:
    """The team gives the work back, for a reason."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.give_back(tx, visible(tx, Booking, booking_id), **given))


@bp.post("/<uuid:booking_id>/reassign")
@endpoint(may=ACTS["reassign"], body=ReassignIn, answer=BookingOut)
def reassign(booking_id: UUID, given: Given) -> Answer:
    """Pass the work on to another team or person; the chain is kept."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.reassign(tx, visible(tx, Booking, booking_id), **given))


@bp.post("/<uuid:booking_id>/start")
@endpoint(may=ACTS["start"], answer=BookingOut)
def start(booking_id: UUID) -> Answer:
    """The team is at work."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.start(tx, visible(tx, Booking, booking_id)))


@bp.post("/<uuid:booking_id>/complete")
@endpoint(may=ACTS["complete"], body=NoteIn, answer=BookingOut)
def complete(booking_id: UUID, given: Given) -> Answer:
    """The work is done. 409 while a change order has not been acknowledged."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.complete(tx, visible(tx, Booking, booking_id), **given))


@bp.post("/<uuid:booking_id>/change-orders/<uuid:acceptance_id>/acknowledge")
@endpoint(may=ACTS["acknowledge"], answer=BookingOut)
def acknowledge(booking_id: UUID, acceptance_id: UUID) -> Answer:
    """The team knows of a change order."""
    with begin() as tx:
        return tx.answer(BookingOut(), usecases.acknowledge(tx, visible(tx, Booking, booking_id), acceptance_id))
