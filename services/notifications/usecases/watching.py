"""Keeping in view what others' facts say of their records, and the reminders that hang on it."""

import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from libs.common.contracts.appointments import AppointmentScheduled
from libs.common.contracts.base import Event
from libs.common.contracts.bookings import BookingCreated
from libs.common.contracts.estimates import EstimateDrafted
from libs.common.contracts.leads import LeadCaptured, LeadChanged
from libs.common.contracts.opportunities import OpportunityOpened
from libs.common.deferred import Names, Writing
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
NOBODY_GOES = sa.delete(PEOPLE).where(PEOPLE.c.appointment_id == sa.bindparam("of_appointment"))
GOES = sa.insert(PEOPLE)


def watch(tx: Tx, event: Event) -> None:
    """Takes in what this fact says of its record."""
    note = BY_RECORD.get(event.aggregate())
    if note is not None:
        note(tx, event)


def _keep(tx: Tx, kind: type[Watch], event: Any, **known: Any) -> None:
    """The record as it is known from now on; reminders move where a time of it is another than before."""
    known |= {"branch": event.branch, "number": event.number[:40], "title": event.title}
    times = {name: known[name] for name in timers.COLUMNS[kind] if name in known}
    if times:
        told = _told(tx, kind)
        before = {} if isinstance(event, BEGUN) else told.get(event.subject, {})
        told[event.subject] = {**before, **times}
        timers.wind(tx, kind, event, {name: time for name, time in times.items() if time != before.get(name)})
    writing = _upserting(sa.inspect(kind).local_table, tx.store.database.sqlite)
    tx.deferred.keep(writing, (kind.record, str(event.subject)), {"id": event.subject, **known})


def _told(tx: Tx, kind: type[Watch]) -> dict[UUID, Times]:
    """The times that were told so far, by record: of all that this act hears of, read together once."""
    read: dict[UUID, Times] | None = tx.noted.get(kind)
    if read is None:
        records = {one.subject for one in tx.hears if one.aggregate == kind.record}
        times = _times(sa.inspect(kind).local_table, tuple(timers.COLUMNS[kind]))
        rows = tx.execute(times, {"records": sorted(records)}).mappings()
        read = tx.noted[kind] = {row["id"]: row for row in rows}
    return read


# These are built once for the names they are about, which are few: building a statement costs more than running it.


@functools.cache
def _times(table: sa.Table, times: tuple[str, ...]) -> sa.Select[Any]:
    columns = (table.c[name] for name in ("id", *times))
    return sa.select(*columns).where(table.c.id.in_(sa.bindparam("records", expanding=True)))


@functools.cache
def _upserting(table: sa.Table, in_sqlite: bool) -> Writing:
    @functools.cache
    def write(names: Names, _added: Names) -> Any:
        insert: Any = sqlite.insert(table) if in_sqlite else postgresql.insert(table)
        return insert.on_conflict_do_update(index_elements=["id"], set_={name: insert.excluded[name] for name in names})

    return write


def _lead(tx: Tx, event: Any) -> None:
    known: dict[str, Any] = {"lead_id": event.subject, "state": event.state, "owner_id": event.owner_id}
    if hasattr(event, "first_response_due_at") and not _leaves_the_clock(event):
        answered = getattr(event, "first_responded_at", None) is not None
        known["response_due_at"] = None if answered else event.first_response_due_at
    if hasattr(event, "next_action_at"):
        known["follow_up_at"] = event.next_action_at
    if event.state in OVER:
        known["response_due_at"] = None
    if event.state not in WORKED:
        known["follow_up_at"] = None
    _keep(tx, LeadWatch, event, **known)


def _leaves_the_clock(event: Any) -> bool:
    """Of a correction, none means that the clock runs on as it was; of any other fact, that it stands still."""
    return isinstance(event, LeadChanged) and event.first_response_due_at is None


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
    going = sorted(set(named(event, "assignee_ids", "salesperson_id")))
    rows = [(GOES, {"appointment_id": event.subject, "person_id": one}) for one in going]
    tx.deferred.instead(("going", str(event.subject)), [(NOBODY_GOES, {"of_appointment": event.subject}), *rows])


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
