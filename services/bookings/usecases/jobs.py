"""Jobs: made by the sale or by the office, named by rule or by hand, moving on with their booking orders."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common import rowlocks
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.parts import Answered
from libs.common.contracts.sales import JobChanged, JobCreated, JobRenamed
from libs.common.errors import Conflict, Fault
from libs.common.parties import folded
from libs.common.tx import Tx
from services.bookings.model import Booking, Customer, Job, Part, Sale
from services.bookings.settings import PREFERENCES
from services.bookings.states import BY_ORDERS, ENDED, JOB, JobAction, JobState, SaleState
from services.bookings.usecases import facts, filing, naming, prepare

#: statements are made once, since most acts on an order ask them
SOLD = sa.select(Part.booking_id).join(Sale, Sale.id == Part.acceptance_id)
#: the ids of a job's orders: its own, and those in which something that was sold on it is done besides
OF_JOB = (
    sa.select(Booking.id)
    .where(Booking.job_id == sa.bindparam("job_id"))
    .union(SOLD.where(Sale.job_id == sa.bindparam("job_id"), Part.live))
)
#: the same of an opportunity
FROM_OPPORTUNITY = (
    sa.select(Booking.id)
    .where(Booking.opportunity_id == sa.bindparam("opportunity_id"))
    .union(SOLD.where(Sale.opportunity_id == sa.bindparam("opportunity_id")))
)
RUNNING = sa.select(Booking).where(Booking.id.in_(OF_JOB), Booking.state.not_in(ENDED)).order_by(Booking.id)
STATES = sa.select(Booking.state).where(Booking.id.in_(OF_JOB))
OTHER_STATES = STATES.where(Booking.id != sa.bindparam("order_id"))


def make_job(
    tx: Tx, number: int, sale: Sale, accepted: EstimateAccepted, customer: Customer, name: str | None = None
) -> Job:
    """The job of a sale, named by the branch's rule unless somebody named it."""
    settings = PREFERENCES.read(tx, sale.branch)
    rule = (settings["naming_template"], settings["naming_sequence"])
    job = tx.new(
        Job,
        number=f"J-{number:05d}",
        name=name if name is not None else naming.by_rule(tx, accepted, customer, *rule),
        status=JobState.PENDING,
        type=accepted.job_type or accepted.product_interest,
        customer_id=customer.id,
        customer=customer,
        customer_name=customer.name,
        site=msgspec.to_builtins(accepted.site) if accepted.site else None,
        opportunity_id=sale.opportunity_id,
        lead_id=sale.lead_id,
        acceptance_id=sale.id,
        estimate_id=sale.estimate_id,
        salesperson_id=sale.salesperson_id,
        branch=sale.branch,
    )
    index(job)
    sale.job_id = job.id
    return job


def tell_created(tx: Tx, job: Job, sale: Sale) -> None:
    tx.publish(JobCreated(**facts.job(job), moves=tuple(sale.moves)), of=job)


def rename(tx: Tx, job: Job, *, name: str) -> Job:
    """Another name than the rule gave; audited. Raises Conflict when the customer has a job called so."""
    if name == job.name:
        return job
    demand_free(tx, job, name)
    previous, job.name = job.name, name
    index(job)
    for booking in rowlocks.read_in_turn(tx, sa.select(Booking).where(Booking.job_id == job.id).order_by(Booking.id)):
        booking.title = name
        facts.tell_change(tx, booking, "title")
    tx.publish(JobRenamed(**facts.job(job), previous_title=previous), of=job)
    return job


def demand_free(tx: Tx, job: Job | Sale, name: str) -> None:
    """Raises Conflict when the customer has another job of this name."""
    assert job.customer_id is not None, "a job and the sale of one have a customer"
    if naming.unique(tx, job.customer_id, name) != name:
        fault = Fault("/name", "is the name of another job of this customer")
        raise Conflict(f"this customer has a job called {name} already", errors=[fault])


def edit_job(tx: Tx, job: Job, **given: Any) -> Job:
    """Corrections by the office; the name has its own act. Orders that are not over go to where the site is now."""
    changed, site = [name for name in given if getattr(job, name) != given[name]], job.site
    for name in changed:
        setattr(job, name, given[name])
    if changed:
        index(job)
        tell_change(tx, job, *changed)
    if "site" in changed:
        for booking in rowlocks.read_in_turn(tx, RUNNING, {"job_id": job.id}):
            prepare.put_right(tx, booking, site=(site, job.site))
    return job


def learn(tx: Tx, job_id: UUID, answers: Sequence[Answered]) -> None:
    """What was answered before the sale, for whoever does the work; the opportunity keeps its own."""
    job, told = tx.get(Job, job_id), msgspec.to_builtins(list(answers))
    if job.answers != told:
        job.answers = told
        tell_change(tx, job, "answers")


def tell_change(tx: Tx, job: Job, *changed: str) -> None:
    """Says what was corrected."""
    tx.publish(JobChanged(**facts.job(job), changed=changed, previous_status=str(job.status)), of=job)


def close(tx: Tx, job: Job) -> Job:
    """Everything about a completed job is settled."""
    return move_on(tx, job, JobAction.CLOSE)


def move_on(tx: Tx, job: Job, action: JobAction) -> Job:
    """The job follows its work; told when that changes its status."""
    before = job.fire(action)
    if before != job.status:
        tx.publish(JobChanged(**facts.job(job), changed=("status",), previous_status=before), of=job)
    return job


def follow(tx: Tx, booking: Booking) -> None:
    """The job of an order, where there is one, is where its orders are now; so are those of what it holds besides."""
    with tx.session.no_autoflush:  # all are written together, at the end
        jobs = {booking.job_id}
        if len(booking.acceptance_ids) > 1:
            inside = [UUID(one) for one in booking.acceptance_ids]
            jobs |= set(tx.session.scalars(sa.select(Sale.job_id).where(Sale.id.in_(inside))))
        for ident in sorted(one for one in jobs if one is not None):
            settle(tx, tx.get(Job, ident), booking)


def settle(tx: Tx, job: Job, booking: Booking | None = None) -> None:
    """A job may have several orders: it is where the furthest of those that go on is, else completed if one is.

    ``booking`` is the one that this act has changed. Without any the job waits for what was sold to be booked.
    """
    if booking is None:
        states = set(tx.session.scalars(STATES, {"job_id": job.id}))
    else:
        others = tx.session.scalars(OTHER_STATES, {"job_id": job.id, "order_id": booking.id})
        states = {*others, str(booking.state)}
    status = next((status for status, orders in BY_ORDERS if states.intersection(orders)), JobState.PENDING)
    if status in (job.status, JobState.COMPLETED if job.status == JobState.CLOSED else None):
        return
    at = JobState(job.status)
    move_on(tx, job, next((one for one in JOB.allowed(at) if JOB.fire(at, one) == status), JobAction.BOOK))


def give_up(tx: Tx, job: Job, undone: Sale, booking: Booking | None) -> None:
    """A sale of the job was undone. With the last one the job is cancelled; another that stands keeps it."""
    mine = sa.select(Sale.id).where(Sale.job_id == job.id, Sale.id != undone.id, Sale.state != SaleState.UNDONE)
    if tx.session.scalars(mine.limit(1)).first() is None:
        move_on(tx, job, JobAction.CANCEL)
        filing.give_back(tx, job)
    else:
        settle(tx, job, booking)


def index(job: Job) -> None:
    """What a search finds it by."""
    site = job.site or {}
    words = [job.number, job.name, job.customer_name, site.get("line1"), site.get("postal_code")]
    job.search = folded(" ".join(word for word in words if word))
