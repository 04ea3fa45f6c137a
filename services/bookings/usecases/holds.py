"""Something stands in the way of an order for now: the deposit, a permit, the customer's right to cancel."""

from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.contracts.bookings import BookingHeld, BookingReleased
from libs.common.tx import Tx
from services.bookings.model import Booking
from services.bookings.states import BookingAction, BookingState, Hold
from services.bookings.usecases import facts

TIMER = "booking_hold"


def hold(tx: Tx, booking: Booking, *, reason: Hold, note: str | None = None, until: datetime | None = None) -> Booking:
    """Something stands in the way for now. The customer's right to cancel ends by itself, and so does this hold."""
    booking.fire(BookingAction.HOLD)
    if reason == Hold.CANCEL_PERIOD:
        until = until or booking.cancel_until
    ends = until.isoformat() if until else None
    booking.hold = {"reason": str(reason), "note": note, "until": ends, "by": tx.actor, "at": tx.now.isoformat()}
    if until is not None:
        tx.remind(TIMER, booking.id, until)
    tx.publish(BookingHeld(**facts.booking(booking), hold=str(reason), until=until, note=note or ""), of=booking)
    return booking


def wait_out(tx: Tx, booking: Booking) -> Booking:
    """What is ready waits for the end of the customer's right to cancel; who knows better releases it."""
    if booking.state == BookingState.READY and booking.cancel_until is not None and booking.cancel_until > tx.now:
        hold(tx, booking, reason=Hold.CANCEL_PERIOD)
    return booking


def lengthen(tx: Tx, booking: Booking, right: datetime | None) -> None:
    """A hold that would end with the customer's ``right`` to cancel ends with the one that there is now."""
    known, until = booking.hold or {}, booking.cancel_until
    ends_with_it = known.get("reason") == Hold.CANCEL_PERIOD and right and known["until"] == right.isoformat()
    if ends_with_it and until is not None and until != right:
        booking.hold = {**known, "until": until.isoformat()}
        tx.remind(TIMER, booking.id, until)


def release(tx: Tx, booking: Booking, note: str | None = None) -> Booking:
    """What stood in the way is gone. The customer's right to cancel, where it was not that, is still waited out."""
    booking.fire(BookingAction.RELEASE)
    was, booking.hold = (booking.hold or {}).get("reason", ""), None
    tx.forget(TIMER, booking.id)
    tx.publish(BookingReleased(**facts.booking(booking), hold=was, note=note or ""), of=booking)
    return booking if was == Hold.CANCEL_PERIOD else wait_out(tx, booking)


def is_over(tx: Tx, booking_id: UUID, _payload: dict[str, Any]) -> None:
    """The time that a hold was for has passed."""
    booking = tx.get(Booking, booking_id)
    if booking.state == BookingState.ON_HOLD and booking.hold is not None:
        release(tx, booking)
