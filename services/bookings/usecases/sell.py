"""The sale: an acceptance becomes customer, job and booking order in one act; others tick what is theirs."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from libs.common import rowlocks
from libs.common.amounts import LARGEST_SUM
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.sales import SaleCompleted, SaleStarted, SaleStepDone
from libs.common.errors import Conflict, NotFound, NotYet
from libs.common.tx import Tx
from services.bookings.model import Booking, Customer, Job, Sale
from services.bookings.settings import PREFERENCES
from services.bookings.states import ENDED, JobState, SaleState, Step
from services.bookings.usecases import customers, draft, facts, jobs, timers
from services.bookings.usecases.facts import sale as head

HERE = (Step.CUSTOMER, Step.JOB, Step.BOOKING)

KNOWN = sa.select(Sale.id).where(Sale.id == sa.bindparam("acceptance"))
RUNNING = (
    sa.select(Booking)
    .where(
        Booking.state.not_in(ENDED),
        Booking.currency == sa.bindparam("currency"),
        Booking.contract_total <= sa.bindparam("room"),
    )
    .order_by(Booking.created_at)
    .limit(1)
)
OF_OPPORTUNITY = RUNNING.where(Booking.opportunity_id == sa.bindparam("whose"))
OF_JOB = RUNNING.where(Booking.job_id == sa.bindparam("whose"))
EARLIER = (
    sa.select(Sale)
    .where(Sale.opportunity_id == sa.bindparam("opportunity"), Sale.state != SaleState.UNDONE)
    .order_by(Sale.created_at, Sale.id)
    .limit(1)
)


def sell(tx: Tx, accepted: EstimateAccepted) -> Sale:
    """What the customer agreed to becomes work. Hearing of the same acceptance again changes nothing.

    Its job is the one that it names, else its opportunity's. It is a change order of a booking order there that is
    not over; where the work is over, or no more fits the order's total, it gets an order of its own on that job.
    """
    if tx.session.execute(KNOWN, {"acceptance": accepted.acceptance_id}).first() is not None:
        return tx.get(Sale, accepted.acceptance_id)
    with tx.session.no_autoflush:  # nothing that is looked up on the way is written by this act
        known = customers.recognise(tx, accepted)
        earlier = tx.session.scalars(EARLIER, {"opportunity": accepted.opportunity_id}).first()
        idents = dict.fromkeys(one for one in (accepted.job_id, earlier.job_id if earlier else None) if one)
        running = _running(tx, accepted, idents)
        job = _live_job(tx, idents) if running is None else None
        waits = earlier is not None and earlier.job_id is None  # for the office to make the job of all of them
        owner = running or job or (earlier if waits else None)
        if owner is None:
            return _first(tx, accepted, known)
        assert owner.customer_id is not None, "whatever was sold before has its customer"
        customer = customers.buys_again(tx, known, tx.get(Customer, owner.customer_id), accepted)
        return _more(tx, accepted, running, owner, customer)


def _first(tx: Tx, accepted: EstimateAccepted, known: customers.Recognised) -> Sale:
    """The sale that makes the job, or leaves making it to the office where the branch wants that."""
    settings = PREFERENCES.read(tx, accepted.branch)
    made = {"customer": known.customer is None, "job": settings["sale_creates"] != "task", "booking": True}
    kinds = [kind for kind, wanted in made.items() if wanted]
    numbers = dict(zip(kinds, tx.numbers(*kinds), strict=True))
    if known.customer is not None:
        customer = customers.buys_again(tx, known, known.customer, accepted)
    else:
        customer = customers.make(tx, known.ident, numbers["customer"], accepted)
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


def _more(
    tx: Tx, accepted: EstimateAccepted, running: Booking | None, owner: Booking | Job | Sale, customer: Customer
) -> Sale:
    """More was sold where something was: nothing is won, converted or moved a second time."""
    sale = _recorded(tx, accepted)
    sale.customer_id, sale.job_id = customer.id, owner.id if isinstance(owner, Job) else owner.job_id
    sale.moves = PREFERENCES.read(tx, accepted.branch)["moves"]
    sale.begin(HERE)
    tx.publish(SaleStarted(**head(sale), steps=tuple(sale.open_steps())), of=sale)
    if running is not None:
        draft.add_change_order(tx, running, sale, accepted)
    else:
        job = owner if isinstance(owner, Job) else None
        booking = draft.draft(tx, tx.number("booking"), [(sale, accepted)], customer, job)
        jobs.follow(tx, booking)
        draft.tell_created(tx, booking)
    for step in HERE if sale.job_id is not None else (Step.CUSTOMER, Step.BOOKING):
        tick(tx, sale, step, moves=sale.moves)
    return sale


def steps_of(moves: Sequence[str]) -> list[Step]:
    """What has to happen: of the records, only those that the branch moves are waited for."""
    moved = {Step.ESTIMATE_MOVED: "estimate", Step.APPOINTMENTS_MOVED: "appointments"}
    return [step for step in Step if moved.get(step) in (None, *moves)]


def make_the_job(tx: Tx, sale: Sale, *, name: str | None = None) -> Job:
    """The office makes the job that a sale left to it: everything sold with its opportunity belongs there.

    It is the job of the first sale, whose records move to it. Raises Conflict when there is one.
    """
    if not sale.live or sale.job_id is not None:
        why = "was undone" if not sale.live else "has its job"
        raise Conflict(f"the sale of {sale.number} {why}: no further job is made for it")
    waiting = sa.select(Sale).where(
        Sale.opportunity_id == sale.opportunity_id, Sale.job_id.is_(None), Sale.state != SaleState.UNDONE
    )
    together = rowlocks.read_in_turn(tx, waiting.order_by(Sale.created_at, Sale.id))
    sale = together[0]
    assert sale.customer_id is not None, "a sale has its customer from the start"
    customer, accepted = tx.get(Customer, sale.customer_id), accepted_of(sale)
    if name is not None:
        jobs.demand_free(tx, sale, name)
    job = jobs.make_job(tx, tx.number("job"), sale, accepted, customer, name)
    tx.session.flush()
    _join(tx, together, job)
    jobs.tell_created(tx, job, sale)
    for one in together:
        tick(tx, one, Step.JOB, moves=one.moves if one is not sale else ())
    timers.wait_for_steps(tx, sale)
    return job


def _join(tx: Tx, sales: Sequence[Sale], job: Job) -> None:
    """What was sold before there was a job belongs to it, and so do the orders of it."""
    for sale in sales:
        sale.job_id = job.id
    for ident in sorted({sale.booking_id for sale in sales if sale.booking_id is not None}):
        booking = tx.get(Booking, ident)
        if booking.job_id is None:
            booking.job_id, booking.title = job.id, job.name
            facts.tell_change(tx, booking, "job_id", "title")


def tick(tx: Tx, sale: Sale, step: Step, *, moves: Sequence[str] = ()) -> None:
    """A step has happened; with the last one the sale is complete.

    ``moves`` to a job that another sale made; of its own the job's making tells.
    """
    if not sale.tick(step, at=tx.now):
        return
    moved = tuple(moves) if step == Step.JOB else ()
    tx.publish(SaleStepDone(**head(sale), step=step, remaining=tuple(sale.open_steps()), moves=moved), of=sale)
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


def _live_job(tx: Tx, idents: Iterable[UUID]) -> Job | None:
    """The first of these jobs that was not cancelled."""
    known = (rowlocks.read_in_turn(tx, sa.select(Job).where(Job.id == ident)) for ident in idents)
    return next((job for found in known for job in found if job.status != JobState.CANCELLED), None)


def _running(tx: Tx, accepted: EstimateAccepted, idents: Collection[UUID]) -> Booking | None:
    """The booking order that an acceptance is a change order of: its job's, or its opportunity's without one."""
    statement, whose = (OF_JOB, idents) if idents else (OF_OPPORTUNITY, (accepted.opportunity_id,))
    fitting = {"currency": accepted.currency, "room": LARGEST_SUM - accepted.total}
    for one in whose:
        if found := rowlocks.read_in_turn(tx, statement, {"whose": one, **fitting}):
            return found[0]
    return None
