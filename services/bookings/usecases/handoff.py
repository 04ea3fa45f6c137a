"""Assign to Operation, and what the team does with it: accept, return, pass on, start, complete."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common import people
from libs.common.contracts.bookings import (
    BookingAccepted,
    BookingAssigned,
    BookingChangeAcknowledged,
    BookingCompleted,
    BookingReassigned,
    BookingReturned,
    BookingStarted,
)
from libs.common.errors import Conflict, Fault, Invalid, refuse_for
from libs.common.tx import Tx
from services.bookings.model import Assignment, Booking, Part
from services.bookings.states import BOOKING, BookingAction, BookingState
from services.bookings.usecases import facts, timers
from services.bookings.usecases.jobs import follow


def assign(
    tx: Tx, booking: Booking, *, team_id: UUID, assignee_id: UUID | None = None, due_at: datetime | None = None,
    note: str | None = None,
) -> Booking:  # fmt: skip
    """Hands the work to an operations team, whose people are alerted. Raises Conflict with all that is missing."""
    _demand_operations(tx, booking, team_id, assignee_id)
    booking.demand_assignable()
    changes = booking.unacknowledged()
    link = _link(tx, booking, team_id=team_id, assignee_id=assignee_id, due_at=due_at, note=note)
    booking.hand_to(link, BookingAction.ASSIGN, by=facts.person(tx))
    _settle_changes(tx, booking, changes)  # they are part of what the team gets now
    told: dict[str, Any] = {"acknowledge_by": link.acknowledge_by, "note": note or "", "work": facts.work(booking)}
    tx.publish(BookingAssigned(**facts.booking(booking), **told), of=booking)
    return booking


def reassign(
    tx: Tx, booking: Booking, *, team_id: UUID | None = None, assignee_id: UUID | None = None, note: str | None = None
) -> Booking:
    """Passes the work on to another team or person, who takes it over anew; the chain is kept."""
    BOOKING.fire(BookingState(booking.state), BookingAction.REASSIGN)
    before = (booking.team_id, booking.assignee_id)
    to = team_id or booking.team_id
    assert to is not None, "an assigned order has its team"
    _demand_operations(tx, booking, to, assignee_id)
    if (to, assignee_id) == before:
        raise Conflict(f"booking order {booking.number} is with them already")
    changes = booking.unacknowledged()
    booking.close_link("reassigned", by=tx.actor, at=tx.now, reason=note)
    link = _link(tx, booking, team_id=to, assignee_id=assignee_id, due_at=booking.due_at, note=note)
    booking.hand_to(link, BookingAction.REASSIGN, by=facts.person(tx))
    _settle_changes(tx, booking, changes)  # they are part of what is to be taken over anew
    told: dict[str, Any] = {"previous_team_id": before[0], "previous_assignee_id": before[1]}
    told |= {"acknowledge_by": link.acknowledge_by, "note": note or "", "work": facts.work(booking)}
    tx.publish(BookingReassigned(**facts.booking(booking), **told), of=booking)
    return booking


def accept(tx: Tx, booking: Booking) -> Booking:
    """The team takes the work over, with every change order up to now."""
    BOOKING.fire(BookingState(booking.state), BookingAction.ACCEPT)
    changes = booking.unacknowledged()  # parts and chain are read before there is anything to write
    booking.close_link("accepted", by=tx.actor, at=tx.now)
    booking.fire(BookingAction.ACCEPT)
    booking.accepted_at, booking.accepted_by = tx.now, UUID(tx.actor)
    tx.forget(timers.ACKNOWLEDGE, booking.id)
    _settle_changes(tx, booking, changes)
    by: dict[str, Any] = {"accepted_by": UUID(tx.actor), "accepted_at": tx.now}
    tx.publish(BookingAccepted(**facts.booking(booking), **by), of=booking)
    return booking


def give_back(tx: Tx, booking: Booking, *, reason: str) -> Booking:
    """The team does not take the work, for a reason; whoever assigned it is told."""
    booking.fire(BookingAction.RETURN)
    booking.returned = {"reason": reason, "by": tx.actor, "at": tx.now.isoformat()}
    booking.close_link("returned", by=tx.actor, at=tx.now, reason=reason)
    tx.forget(timers.ACKNOWLEDGE, booking.id)
    by: dict[str, Any] = {"reason": reason, "returned_by": UUID(tx.actor), "returned_at": tx.now}
    tx.publish(BookingReturned(**facts.booking(booking), **by), of=booking)
    return booking


def acknowledge(tx: Tx, booking: Booking, acceptance_id: UUID) -> Booking:
    """The team has taken a change order in. Saying so again changes nothing."""
    parts = [part for part in booking.change_orders if part.acceptance_id == acceptance_id and part.live]
    if not parts or parts[0].acknowledge_by is None:
        raise Conflict(f"booking order {booking.number} has no such change order to acknowledge")
    if parts[0].acknowledged_at is None:
        _settle_changes(tx, booking, parts)
        by: dict[str, Any] = {"acknowledged_by": UUID(tx.actor), "acknowledged_at": tx.now}
        tx.publish(BookingChangeAcknowledged(**facts.booking(booking), acceptance_id=acceptance_id, **by), of=booking)
    return booking


def start(tx: Tx, booking: Booking) -> Booking:
    """The team is at work."""
    booking.fire(BookingAction.START)
    booking.started_at = tx.now
    tx.publish(BookingStarted(**facts.booking(booking), started_at=tx.now), of=booking)
    follow(tx, booking)
    return booking


def complete(tx: Tx, booking: Booking, *, note: str | None = None) -> Booking:
    """The work is done. Raises Conflict while a change order has not been acknowledged."""
    BOOKING.fire(BookingState(booking.state), BookingAction.COMPLETE)
    refuse_for(booking.missing_to_be_completed(), f"booking order {booking.number} cannot be completed yet")
    booking.fire(BookingAction.COMPLETE)
    booking.completed_at = tx.now
    tx.publish(BookingCompleted(**facts.booking(booking), completed_at=tx.now, note=note or ""), of=booking)
    follow(tx, booking)
    return booking


def _link(tx: Tx, booking: Booking, *, team_id: UUID, **given: Any) -> Assignment:
    due = timers.acknowledge_by(tx, booking, team_id)
    tx.remind(timers.ACKNOWLEDGE, booking.id, due)
    by: dict[str, Any] = {"assigned_by": tx.actor, "assigned_at": tx.now, "acknowledge_by": due}
    return Assignment(id=tx.store.ids(), booking_id=booking.id, team_id=team_id, **by, **given)


def _settle_changes(tx: Tx, booking: Booking, parts: Sequence[Part]) -> None:
    booking.acknowledge_changes(parts, by=tx.actor, at=tx.now)
    for part in parts:
        tx.forget(timers.CHANGE_ORDER, part.acceptance_id)


def _demand_operations(tx: Tx, booking: Booking, team_id: UUID, assignee_id: UUID | None) -> None:
    """Raises Invalid naming what is wrong with the team and with the person."""
    faults, team = [], people.team(tx, team_id)
    if team is None or team["kind"] != "operations":
        faults.append(Fault("/team_id", "is no operations team"))
    elif not team["members"]:
        faults.append(Fault("/team_id", "is a team without people"))
    elif booking.branch is not None and team["branch"] not in (None, booking.branch):
        faults.append(Fault("/team_id", "is a team of another branch"))
    if assignee_id is not None:
        if team is not None and str(assignee_id) not in team["members"]:
            faults.append(Fault("/assignee_id", "is nobody of this team"))
        else:
            try:
                people.demand_active(tx, assignee_id, "/assignee_id", may="booking.operate", of=booking.branch)
            except Invalid as refusal:
                faults += refusal.errors
    if faults:
        raise Invalid("work can only be handed to people of operations", errors=faults)
