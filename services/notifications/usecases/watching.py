"""Keeping in view what others' facts say of their records, and the reminders that hang on it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.common.contracts.appointments import AppointmentScheduled
from libs.common.contracts.base import Event
from libs.common.contracts.bookings import BookingCreated
from libs.common.contracts.estimates import EstimateDrafted
from libs.common.contracts.leads import LeadCaptured
from libs.common.contracts.opportunities import OpportunityOpened
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

Times = Mapping[str, datetime | None]

WORKED = {"new", "contacted", "nurturing"}  #: a lead whose next step is its owner's
OVER = {"invalid", "merged", "converted"}  #: a lead that nobody waits for any more
WITH_THE_CUSTOMER = {"sent", "viewed", "changes_requested"}
AHEAD = {"scheduled", "confirmed", "en_route", "on_site"}  #: an appointment that nobody has said the end of
BEGUN = (LeadCaptured, OpportunityOpened, AppointmentScheduled, EstimateDrafted, BookingCreated)  #: a record's first
PEOPLE: Any = AppointmentPerson.__table__


def watch(tx: Tx, event: Event) -> None:
    """Takes in what this fact says of its record."""
    note = BY_RECORD.get(event.aggregate())
    if note is not None:
        note(tx, event)


def _keep(tx: Tx, kind: type[Watch], event: Any, **known: Any) -> None:
    """The record as it is known from now on. Mostly no time of it changes, and one UPDATE is all there is to do."""
    table = sa.inspect(kind).local_table
    known |= {"branch": event.branch, "number": event.number[:40], "title": event.title}
    times = {name: known[name] for name in timers.columns(kind) if name in known}
    if isinstance(event, BEGUN):
        changed: Times = {name: time for name, time in times.items() if time is not None}
    else:
        mine = table.c.id == event.subject
        same = [table.c[name].is_not_distinct_from(time) for name, time in times.items()]
        if tx.execute(sa.update(table).where(mine, *same).values(known)).rowcount:
            return
        changed = _changed(tx, table, mine, times)
    insert = tx.insert(table).values(id=event.subject, **known)
    tx.execute(insert.on_conflict_do_update(index_elements=["id"], set_=known))
    timers.wind(tx, kind, event, changed)


def _changed(tx: Tx, table: sa.Table, mine: sa.ColumnElement[bool], times: Times) -> Times:
    """Which of the times differ from what was kept: where there is one only, it does."""
    if len(times) <= 1:
        return times
    before = tx.execute(sa.select(*(table.c[name] for name in times)).where(mine)).first()
    return {name: time for name, time in times.items() if time != getattr(before, name, None)}


def _lead(tx: Tx, event: Any) -> None:
    known: dict[str, Any] = {"lead_id": event.subject, "state": event.state, "owner_id": event.owner_id}
    if hasattr(event, "first_response_due_at"):
        answered = getattr(event, "first_responded_at", None) is not None
        known["response_due_at"] = None if answered else event.first_response_due_at
    if hasattr(event, "next_action_at"):
        known["follow_up_at"] = event.next_action_at
    if event.state in OVER:
        known["response_due_at"] = None
    if event.state not in WORKED:
        known["follow_up_at"] = None
    _keep(tx, LeadWatch, event, **known)


def _opportunity(tx: Tx, event: Any) -> None:
    whose = {"salesperson_id": event.salesperson_id, "inside_rep_id": event.inside_rep_id}
    follow_up_at = event.next_follow_up_at if event.stage_type == "open" else None
    known = {"lead_id": event.lead_id, "state": event.stage_type, "follow_up_at": follow_up_at, **whose}
    _keep(tx, OpportunityWatch, event, **known)


def _appointment(tx: Tx, event: Any) -> None:
    _keep(
        tx,
        AppointmentWatch,
        event,
        lead_id=event.lead_id,
        opportunity_id=event.opportunity_id,
        state=event.state,
        starts_at=event.starts_at,
        ends_at=event.ends_at if event.state in AHEAD else None,
        salesperson_id=event.salesperson_id,
        assignee_ids=[str(one) for one in event.assignee_ids],
    )
    people, there = set(named(event, "assignee_ids", "salesperson_id")), set()
    mine = AppointmentPerson.appointment_id == event.subject
    if not isinstance(event, BEGUN):
        there = set(tx.all(sa.select(AppointmentPerson.person_id).where(mine)))
    if gone := there - people:
        tx.execute(sa.delete(AppointmentPerson).where(mine, AppointmentPerson.person_id.in_(gone)))
    if new := people - there:
        rows = [{"appointment_id": event.subject, "person_id": one} for one in sorted(new)]
        tx.execute(tx.insert(PEOPLE).on_conflict_do_nothing(), rows)


def _estimate(tx: Tx, event: Any) -> None:
    known = {"lead_id": event.lead_id, "state": event.state, "salesperson_id": event.salesperson_id}
    expires_at = event.expires_at if event.state in WITH_THE_CUSTOMER else None
    _keep(tx, EstimateWatch, event, expires_at=expires_at, **known)


def _booking(tx: Tx, event: Any) -> None:
    whose = {"salesperson_id": event.salesperson_id, "team_id": event.team_id, "assignee_id": event.assignee_id}
    _keep(tx, BookingWatch, event, lead_id=event.lead_id, state=event.state, **whose)


BY_RECORD: Mapping[str, Callable[[Tx, Any], None]] = {
    "lead": _lead,
    "opportunity": _opportunity,
    "appointment": _appointment,
    "estimate": _estimate,
    "booking": _booking,
}
