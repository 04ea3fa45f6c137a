"""The sale: an acceptance becomes customer, job and booking order in one act; others tick what is theirs."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.sales import SaleCompleted, SaleStarted, SaleStepDone
from libs.common.errors import Conflict, NotFound, NotYet
from libs.common.tx import Tx
from services.bookings.model import Booking, Customer, Job, Sale
from services.bookings.settings import PREFERENCES
from services.bookings.states import BookingState, JobState, SaleState, Step
from services.bookings.usecases import customers, draft, jobs, timers
from services.bookings.usecases.facts import sale as head

HERE = (Step.CUSTOMER, Step.JOB, Step.BOOKING)
ENDED = (BookingState.COMPLETED, BookingState.CANCELLED)

KNOWN = sa.select(Sale.id).where(Sale.id == sa.bindparam("acceptance"))
RUNNING = (
    sa.select(Booking)
    .where(Booking.state.not_in(ENDED), Booking.currency == sa.bindparam("currency"))
    .order_by(Booking.created_at)
    .limit(1)
    .with_for_update()
)
OF_OPPORTUNITY = RUNNING.where(Booking.opportunity_id == sa.bindparam("whose"))
OF_JOB = RUNNING.where(Booking.job_id == sa.bindparam("whose"))


def sell(tx: Tx, accepted: EstimateAccepted) -> Sale:
    """What the customer agreed to becomes work. Hearing of the same acceptance again changes nothing.

    It is a change order when it names a job with a booking order that is not over, or when its opportunity has one;
    an acceptance on a job whose work is over gets an order of its own on that job.
    """
    if tx.session.execute(KNOWN, {"acceptance": accepted.acceptance_id}).first() is not None:
        return tx.get(Sale, accepted.acceptance_id)
    with tx.session.no_autoflush:  # nothing that is looked up on the way is written by this act
        known = customers.recognise(tx, accepted)
        job = _job_of(tx, accepted)
        running = _running(tx, accepted, job)
        if running is None and job is None:
            return _first(tx, accepted, known)
        if known.customer is None:
            customers.make(tx, known.ident, tx.number("customer"), accepted)
        return _more(tx, accepted, running, job)


def _first(tx: Tx, accepted: EstimateAccepted, known: customers.Recognised) -> Sale:
    """The sale that makes the job, or leaves making it to the office where the branch wants that."""
    settings = PREFERENCES.read(tx, accepted.branch)
    made = {"customer": known.customer is None, "job": settings["sale_creates"] != "task", "booking": True}
    kinds = [kind for kind, wanted in made.items() if wanted]
    numbers = dict(zip(kinds, tx.numbers(*kinds), strict=True))
    customer = known.customer or customers.make(tx, known.ident, numbers["customer"], accepted)
    sale = _recorded(tx, accepted)
    sale.customer_id = customer.id
    sale.moves = settings["moves"]
    sale.begin(steps_of(sale.moves))
    job = jobs.make_job(tx, numbers["job"], sale, accepted, customer) if made["job"] else None
    booking = draft.draft(tx, numbers["booking"], [(sale, accepted)], customer, job)
    tx.publish(SaleStarted(**head(sale), steps=tuple(sale.open_steps())), of=sale)
    customers.tell(tx, customer, sale, known.by)
    if job is not None:
        jobs.tell_created(tx, job, sale)
        timers.wait_for_steps(tx, sale)
    draft.tell_created(tx, booking)
    for step in HERE if job is not None else (Step.CUSTOMER, Step.BOOKING):
        tick(tx, sale, step)
    return sale


def _more(tx: Tx, accepted: EstimateAccepted, running: Booking | None, job: Job | None) -> Sale:
    """More was sold on a job that is there: nothing is won, converted or moved a second time."""
    owner = job or running
    assert owner is not None, "more than the first is sold on a job or an order"
    sale = _recorded(tx, accepted)
    sale.customer_id, sale.job_id = owner.customer_id, job.id if job else running.job_id if running else None
    sale.change_order = running is not None
    sale.begin(HERE)
    tx.publish(SaleStarted(**head(sale), steps=tuple(sale.open_steps())), of=sale)
    if running is not None:
        draft.add_change_order(tx, running, sale, accepted)
    else:
        assert job is not None, "without an order there is the job"
        customer, sold = tx.get(Customer, job.customer_id), [(sale, accepted)]
        booking = draft.draft(tx, tx.number("booking"), sold, customer, job)
        jobs.follow(tx, booking)
        draft.tell_created(tx, booking)
    for step in HERE:
        tick(tx, sale, step)
    return sale


def steps_of(moves: Sequence[str]) -> list[Step]:
    """What has to happen: of the records, only those that the branch moves are waited for."""
    moved = {Step.ESTIMATE_MOVED: "estimate", Step.APPOINTMENTS_MOVED: "appointments"}
    return [step for step in Step if moved.get(step) in (None, *moves)]


def make_the_job(tx: Tx, sale: Sale, *, name: str | None = None) -> Job:
    """The office makes the job that the sale left to it. Raises Conflict when there is one."""
    if not sale.live or sale.job_id is not None:
        why = "was undone" if not sale.live else "has its job"
        raise Conflict(f"the sale of {sale.number} {why}: no further job is made for it")
    assert sale.customer_id is not None, "a sale has its customer from the start"
    customer, accepted = tx.get(Customer, sale.customer_id), accepted_of(sale)
    if name is not None:
        jobs.demand_free(tx, sale, name)
    job = jobs.make_job(tx, tx.number("job"), sale, accepted, customer, name)
    tx.session.flush()
    _join(tx, sale, job)
    jobs.tell_created(tx, job, sale)
    tick(tx, sale, Step.JOB)
    timers.wait_for_steps(tx, sale)
    return job


def _join(tx: Tx, made_by: Sale, job: Job) -> None:
    """The order, and the change orders that came to it before there was a job, belong to the new job."""
    if made_by.booking_id is None:
        return
    booking = tx.get(Booking, made_by.booking_id)
    if booking.job_id is None:
        booking.job_id, booking.title = job.id, job.name
    for sale in tx.all(sa.select(Sale).where(Sale.booking_id == booking.id, Sale.job_id.is_(None)).with_for_update()):
        sale.job_id = job.id


def tick(tx: Tx, sale: Sale, step: Step) -> None:
    """A step has happened; with the last one the sale is complete."""
    if not sale.tick(step, at=tx.now):
        return
    tx.publish(SaleStepDone(**head(sale), step=step, remaining=tuple(sale.open_steps())), of=sale)
    if sale.state == SaleState.COMPLETED:
        tx.forget(timers.STEPS, sale.id)
        tx.publish(SaleCompleted(**head(sale), completed_at=tx.now), of=sale)


def step_happened(tx: Tx, acceptance_id: UUID, step: Step) -> None:
    """Its owner says that a step has happened. Raises NotYet while the acceptance itself has not arrived."""
    try:
        sale = tx.get(Sale, acceptance_id)
    except NotFound as unknown:
        raise NotYet(f"the acceptance {acceptance_id} has not arrived") from unknown
    tick(tx, sale, step)


def step_of_opportunity_happened(tx: Tx, opportunity_id: UUID, step: Step) -> None:
    """The same, where the owner's fact names the opportunity only: it means the sales that have their job."""
    mine = sa.select(Sale.id).where(
        Sale.opportunity_id == opportunity_id, Sale.job_id.is_not(None), Sale.state != SaleState.UNDONE
    )
    for ident in tx.session.scalars(mine.order_by(Sale.id)).all():
        step_happened(tx, ident, step)


