"""What is due when nobody acted: a step of a sale that did not happen, work that nobody acknowledged."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.common import people, workhours
from libs.common.contracts.bookings import BookingUnacknowledged
from libs.common.contracts.sales import SaleStepFailed
from libs.common.tx import Tx
from services.bookings.model import LATER, Booking, Sale
from services.bookings.settings import PREFERENCES
from services.bookings.states import BookingState
from services.bookings.usecases import facts, holds

STEPS = "sale_steps"
ACKNOWLEDGE = "booking_acknowledge"
CHANGE_ORDER = "change_order_acknowledge"


def wait_for_steps(tx: Tx, sale: Sale) -> None:
    minutes = PREFERENCES.read(tx, sale.branch)["sale_minutes"]
    if sale.open_steps():
        tx.remind(STEPS, sale.id, tx.now + timedelta(minutes=minutes))


def acknowledge_by(tx: Tx, booking: Booking, team_id: UUID | None) -> datetime:
    """Until when the team is to take over: its own target, else the branch's, in working minutes."""
    own = (people.team(tx, team_id) or {}).get("acknowledge_minutes")
    minutes = own or PREFERENCES.read(tx, booking.branch)["acknowledge_minutes"]
    return workhours.after_working_minutes(tx.now, minutes, people.branch(tx, booking.branch))


def steps_overdue(tx: Tx, sale_id: UUID, _payload: dict[str, Any]) -> None:
    """Nobody said for too long that the open steps happened."""
    sale = tx.get(Sale, sale_id)
    if failed := sale.give_up_waiting(at=tx.now):
        tx.publish(SaleStepFailed(**facts.sale(sale), steps=tuple(failed)), of=sale)


def unacknowledged(tx: Tx, booking_id: UUID, _payload: dict[str, Any]) -> None:
    """The team did not take the work over in time."""
    booking = tx.get(Booking, booking_id)
    if booking.state == BookingState.ASSIGNED and booking.acknowledge_by and booking.escalated_at is None:
        booking.escalated_at = tx.now
        told = BookingUnacknowledged(**facts.booking(booking), acknowledge_by=booking.acknowledge_by)
        tx.publish(told, of=booking)


def change_order_unacknowledged(tx: Tx, acceptance_id: UUID, payload: dict[str, Any]) -> None:
    """The team did not take a change order in, in time."""
    booking = tx.get(Booking, UUID(payload["booking_id"]))
    for part in booking.unacknowledged() if booking.state in LATER else ():
        if part.acceptance_id == acceptance_id and part.acknowledge_by is not None:
            due: dict[str, Any] = {"acknowledge_by": part.acknowledge_by, "acceptance_id": acceptance_id}
            tx.publish(BookingUnacknowledged(**facts.booking(booking), **due), of=booking)


TIMERS = {
    STEPS: steps_overdue,
    ACKNOWLEDGE: unacknowledged,
    CHANGE_ORDER: change_order_unacknowledged,
    holds.TIMER: holds.is_over,
}
