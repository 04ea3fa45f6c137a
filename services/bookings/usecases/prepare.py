"""The office prepares an order: checklist, deposit, permits, window, material; then it is ready."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from libs.common.amounts import exponent, number_faults, rounded
from libs.common.contracts.bookings import BookingOrdered, BookingReady, BookingScheduled
from libs.common.errors import Conflict, Fault, Forbidden, Invalid
from libs.common.strict_json import escape
from libs.common.tx import Tx
from services.bookings.model import Booking
from services.bookings.states import BOOKING, BookingState, Scheduling
from services.bookings.usecases import facts, holds

#: who may change what: one of these permissions is needed
PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "checklist": ("booking.prepare",),
    "deposit_paid": ("booking.prepare",),
    "deposit_waived": ("booking.prepare",),
    "permits": ("booking.prepare",),
    "access_notes": ("booking.prepare",),
    "window_starts_at": ("booking.prepare", "booking.schedule"),
    "window_ends_at": ("booking.prepare", "booking.schedule"),
    "scheduling_status": ("booking.schedule",),
    "ordering_status": ("booking.order",),
}
PLAIN = ("deposit_paid", "deposit_waived", "permits", "access_notes")
WINDOW = ("window_starts_at", "window_ends_at")


def edit(tx: Tx, booking: Booking, *, may: Callable[[str], bool], **given: Any) -> Booking:
    """Changes what may be changed by this person, each part told by its own fact.

    Raises Forbidden naming every field that is not theirs, Conflict for an order that is over, Invalid for a deposit
    above the contract or of more decimals than its currency has.
    """
    theirs = [name for name in given if not any(may(one) for one in PERMISSIONS[name])]
    if theirs:
        faults = [Fault(f"/{name}", f"needs {' or '.join(PERMISSIONS[name])}") for name in theirs]
        raise Forbidden("your roles do not reach all of these fields", errors=faults)
    if BOOKING.terminal(BookingState(booking.state)):
        raise Conflict(f"booking order {booking.number} is {booking.state}: nothing about it changes any more")
    _prepare(tx, booking, given)
    _schedule(tx, booking, given)
    _order(tx, booking, given)
    return booking


def make_ready(tx: Tx, booking: Booking) -> Booking:
    """Prepared: it may go to operations, once the customer can no longer take the acceptance back.

    Raises Conflict listing every item that is not done.
    """
    booking.make_ready()
    tx.publish(BookingReady(**facts.booking(booking)), of=booking)
    return holds.wait_out(tx, booking)


def _prepare(tx: Tx, booking: Booking, given: Mapping[str, Any]) -> None:
    _demand_deposit(booking, given.get("deposit_paid"))
    changed = [name for name in PLAIN if name in given and getattr(booking, name) != given[name]]
    for name in changed:
        setattr(booking, name, given[name])
    before = booking.checklist
    done = given.get("checklist") or {}
    known = {one["key"] for one in before}
    if unknown := [
        Fault(f"/checklist/{escape(key)}", "is no item of this checklist") for key in done if key not in known
    ]:
        raise Invalid("the checklist has no such items", errors=unknown)
    booking.tick(done, by=tx.actor, at=tx.now)
    if booking.checklist != before:
        changed.append("checklist")
    if changed:
        facts.tell_change(tx, booking, *changed)


def put_right(tx: Tx, booking: Booking, **was: Any) -> None:
    """What the order had from its job or customer is put right with it: ``name=(before, now)``. Its own stays."""
    changed = [name for name, (before, now) in was.items() if getattr(booking, name) == before != now]
    for name in changed:
        setattr(booking, name, was[name][1])
    if changed:
        facts.tell_change(tx, booking, *changed)


def _demand_deposit(booking: Booking, paid: Decimal | None) -> None:
    most = rounded(booking.contract_total, booking.currency)
    if faults := list(number_faults("/deposit_paid", paid, most, exponent(booking.currency))):
        raise Invalid("a deposit is a part of the contract's total", errors=faults)


def _schedule(tx: Tx, booking: Booking, given: Mapping[str, Any]) -> None:
    """A window without a word about it is proposed; without a window nothing is scheduled."""
    was = (booking.window_starts_at, booking.window_ends_at, booking.scheduling_status)
    for name in WINDOW:
        if name in given:
            setattr(booking, name, given[name])
    starts, ends = booking.window_starts_at, booking.window_ends_at
    if (starts is None) != (ends is None):
        raise Invalid("a window has a start and an end", errors=[Fault("/window_ends_at", "is needed with a start")])
    if starts is not None and ends is not None and ends <= starts:
        raise Invalid("the window ends before it starts", errors=[Fault("/window_ends_at", "is not after its start")])
    status = given.get("scheduling_status", booking.scheduling_status)
    if starts is None and status != Scheduling.UNSCHEDULED and "scheduling_status" in given:
        raise Invalid("there is no window", errors=[Fault("/window_starts_at", "is needed to schedule the work")])
    if starts is None:
        status = Scheduling.UNSCHEDULED
    elif status == Scheduling.UNSCHEDULED and "scheduling_status" not in given:
        status = Scheduling.PROPOSED
    booking.scheduling_status = str(status)
    if (starts, ends, booking.scheduling_status) != was:
        told = BookingScheduled(
            **facts.booking(booking),
            window_starts_at=starts,
            window_ends_at=ends,
            previous_starts_at=was[0],
            previous_ends_at=was[1],
        )
        tx.publish(told, of=booking)


def _order(tx: Tx, booking: Booking, given: Mapping[str, Any]) -> None:
    before = booking.ordering_status
    booking.ordering_status = str(given.get("ordering_status", before))
    if booking.ordering_status != before:
        tx.publish(BookingOrdered(**facts.booking(booking), previous_status=str(before)), of=booking)
