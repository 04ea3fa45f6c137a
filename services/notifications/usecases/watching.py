"""Keeping in view what others' facts say of their records, and the reminders that hang on it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from libs.common.contracts.base import Event
from libs.common.tx import Tx
from services.notifications.model import (
    AppointmentPerson,
    AppointmentWatch,
    BookingWatch,
    EstimateWatch,
    LeadWatch,
    OpportunityWatch,
    Watch,
)
from services.notifications.usecases import timers
from services.notifications.usecases.recipients import named

Kept = TypeVar("Kept", bound=Watch)

WORKED = {"new", "contacted", "nurturing"}  #: a lead whose next step is its owner's
OVER = {"invalid", "merged", "converted"}  #: a lead that nobody waits for any more
WITH_THE_CUSTOMER = {"sent", "viewed", "changes_requested"}
AHEAD = {"scheduled", "confirmed", "en_route", "on_site"}  #: an appointment that nobody has said the end of


def watch(tx: Tx, event: Event) -> None:
    """Takes in what this fact says of its record."""
    note = BY_RECORD.get(event.aggregate())
    if note is not None:
        note(tx, event)


def _seen(tx: Tx, kind: type[Kept], event: Any, **fields: Any) -> tuple[Kept, timers.Times]:
    """The record as it is known from now on, and the times that were kept of it before."""
    watched = tx.session.get(kind, event.subject)
    before = timers.times(watched)
    if watched is None:
        watched = kind()
        watched.id = event.subject
        tx.session.add(watched)
    fields |= {"branch": event.branch, "number": event.number[:40], "title": event.title}
    for name, value in fields.items():
        setattr(watched, name, value)
    return watched, before


def _lead(tx: Tx, event: Any) -> None:
    lead, before = _seen(tx, LeadWatch, event, lead_id=event.subject, state=event.state, owner_id=event.owner_id)
    if hasattr(event, "first_response_due_at"):
        answered = getattr(event, "first_responded_at", None) is not None
        lead.response_due_at = None if answered else event.first_response_due_at
    if hasattr(event, "next_action_at"):
        lead.follow_up_at = event.next_action_at
    if event.state in OVER:
        lead.response_due_at = None
    if event.state not in WORKED:
        lead.follow_up_at = None
    timers.wind(tx, lead, before)


def _opportunity(tx: Tx, event: Any) -> None:
    whose = {"salesperson_id": event.salesperson_id, "inside_rep_id": event.inside_rep_id}
    known = {"lead_id": event.lead_id, "state": event.stage_type, **whose}
    opportunity, before = _seen(tx, OpportunityWatch, event, **known)
    opportunity.follow_up_at = event.next_follow_up_at if event.stage_type == "open" else None
    timers.wind(tx, opportunity, before)


def _appointment(tx: Tx, event: Any) -> None:
    known = {
        "lead_id": event.lead_id,
        "opportunity_id": event.opportunity_id,
        "state": event.state,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at if event.state in AHEAD else None,
        "salesperson_id": event.salesperson_id,
        "assignee_ids": [str(one) for one in event.assignee_ids],
    }
    appointment, before = _seen(tx, AppointmentWatch, event, **known)
    tx.session.flush()
    people = set(named(event, "assignee_ids", "salesperson_id"))
    mine = AppointmentPerson.appointment_id == event.subject
    there = set(tx.all(sa.select(AppointmentPerson.person_id).where(mine)))
    if gone := there - people:
        tx.session.execute(sa.delete(AppointmentPerson).where(mine, AppointmentPerson.person_id.in_(gone)))
    _add_people(tx, event.subject, people - there)
    timers.wind(tx, appointment, before)


def _add_people(tx: Tx, appointment: UUID, people: set[UUID]) -> None:
    tx.session.add_all(AppointmentPerson(appointment_id=appointment, person_id=one) for one in people)


def _estimate(tx: Tx, event: Any) -> None:
    known = {"lead_id": event.lead_id, "state": event.state, "salesperson_id": event.salesperson_id}
    estimate, before = _seen(tx, EstimateWatch, event, **known)
    estimate.expires_at = event.expires_at if event.state in WITH_THE_CUSTOMER else None
    timers.wind(tx, estimate, before)


def _booking(tx: Tx, event: Any) -> None:
    whose = {"salesperson_id": event.salesperson_id, "team_id": event.team_id, "assignee_id": event.assignee_id}
    _seen(tx, BookingWatch, event, lead_id=event.lead_id, state=event.state, **whose)


BY_RECORD: Mapping[str, Callable[[Tx, Any], None]] = {
    "lead": _lead,
    "opportunity": _opportunity,
    "appointment": _appointment,
    "estimate": _estimate,
    "booking": _booking,
}
