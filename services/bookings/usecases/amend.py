"""A sale that did not go through is repeated, or taken back while operations do not have it."""

from libs.common.contracts.sales import SaleRetried, SaleUndone
from libs.common.errors import Conflict
from libs.common.tx import Tx
from services.bookings.model import Booking, Job, Sale
from services.bookings.states import BOOKING, BookingState, JobState, SaleAction
from services.bookings.usecases import facts, timers
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
