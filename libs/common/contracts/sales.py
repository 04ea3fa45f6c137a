"""Customers, jobs and the sale that makes them, which bookings publishes. The subject is the customer, the job, or
for a sale the acceptance."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from libs.common.contracts.base import Event
from libs.common.contracts.parts import Address, BillTo, Contact, FileAt, Instant


@dataclass(frozen=True, kw_only=True)
class SaleFact(Event):
    """What every fact of a sale says: whose price was accepted (``number``, ``title``), and what came of it so far."""

    opportunity_id: UUID
    lead_id: UUID
    estimate_id: UUID
    number: str
    title: str
    total: Decimal
    currency: str
    customer_id: UUID | None = None
    job_id: UUID | None = None
    booking_id: UUID | None = None
    salesperson_id: UUID | None = None
    branch: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class SaleStarted(SaleFact):
    """An acceptance arrived and is being turned into work; ``steps`` are all that must happen, in order."""

    name = "plumbline.sale.started.v1"

    steps: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CustomerFact(Event):
    """What every fact of a customer says; ``title`` is the customer's name. The ids are those of the sale."""

    number: str
    title: str
    bill_to: BillTo
    tax_status: str = ""  #: the customer's own; a bill's is in ``bill_to``
    contacts: tuple[Contact, ...] = ()
    acceptance_id: UUID | None = None
    opportunity_id: UUID | None = None
    lead_id: UUID | None = None
    branch: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class CustomerCreated(CustomerFact):
    """Somebody bought for the first time."""

    name = "plumbline.customer.created.v1"


@dataclass(frozen=True, kw_only=True)
class CustomerMatched(CustomerFact):
    """Somebody bought again: a customer was found by what the prospect gave (``matched_by``)."""

    name = "plumbline.customer.matched.v1"

    matched_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CustomerChanged(CustomerFact):
    """Somebody corrected or added to a customer; ``changed`` names the fields."""

    name = "plumbline.customer.changed.v1"

    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class JobFact(Event):
    """What every fact of a job says; ``title`` is the job's name. The ids are those of the sale that made it."""

    number: str
    title: str
    customer_id: UUID
    customer_name: str
    opportunity_id: UUID
    lead_id: UUID
    estimate_id: UUID
    acceptance_id: UUID
    status: str
    type: str = ""
    site: Address | None = None
    salesperson_id: UUID | None = None
    branch: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class JobCreated(JobFact):
    """The sold work has its job, a sub-customer. Whoever keeps records that ``moves`` names moves them: ``estimate``
    (the accepted one), ``other_estimates`` of the opportunity, ``appointments``, ``answers``, ``files``."""

    name = "plumbline.job.created.v1"

    moves: tuple[str, ...] = ("estimate", "appointments")


@dataclass(frozen=True, kw_only=True)
class JobRenamed(JobFact):
    """A job has another name than the rule or a person gave it before."""

    name = "plumbline.job.renamed.v1"

    previous_title: str


@dataclass(frozen=True, kw_only=True)
class JobChanged(JobFact):
    """The job's status moved with its work, or somebody corrected the job; ``changed`` names the fields."""

    name = "plumbline.job.changed.v1"

    changed: tuple[str, ...]
    previous_status: str


@dataclass(frozen=True, kw_only=True)
class JobFileAdded(JobFact):
    """A photo or document was put at a job. Its bytes are on no bus: who may read the job has them at its door."""

    name = "plumbline.job.file_added.v1"

    file: FileAt


@dataclass(frozen=True, kw_only=True)
class JobFileRemoved(JobFact):
    """A file was taken away from a job for good, for a reason."""

    name = "plumbline.job.file_removed.v1"

    file: FileAt
    reason: str


@dataclass(frozen=True, kw_only=True)
class SaleStepDone(SaleFact):
    """One step of the sale has happened, here or as its owner's fact told; ``remaining`` are still to come.

    ``moves`` names what belongs to the job from here on, where another sale made it; else the job's making names it.
    """

    name = "plumbline.sale.step_done.v1"

    step: str
    remaining: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SaleStepFailed(SaleFact):
    """For too long nobody said that these steps happened: somebody has to look, and may ask for them again."""

    name = "plumbline.sale.step_failed.v1"

    steps: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SaleCompleted(SaleFact):
    """Every step has happened: what was sold is work."""

    name = "plumbline.sale.completed.v1"

    completed_at: Instant


@dataclass(frozen=True, kw_only=True)
class SaleRetried(SaleFact):
    """Somebody asked for steps that did not happen to be done again. Their owners do so, and say it again; ``moves``
    is what the job's making named."""

    name = "plumbline.sale.retried.v1"

    steps: tuple[str, ...]
    moves: tuple[str, ...] = ("estimate", "appointments")


@dataclass(frozen=True, kw_only=True)
class SaleUndone(SaleFact):
    """The sale was taken back while operations did not have it. Records move back, the opportunity opens, the lead is
    valid again, unless another sale of it stands. ``job_id`` is the job that was cancelled with it, if it was."""

    name = "plumbline.sale.undone.v1"

    reason: str
    undone_at: Instant
