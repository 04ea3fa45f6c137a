"""A sale that did not go through is repeated, or taken back while operations do not have it; another takes it on."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from libs.common import rowlocks
from libs.common.contracts.sales import SaleRetried, SaleUndone
from libs.common.errors import Conflict
from libs.common.tx import Tx
from services.bookings.model import Booking, Job, Sale
from services.bookings.states import BOOKING, ENDED, BookingState, JobState, SaleAction
from services.bookings.usecases import customers, facts, jobs, timers
from services.bookings.usecases.end import end
from services.bookings.usecases.jobs import give_up


def retry(tx: Tx, sale: Sale) -> Sale:
    """Asks the owners of open steps to do them again; what is done already they only say again."""
    again = sale.retry()
    timers.wait_for_steps(tx, sale)
    tx.publish(SaleRetried(**facts.sale(sale), steps=tuple(again), moves=tuple(sale.moves)), of=sale)
    return sale


def undo(tx: Tx, sale: Sale, *, reason: str) -> Sale:
    """Takes this sale back: its order is cancelled, the job unless another sale of it stands, and the others take back
    what is theirs. ``job_id`` tells them of a job that ended.

    Raises Conflict while operations have taken the work over, and for a change order of an order that goes on.
    """
    booking = tx.get(Booking, sale.booking_id) if sale.booking_id else None
    for one in sale.missing(SaleAction.UNDO):
        raise Conflict(one.text)
    sale.undo(reason=reason, by=tx.actor, at=tx.now)
    tx.forget(timers.STEPS, sale.id)
    job = tx.get(Job, sale.job_id) if sale.job_id else None
    if booking is not None and not BOOKING.terminal(BookingState(booking.state)):
        end(tx, booking, reason=f"sale undone: {reason}")
    if job is not None:
        give_up(tx, job, sale, booking)
    ended = job.id if job is not None and job.status == JobState.CANCELLED else None
    tx.publish(SaleUndone(**{**facts.sale(sale), "job_id": ended}, reason=reason, undone_at=tx.now), of=sale)
    return sale


def follow(tx: Tx, estimate_id: UUID, *, salesperson_id: UUID | None) -> None:
    """What was sold has another salesperson now: so have its job, and its orders that are not over."""
    mine = Sale.estimate_id == estimate_id
    customers.take_turns(tx, Sale.opportunity_id.in_(sa.select(Sale.opportunity_id).where(mine)))
    sale = next(iter(rowlocks.read_in_turn(tx, sa.select(Sale).where(mine))), None)
    if sale is None:
        return  # not sold
    orders = sa.select(Booking).where(Booking.opportunity_id == sale.opportunity_id, Booking.state.not_in(ENDED))
    theirs = sa.select(Job).where(Job.opportunity_id == sale.opportunity_id)
    running = rowlocks.read_in_turn(tx, orders.order_by(Booking.id))
    records: Iterable[Sale | Booking | Job] = (sale, *running, *rowlocks.read_in_turn(tx, theirs.order_by(Job.id)))
    for record in records:
        if record.salesperson_id != salesperson_id:
            record.salesperson_id = salesperson_id
            _tell(tx, record)


def _tell(tx: Tx, record: Sale | Booking | Job) -> None:
    if isinstance(record, Booking):
        facts.tell_change(tx, record, "salesperson_id")
    elif isinstance(record, Job):
        jobs.tell_change(tx, record, "salesperson_id")
    else:  # of a sale its estimate tells
        tx.touch(record)