def accepted_of(sale: Sale) -> EstimateAccepted:
    """The fact that began the sale, as it came."""
    return EstimateAccepted.read(sale.estimate_id, dict(sale.accepted))


def _recorded(tx: Tx, accepted: EstimateAccepted) -> Sale:
    return tx.new(
        Sale,
        accepted.acceptance_id,
        state=SaleState.RUNNING,
        change_order=False,
        number=accepted.number,
        title=accepted.title,
        total=accepted.total,
        currency=accepted.currency,
        opportunity_id=accepted.opportunity_id,
        lead_id=accepted.lead_id,
        estimate_id=accepted.subject,
        salesperson_id=accepted.salesperson_id,
        branch=accepted.branch,
        accepted=accepted.data(),
    )


def _job_of(tx: Tx, accepted: EstimateAccepted) -> Job | None:
    """The live job that an acceptance names."""
    if accepted.job_id is None:
        return None
    known = tx.session.get(Job, accepted.job_id, with_for_update=True)
    return known if known is not None and known.status != JobState.CANCELLED else None


def _running(tx: Tx, accepted: EstimateAccepted, job: Job | None) -> Booking | None:
    """The booking order that an acceptance is a change order of: its job's, else its opportunity's."""
    statement, whose = (OF_OPPORTUNITY, accepted.opportunity_id) if job is None else (OF_JOB, job.id)
    found = tx.session.scalars(statement, {"whose": whose, "currency": accepted.currency}).first()
    if found is not None:
        tx.has_locked(found)
    return found
