"""A booking order ends before its time."""

from uuid import UUID

from libs.common.contracts.bookings import BookingCancelled
from libs.common.tx import Tx
from services.bookings.model import Booking
from services.bookings.states import BookingAction
from services.bookings.usecases import facts, holds, timers
from services.bookings.usecases.jobs import follow


def cancel(tx: Tx, booking: Booking, *, reason: str) -> Booking:
    """The work will not be done, for a reason; its acceptances may be booked anew. Everybody who had it is told."""
    end(tx, booking, reason=reason)
    follow(tx, booking)
    return booking


def end(tx: Tx, booking: Booking, *, reason: str) -> None:
    before = booking.state
    booking.fire(BookingAction.CANCEL)
    booking.cancelled = {"reason": reason, "by": tx.actor, "at": tx.now.isoformat(), "previous_state": str(before)}
    booking.close_link("cancelled", by=tx.actor, at=tx.now, reason=reason)
    for part in booking.parts:
        part.live = False
        tx.forget(timers.CHANGE_ORDER, part.acceptance_id)
    for timer in (timers.ACKNOWLEDGE, holds.TIMER):
        tx.forget(timer, booking.id)
    teams: dict[UUID, None] = dict.fromkeys(one.team_id for one in booking.assignments)
    people: dict[UUID, None] = dict.fromkeys(one.assignee_id for one in booking.assignments if one.assignee_id)
    tx.publish(
        BookingCancelled(
            **facts.booking(booking),
            reason=reason,
            cancelled_at=tx.now,
            previous_state=str(before),
            past_team_ids=tuple(teams),
            past_assignee_ids=tuple(people),
        ),
        of=booking,
    )
