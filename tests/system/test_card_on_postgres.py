"""A funnel's card on the real database: what two of the console's workers hear at one instant ends as heard in turn."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import Bench
from libs.common.bus import Delivery
from libs.common.consumer import Consumer
from libs.common.contracts.bookings import BookingAssigned, BookingCancelled, BookingCreated
from libs.common.contracts.leads import LeadCaptured
from services.console.model import Told
from services.console.service import SPEC
from tests.service.notification_facts import fact, tell
from tests.statements import hearing
from tests.system.postgres_world import NewDatabases, bench_over, looked_at

LEAD = uuid4()


@pytest.fixture
def console(new_database: NewDatabases) -> Iterator[Bench]:
    bench = bench_over(SPEC, new_database)
    tell(bench, LeadCaptured, subject=LEAD, state="new")
    yield bench
    bench.close()


def order(console: Bench) -> UUID:
    """A booking order of the funnel; the one that was made last is on its card."""
    console.clock.forward(minutes=1)
    made = tell(console, BookingCreated, subject=uuid4(), lead_id=LEAD, state="draft", team_id=None)
    return made.subject


def at_once(console: Bench, first: Any, second: Any) -> None:
    """The first is all written and not committed as the second is heard."""
    store, written, go_on = console.system.parts["console"].store, threading.Event(), threading.Event()

    def pause(point: str) -> None:
        if point == "before_commit":
            written.set()
            assert go_on.wait(60)

    def hear(event: Any, crash: Callable[[str], None]) -> None:
        message = console._message(event, "bookings", "system")
        Consumer(replace(store, crash=crash), SPEC.subscriptions).deliver([Delivery(message.encode())])

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(hear, first, pause)
        assert written.wait(60)
        quick = pool.submit(hear, second, store.crash)
        wait([quick], timeout=1)  # it waits for the first, or has nothing to wait for
        go_on.set()
        slow.result()
        quick.result()


@pytest.mark.parametrize(
    ("of_the_first", "shown"),
    [
        (fact(BookingCancelled, lead_id=LEAD, state="cancelled"), "lead.new"),
        (fact(BookingAssigned, lead_id=LEAD, state="assigned"), "booking.assigned"),
    ],
)
def test_an_order_that_is_cancelled_leaves_the_card_to_another_as_that_one_is_by_then(
    console: Bench, of_the_first: Any, shown: str
) -> None:
    first, second = order(console), order(console)
    gone = fact(BookingCancelled, subject=second, lead_id=LEAD, state="cancelled")
    at_once(console, replace(of_the_first, subject=first), gone)

    [card] = console.as_("office").items("/api/v1/pipeline/cards")
    assert card["lane"] == shown


def test_a_page_of_cards_by_value_is_read_in_the_order_of_an_index(console: Bench) -> None:
    database = console.system.parts["console"].store.database
    with hearing(database) as heard:
        [shown] = console.as_("office").items("/api/v1/pipeline/cards?sort=value")
    assert shown["id"] == str(LEAD)

    [(statement, given)] = [one for one in heard if "ORDER BY cards.value" in one[0]]
    with database.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_sort = off")  # so it sorts only what is in no index's order
        plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", given)]
    assert [line for line in plan if "Sort" in line] == []
    assert any("ix_cards_value" in line for line in plan), plan


def test_what_was_told_last_of_a_card_is_found_without_reading_all_that_was_told(console: Bench) -> None:
    database = console.system.parts["console"].store.database
    names = [column.name for column in Told.__table__.columns]
    later = {"id": "gen_random_uuid()", "at": "at + i * interval '1 hour'", "kind": "'lead.typed'"}
    copies = ", ".join(later.get(name, name) for name in names)
    with database.engine.begin() as connection:
        every = f"SELECT {copies} FROM timeline, generate_series(1, 500) AS i"
        connection.exec_driver_sql(f"INSERT INTO timeline ({', '.join(names)}) {every}")
        connection.exec_driver_sql("ANALYZE")
    with hearing(database) as heard:
        [shown] = console.as_("office").items("/api/v1/pipeline/cards")
    assert shown["last_kind"] == "lead.typed"

    [(statement, given)] = [one for one in heard if "timeline" in one[0]]
    with database.engine.begin() as connection:
        [[[plan]]] = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given)
    assert looked_at(plan["Plan"]) < 10
