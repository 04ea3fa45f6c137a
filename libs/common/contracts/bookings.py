"""Booking orders: sold work on its way to the operations team and to its end. The subject is the booking order."""

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from libs.common.contracts.base import Event
from libs.common.contracts.parts import Address, Contact, Instant, LineSold, Material


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be done, where, for whom and on what terms: all a team needs without asking back."""

    lines: tuple[LineSold, ...] = ()
    materials: tuple[Material, ...] = ()
    site: Address | None = None
    contact: Contact | None = None
    access_notes: str = ""
    permits: str = ""
    note: str = ""
    window_starts_at: Instant | None = None
    window_ends_at: Instant | None = None
    deposit_due: Decimal = Decimal(0)
    deposit_paid: Decimal = Decimal(0)
    deposit_waived: bool = False
    cancel_until: Instant | None = None


@dataclass(frozen=True, kw_only=True)
class BookingFact(Event):
    """What every fact of a booking order says: number and job's name, whose it is now, by when, and where it came from.

    Of several acceptances, opportunity and lead are the first's; ``opportunity_ids`` and ``lead_ids`` are those of all,
    each once and the first first. Where they are empty, which they are in older facts, there is only that one.
    """

    number: str
    title: str
    state: str
    customer_id: UUID
    customer_name: str
    opportunity_id: UUID
    lead_id: UUID
    acceptance_ids: tuple[UUID, ...]
    estimate_ids: tuple[UUID, ...]
    contract_total: Decimal
    currency: str
    job_id: UUID | None = None  #: None while making the job is still a task for the office
    team_id: UUID | None = None
    assignee_id: UUID | None = None
    assigned_by: UUID | None = None
    due_at: Instant | None = None
    salesperson_id: UUID | None = None
    ordering_status: str = "not_needed"
    scheduling_status: str = "unscheduled"
    branch: UUID | None = None
    opportunity_ids: tuple[UUID, ...] = ()
    lead_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BookingCreated(BookingFact):
    """A booking order was drafted, by the sale or by hand."""

    name = "plumbline.booking.created.v1"

    work: Work = field(default_factory=Work)


@dataclass(frozen=True, kw_only=True)
class BookingReady(BookingFact):
    """The checklist is complete: the order may go to operations."""

    name = "plumbline.booking.ready.v1"


@dataclass(frozen=True, kw_only=True)
class BookingAssigned(BookingFact):
    """The work was handed to an operations team, which acknowledges it until ``acknowledge_by``."""

    name = "plumbline.booking.assigned.v1"

    acknowledge_by: Instant | None = None
    note: str = ""
    work: Work = field(default_factory=Work)


@dataclass(frozen=True, kw_only=True)
class BookingAccepted(BookingFact):
    """The team took the work over."""

    name = "plumbline.booking.accepted.v1"

    accepted_by: UUID
    accepted_at: Instant


@dataclass(frozen=True, kw_only=True)
class BookingReturned(BookingFact):
    """The team gave the work back, for a reason, to whoever assigned it. ``team_id`` is still the team that did."""

    name = "plumbline.booking.returned.v1"

    reason: str
    returned_by: UUID
    returned_at: Instant


@dataclass(frozen=True, kw_only=True)
class BookingReassigned(BookingFact):
    """The work went from one team or person to another."""

    name = "plumbline.booking.reassigned.v1"

    previous_team_id: UUID | None = None
    previous_assignee_id: UUID | None = None
    acknowledge_by: Instant | None = None
    note: str = ""
    work: Work = field(default_factory=Work)


@dataclass(frozen=True, kw_only=True)
class BookingHeld(BookingFact):
    """Something stands in the way for now: the deposit, a permit or the customer's right to cancel."""

    name = "plumbline.booking.held.v1"

    hold: str  #: deposit, permit, cancel_period
    until: Instant | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class BookingReleased(BookingFact):
    """What stood in the way is gone."""

    name = "plumbline.booking.released.v1"

    hold: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class BookingScheduled(BookingFact):
    """The work has a time, proposed or agreed, or another one than before; none when it was taken off the calendar."""

    name = "plumbline.booking.scheduled.v1"

    window_starts_at: Instant | None = None
    window_ends_at: Instant | None = None
    previous_starts_at: Instant | None = None
    previous_ends_at: Instant | None = None


@dataclass(frozen=True, kw_only=True)
class BookingOrdered(BookingFact):
    """The material's ``ordering_status`` moved on: to be ordered, ordered or received."""

    name = "plumbline.booking.ordered.v1"

    previous_status: str


@dataclass(frozen=True, kw_only=True)
class BookingStarted(BookingFact):
    """The team is at work."""

    name = "plumbline.booking.started.v1"

    started_at: Instant


@dataclass(frozen=True, kw_only=True)
class BookingCompleted(BookingFact):
    """The work is done."""

    name = "plumbline.booking.completed.v1"

    completed_at: Instant
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class BookingCancelled(BookingFact):
    """The work will not be done, for a reason. Everybody who ever had it is told."""

    name = "plumbline.booking.cancelled.v1"

    reason: str
    cancelled_at: Instant
    previous_state: str
    past_team_ids: tuple[UUID, ...] = ()
    past_assignee_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BookingChangeOrdered(BookingFact):
    """The customer accepted more, or other, work on the same job. ``work`` is whole, ``added`` is what came with it."""

    name = "plumbline.booking.change_ordered.v1"

    acceptance_id: UUID
    previous_total: Decimal
    added: tuple[LineSold, ...] = ()
    acknowledge_by: Instant | None = None
    work: Work = field(default_factory=Work)


@dataclass(frozen=True, kw_only=True)
class BookingChanged(BookingFact):
    """Somebody prepared the order further, or what it says of its job, customer or salesperson is another by now.

    ``changed`` names the fields, ``done`` the items of the checklist that are done.
    """

    name = "plumbline.booking.changed.v1"

    changed: tuple[str, ...]
    done: tuple[str, ...] = ()
    work: Work = field(default_factory=Work)


@dataclass(frozen=True, kw_only=True)
class BookingUnacknowledged(BookingFact):
    """The team did not take the work, or a change order (``acceptance_id``), over in time: somebody has to look."""

    name = "plumbline.booking.unacknowledged.v1"

    acknowledge_by: Instant
    acceptance_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class BookingChangeAcknowledged(BookingFact):
    """The team knows of a change order and has taken it in."""

    name = "plumbline.booking.change_acknowledged.v1"

    acceptance_id: UUID
    acknowledged_by: UUID
    acknowledged_at: Instant


@dataclass(frozen=True, kw_only=True)
class BookingMailed(BookingFact):
    """The order went out on paper, by mail to these addresses; of its work nothing changed."""

    name = "plumbline.booking.mailed.v1"

    to: tuple[str, ...]
