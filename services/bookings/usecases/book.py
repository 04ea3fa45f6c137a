"""The office drafts an order itself, or adds an acceptance to one that runs."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import sqlalchemy as sa

from libs.common.amounts import LARGEST_SUM
from libs.common.errors import Conflict, Fault, Invalid
from libs.common.tx import Tx
from services.bookings.model import Booking, Customer, Job, Sale
from services.bookings.usecases import draft, jobs
from services.bookings.usecases.sell import accepted_of


def book(tx: Tx, sales: Sequence[Sale], acceptance_ids: Sequence[UUID]) -> Booking:
    """One order of acceptances of the same site. Raises Invalid for unknown ones, Conflict with all that is wrong.

    ``sales`` are those that the caller may see; the first acceptance's job is the order's.
    """
    known = {sale.id: sale for sale in sales}
    faults = [
        Fault(f"/acceptance_ids/{at}", "is no acceptance that is known here")
        for at, ident in enumerate(acceptance_ids)
        if ident not in known
    ]
    if faults:
        raise Invalid("some acceptances cannot be booked", errors=faults)
    chosen = [known[ident] for ident in acceptance_ids]
    if faults := list(_obstacles(tx, chosen)):
        raise Conflict("these acceptances cannot be one booking order", errors=faults)
    first = chosen[0]
    assert first.customer_id is not None, "a sale has its customer from the start"
    customer = tx.get(Customer, first.customer_id)
    job = tx.get(Job, first.job_id) if first.job_id else None
    booking = draft.draft(tx, tx.number("booking"), [(sale, accepted_of(sale)) for sale in chosen], customer, job)
    jobs.follow(tx, booking)
    draft.tell_created(tx, booking)
    return booking


def add_change_order(tx: Tx, booking: Booking, sale: Sale) -> Booking:
    """An acceptance of the same job that is in no live order becomes a change order of this one."""
    faults = list(_obstacles(tx, [sale], beside=booking))
    if faults:
        raise Conflict(f"this cannot become a change order of {booking.number}", errors=faults)
    draft.add_change_order(tx, booking, sale, accepted_of(sale))
    return booking


def _obstacles(tx: Tx, sales: Sequence[Sale], beside: Booking | None = None) -> Iterator[Fault]:
    """Everything that keeps these acceptances from being one order (with ``beside``: from joining that order)."""
    booked = draft.live_booking_of(tx, [sale.id for sale in sales])
    site = draft.site_key(accepted_of(sales[0]).site)
    customer_id, currency = sales[0].customer_id, sales[0].currency
    inside: Sequence[Sale] = ()
    if beside is not None:
        customer_id, currency, inside = beside.customer_id, beside.currency, _inside(tx, beside)
        site = draft.site_key(accepted_of(inside[0]).site)
    for at, sale in enumerate(sales):
        pointer = f"/acceptance_ids/{at}" if beside is None else "/acceptance_id"
        if not sale.live:
            yield Fault(pointer, f"the sale of {sale.number} was undone")
        if sale.id in booked:
            yield Fault(pointer, f"{sale.number} is part of booking order {booked[sale.id]}")
        if beside is not None and not any(_same_job(sale, one) for one in inside):
            yield Fault(pointer, f"{sale.number} was sold on another job")
        if beside is not None and beside.contract_total + sale.total > LARGEST_SUM:
            yield Fault(pointer, f"{sale.number} is more than the order's total has room for: book it by itself")
        if sale.customer_id != customer_id:
            yield Fault(pointer, f"{sale.number} is of another customer")
        if draft.site_key(accepted_of(sale).site) != site:
            yield Fault(pointer, f"{sale.number} is for another site")
        if sale.currency != currency:
            yield Fault(pointer, f"{sale.number} is in {sale.currency}")


def _inside(tx: Tx, booking: Booking) -> Sequence[Sale]:
    """The sales that an order consists of, the first of them first."""
    idents = [UUID(one) for one in booking.acceptance_ids]
    return sorted(tx.session.scalars(sa.select(Sale).where(Sale.id.in_(idents))), key=lambda one: idents.index(one.id))


def _same_job(one: Sale, other: Sale) -> bool:
    """What was sold with one opportunity is one job, also while the office has not made it yet."""
    return one.opportunity_id == other.opportunity_id or (one.job_id is not None and one.job_id == other.job_id)
