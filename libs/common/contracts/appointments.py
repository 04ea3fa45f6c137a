"""Appointments, which opportunities publishes: what was arranged, what came of it. The subject is the appointment."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.contracts.base import Event
from libs.common.contracts.parts import Address, Contact, Instant


@dataclass(frozen=True, kw_only=True)
class AppointmentFact(Event):
    """What every fact of an appointment says: for which opportunity (``number``, ``title``), when, where, with whom."""

    opportunity_id: UUID
    lead_id: UUID
    number: str
    title: str
    type: str  #: sales_call, site_survey
    state: str
    starts_at: Instant
    ends_at: Instant
    window_starts_at: Instant | None = None  #: what the customer was promised, where it is wider
    window_ends_at: Instant | None = None
    assignee_ids: tuple[UUID, ...] = ()
    salesperson_id: UUID | None = None
    address: Address | None = None
    contact: Contact | None = None
    job_id: UUID | None = None
    branch: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AppointmentScheduled(AppointmentFact):
    """A visit or call was arranged."""

    name = "plumbline.appointment.scheduled.v1"

    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AppointmentRescheduled(AppointmentFact):
    """An appointment has another time, place or people; who is no longer in ``assignee_ids`` is off it."""

    name = "plumbline.appointment.rescheduled.v1"

    previous_starts_at: Instant
    previous_ends_at: Instant
    previous_assignee_ids: tuple[UUID, ...] = ()
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AppointmentChanged(AppointmentFact):
    """An appointment was confirmed, somebody is on the way or there (``state``), or its note, place or window was put
    right; ``changed`` names the fields."""

    name = "plumbline.appointment.changed.v1"

    changed: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AppointmentCompleted(AppointmentFact):
    """The visit or call took place."""

    name = "plumbline.appointment.completed.v1"

    completed_at: Instant
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AppointmentMissed(AppointmentFact):
    """The customer was not there."""

    name = "plumbline.appointment.missed.v1"

    missed_at: Instant
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(AppointmentFact):
    """An appointment will not take place."""

    name = "plumbline.appointment.cancelled.v1"

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AppointmentMoved(AppointmentFact):
    """After the sale the appointment belongs to the job, or, the sale undone, to none again (``job_id`` None)."""

    name = "plumbline.appointment.moved.v1"

    acceptance_id: UUID
