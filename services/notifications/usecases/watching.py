"""Keeping in view what others' facts say of their records, and the reminders that hang on it."""

import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

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
GOING = sa.select(PEOPLE.c.person_id).where(PEOPLE.c.appointment_id == sa.bindparam("subject"))
NOT_GOING = sa.delete(PEOPLE).where(
    PEOPLE.c.appointment_id == sa.bindparam("subject"), PEOPLE.c.person_id.in_(sa.bindparam("gone", expanding=True))
)


def watch(tx: Tx, event: Event) -> None:
    """Takes in what this fact says of its record."""
    note = BY_RECORD.get(event.aggregate())
    if note is not None:
        note(tx, event)


def _keep(tx: Tx, kind: type[Watch], event: Any, **known: Any) -> None:
    """The record as it is known from now on. Mostly no time of it changes, and one UPDATE is all there is to do."""
    known |= {"branch": event.branch, "number": event.number[:40], "title": event.title}
    times = {name: known[name] for name in timers.COLUMNS[kind] if name in known}
    table = sa.inspect(kind).local_table
    if isinstance(event, BEGUN):
        changed: Times = {name: time for name, time in times.items() if time is not None}
    else:
        as_before = {f"was_{name}": time for name, time in times.items()}
        if tx.execute(_follow(table, tuple(times)), {"subject": event.subject, **as_before, **known}).rowcount:
            return
        changed = _changed(tx, table, event, times)
    tx.execute(_begin(table, tuple(known), tx.store.database.sqlite), {"id": event.subject, **known})
    timers.wind(tx, kind, event, changed)


def _changed(tx: Tx, table: sa.Table, event: Any, times: Times) -> Times:
    """Which of the times differ from what was kept: where there is one only, it does."""
    if len(times) <= 1:
        return times
    before = tx.execute(_times(table, tuple(times)), {"subject": event.subject}).first()
    return {name: time for name, time in times.items() if time != getattr(before, name, None)}


# These are built once for the names they are about, which are few: building a statement costs more than running it.


@functools.cache
def _follow(table: sa.Table, times: tuple[str, ...]) -> sa.Update:
    """Sets what is given, if these times of the record are as they were."""
    same = [table.c[name].is_not_distinct_from(sa.bindparam(f"was_{name}", type_=table.c[name].type)) for name in times]
    return sa.update(table).where(table.c.id == sa.bindparam("subject"), *same)


@functools.cache
def _begin(table: sa.Table, names: tuple[str, ...], in_sqlite: bool) -> Any:
    insert: Any = sqlite.insert(table) if in_sqlite else postgresql.insert(table)
    return insert.on_conflict_do_update(index_elements=["id"], set_={name: insert.excluded[name] for name in names})


@functools.cache
def _times(table: sa.Table, times: tuple[str, ...]) -> sa.Select[Any]:
    return sa.select(*(table.c[name] for name in times)).where(table.c.id == sa.bindparam("subject"))


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
    if not isinstance(event, BEGUN):
        there = set(tx.execute(GOING, {"subject": event.subject}).scalars())
    if gone := there - people:
        tx.execute(NOT_GOING, {"subject": event.subject, "gone": sorted(gone)})
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
