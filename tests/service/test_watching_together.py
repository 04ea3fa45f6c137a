"""Notifications take many facts with one delivery: what is kept in view and reminded of is what it is one by one."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded.testing import Bench, Clock, moment
from libs.common.contracts import appointments, bookings, estimates, leads, opportunities
from libs.common.contracts.base import Event
from services.notifications.model import Watch
from tests.service.notification_facts import fact, who

#: what may be said of a record, its first fact first; and by which names its facts tell its times
STORIES: dict[str, tuple[str, tuple[type[Event], ...], tuple[str, ...]]] = {
    "lead": (
        "leads",
        (leads.LeadCaptured, leads.LeadAssigned, leads.LeadContacted, leads.LeadNurturing, leads.LeadInvalidated,
         leads.LeadReopened),
        ("first_response_due_at", "next_action_at"),
    ),
    "opportunity": (
        "opportunities",
        (opportunities.OpportunityOpened, opportunities.OpportunityContacted, opportunities.OpportunityLost),
        ("next_follow_up_at",),
    ),
    "appointment": (
        "opportunities",
        (appointments.AppointmentScheduled, appointments.AppointmentRescheduled, appointments.AppointmentCompleted),
        ("ends_at",),
    ),
    "estimate": (
        "estimates",
        (estimates.EstimateDrafted, estimates.EstimateSent, estimates.EstimateRevised),
        ("expires_at",),
    ),
    "booking": ("bookings", (bookings.BookingCreated, bookings.BookingAccepted), ()),
}  # fmt: skip
NOON = moment("2027-05-03 12:00")
PEOPLE = ("salesperson", "colleague", "manager")


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, UUID, type[Event], int, str]]:
    """Who says what of which record: after how many hours it is due, and with whom it is."""
    said: list[tuple[str, UUID, type[Event], int, str]] = []
    begun: set[tuple[str, int]] = set()
    for _ in range(draw(st.integers(2, 12))):
        record, which = draw(st.sampled_from(sorted(STORIES))), draw(st.integers(1, 2))
        first, *others = STORIES[record][1]
        kind = draw(st.sampled_from(others)) if (record, which) in begun else first
        begun.add((record, which))
        ident = UUID(int=1000 * sorted(STORIES).index(record) + which)
        said.append((record, ident, kind, draw(st.integers(1, 3)), draw(st.sampled_from(PEOPLE))))
    return said


def told(bench: Bench, story: list[tuple[str, UUID, type[Event], int, str]]) -> Iterator[tuple[str, Event]]:
    for record, ident, kind, hours, person in story:
        by, _, times = STORIES[record]
        due = bench.clock() + timedelta(hours=hours)
        there = {name: due for name in times if name in kind.data_fields()}
        whose = {name: who(person) for name in ("owner_id", "salesperson_id") if name in kind.data_fields()}
        yield by, fact(kind, subject=ident, **there, **whose)


def kept(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """All that is watched, who goes where, and the reminders that are set."""
    store = bench.system.parts["notifications"].store
    tables = [sa.inspect(kind).local_table for kind in Watch.__subclasses__()]
    tables += [store.tables.outbox.metadata.tables["appointment_people"], store.tables.timers]
    with store.reading() as tx:
        return {
            table.name: sorted(tuple(str(value) for value in row) for row in tx.session.execute(sa.select(table)))
            for table in tables
        }


@settings(max_examples=12)
@given(stories())
def test_facts_that_come_together_leave_what_they_leave_one_by_one(
    story: list[tuple[str, UUID, type[Event], int, str]],
) -> None:
    found = []
    for size in (1, len(story)):
        with TemporaryDirectory() as folder:
            bench = Bench(Path(folder), ["notifications"], Clock(NOON))
            try:
                events = list(told(bench, story))
                for start in range(0, len(events), size):
                    bench.tell_together("notifications", events[start : start + size])
                found.append(kept(bench))
            finally:
                bench.close()
    assert found[0] == found[1]


def test_many_records_are_kept_in_view_with_as_many_statements_as_few(bench: Callable[..., Bench]) -> None:
    notifications = bench("notifications")
    engine = notifications.system.parts["notifications"].store.database.engine
    counts = []
    for count in (2, 20):
        idents = [UUID(int=count * 1000 + one) for one in range(count)]
        for kind in (opportunities.OpportunityOpened, opportunities.OpportunityContacted):
            seen: list[str] = []

            def note(*more: Any, seen: list[str] = seen) -> None:
                seen.append(more[2])

            sa.event.listen(engine, "before_cursor_execute", note)
            notifications.tell_together(
                "notifications", [("opportunities", fact(kind, subject=ident)) for ident in idents]
            )
            sa.event.remove(engine, "before_cursor_execute", note)
        counts.append(len(seen))
    assert counts[0] == counts[1]
