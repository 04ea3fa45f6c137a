"""Booking orders are drafted: from a sale, by hand from several acceptances, and added to by change orders."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common.amounts import ZERO, rounded
from libs.common.contracts.bookings import BookingChangeOrdered, BookingCreated
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.parts import Address
from libs.common.parties import folded
from libs.common.tx import Tx
from services.bookings.model import LATER, Booking, Customer, Job, Part, Sale
from services.bookings.settings import PREFERENCES
from services.bookings.states import BookingAction, BookingState, Ordering, Scheduling
from services.bookings.usecases import facts, holds, timers

Sold = Sequence[tuple[Sale, EstimateAccepted]]


def draft(tx: Tx, number: int, sold: Sold, customer: Customer, job: Job | None) -> Booking:
    """A new order of these acceptances, with the checklist that the branch has today."""
    first, accepted = sold[0]
    todo = PREFERENCES.read(tx, first.branch)["checklist"]
    booking = tx.new(
        Booking,
        number=f"BO-{number:05d}",
        state=BookingState.DRAFT,
        title=job.name if job else first.title,
        customer_id=customer.id,
        customer=customer,
        customer_name=customer.name,
        job_id=job.id if job else None,
        job=job,
        opportunity_id=first.opportunity_id,
        lead_id=first.lead_id,
        salesperson_id=first.salesperson_id,
        currency=first.currency,
        site=msgspec.to_builtins(accepted.site) if accepted.site else None,
        contact=msgspec.to_builtins(accepted.contact),
        checklist=[{**one, "done": False, "by": None, "at": None} for one in todo],
        deposit_paid=ZERO,
        deposit_waived=False,
        ordering_status=Ordering.NOT_NEEDED,
        scheduling_status=Scheduling.UNSCHEDULED,
        branch=first.branch,
    )
    booking.parts, booking.assignments = [], []
    for sale, what in sold:
        booking.take_in(part_of(tx, booking, sale, what), opportunity_id=sale.opportunity_id, lead_id=sale.lead_id)
        sale.booking_id, sale.change_order = booking.id, False
    return booking


def tell_created(tx: Tx, booking: Booking) -> None:
    tx.publish(BookingCreated(**facts.booking(booking), work=facts.work(booking)), of=booking)


def add_change_order(tx: Tx, booking: Booking, sale: Sale, accepted: EstimateAccepted) -> Part:
    """More, or other, work on an order that runs: its total follows, and operations who have it must acknowledge."""
    booking.fire(BookingAction.CHANGE_ORDER)
    before = rounded(booking.contract_total, booking.currency)
    part = part_of(tx, booking, sale, accepted)
    part.change_order = True
    if part.deposit_due:
        booking.deposit_waived = False  # that was said of what was due before
    if booking.state in LATER:
        part.acknowledge_by = timers.acknowledge_by(tx, booking, booking.team_id)
        tx.remind(timers.CHANGE_ORDER, sale.id, part.acknowledge_by, booking_id=str(booking.id))
    right = booking.cancel_until
    booking.take_in(part, opportunity_id=sale.opportunity_id, lead_id=sale.lead_id)
    holds.lengthen(tx, booking, right)
    sale.booking_id, sale.change_order = booking.id, True
    tx.publish(
        BookingChangeOrdered(
            **facts.booking(booking),
            acceptance_id=sale.id,
            previous_total=before,
            added=accepted.lines,
            acknowledge_by=part.acknowledge_by,
            work=facts.work(booking),
        ),
        of=booking,
    )
    holds.wait_out(tx, booking)
    return part


def part_of(tx: Tx, booking: Booking, sale: Sale, accepted: EstimateAccepted) -> Part:
    kept: dict[str, Any] = {
        "lines": msgspec.to_builtins(accepted.lines),
        "materials": msgspec.to_builtins(accepted.materials),
    }
    return Part(
        booking_id=booking.id,
        acceptance_id=sale.id,
        live=True,
        estimate_id=sale.estimate_id,
        number=sale.number,
        total=sale.total,
        deposit_due=accepted.deposit_due,
        notes=accepted.notes,
        cancel_until=accepted.cancel_until,
        added_at=tx.now,
        change_order=False,
        **kept,
    )


def live_booking_of(tx: Tx, acceptance_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The number of the live order that each of these acceptances is part of; who is in none is left out."""
    rows = sa.select(Part.acceptance_id, Booking.number).join(Booking, Booking.id == Part.booking_id)
    found = tx.session.execute(rows.where(Part.acceptance_id.in_(acceptance_ids), Part.live))
    return {row.acceptance_id: row.number for row in found}


def site_key(site: Address | None) -> str:
    """By which two sites are the same."""
    return "" if site is None else folded(f"{site.line1} {site.line2} {site.postal_code or site.city}")
