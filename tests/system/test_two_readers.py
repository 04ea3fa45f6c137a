"""Two workers of one service that read the same queue."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from libs.common import orm
from libs.common.bus import Delivery
from libs.common.tx import Tx
from tests.contract.throwaway import (
    MAKER_TABLES,
    make,
    maker,
    taker,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)
from tests.system.postgres_world import until_one_waits
from tests.system.rabbit_world import PATIENCE_S


def test_workers_that_meet_at_the_same_new_records_go_on_with_all_of_them_together(
    new_database: Callable[[str], str],
) -> None:
    """One of them loses the race for all: it looks again, finds what is done, and takes nothing apart."""
    databases = [orm.connect(new_database("maker")), *map(orm.connect, [new_database("taker")] * 2)]
    store = maker(databases[0])
    one, other = (taker("taker", database) for database in databases[1:])
    with store.begin() as tx:
        subjects = [make(tx, str(number)) for number in range(20)]
    with store.reading() as tx:
        facts = [Delivery(bytes(body)) for body in tx.session.scalars(sa.select(MAKER_TABLES.outbox.c.body))]
    begun: list[str] = []

    def quicker(_tx: Tx) -> None:
        if begun.count("consumer_delivered") == 1:
            other.consumer.deliver(facts)

    one.moods["0"], one.store.crash = quicker, begun.append
    one.consumer.deliver(facts)

    assert begun.count("consumer_delivered") == 2
    assert [one.heard(subject) for subject in subjects] == [[str(number)] for number in range(20)]
    for database in databases:
        database.dispose()


@pytest.mark.parametrize("note", ["changed", "forgotten"], ids=["with an effect", "that nobody reacts to"])
def test_what_is_put_behind_a_fact_while_that_is_being_applied_follows_it_all_the_same(
    new_database: Callable[[str], str], note: str
) -> None:
    """PostgreSQL shows who waited for a row what was there before the wait, and not what came with it."""
    databases = [orm.connect(new_database("maker")), *map(orm.connect, [new_database("taker")] * 2)]
    store = maker(databases[0])
    one, other = (taker("taker", database) for database in databases[1:])
    with store.begin() as tx:
        subject = make(tx, "made", note, "again", "at last")
    with store.reading() as tx:
        asked = sa.select(MAKER_TABLES.outbox.c.body).order_by(MAKER_TABLES.outbox.c.id)
        first, second, *behind = [Delivery(bytes(body)) for body in tx.session.scalars(asked)]
    one.consumer.deliver([first])
    holding, let_go = threading.Event(), threading.Event()

    def stand_still(at: str) -> None:
        if at == "consumer_applied":
            holding.set()
            assert let_go.wait(PATIENCE_S)

    one.store.crash = stand_still
    with ThreadPoolExecutor(2) as both:
        try:
            kept = both.submit(one.consumer.deliver, behind)
            assert holding.wait(PATIENCE_S)
            applied = both.submit(other.consumer.deliver, [second])
            until_one_waits(databases[2].engine)
        finally:
            let_go.set()
        kept.result(PATIENCE_S)
        applied.result(PATIENCE_S)

    assert one.heard(subject) == ["made", *([note] if note == "changed" else []), "again", "at last"]
    for database in databases:
        database.dispose()


def test_what_is_put_behind_a_record_that_was_met_while_waiting_for_another_follows_it_all_the_same(
    new_database: Callable[[str], str],
) -> None:
    """Who waited looks once more, may wait there for a record that is new, and is shown that as it was before, too."""
    databases = [orm.connect(new_database("maker")), *map(orm.connect, [new_database("taker")] * 2)]
    store = maker(databases[0])
    one, other = (taker("taker", database) for database in databases[1:])
    with store.begin() as tx:
        older, newer = make(tx, "older", "changed"), make(tx, "made", "changed", "again", "at last")
    with store.reading() as tx:
        asked = sa.select(MAKER_TABLES.outbox.c.body).order_by(MAKER_TABLES.outbox.c.id)
        facts = [Delivery(bytes(body)) for body in tx.session.scalars(asked)]
    one.consumer.deliver(facts[:1])
    holding, let_go = threading.Event(), threading.Event()

    def stand_still(at: str) -> None:
        if at == "consumer_applied":
            holding.set()
            assert let_go.wait(PATIENCE_S)

    with ThreadPoolExecutor(2) as both:
        try:
            with databases[2].engine.begin() as busy:
                busy.execute(sa.text("UPDATE stream_pos SET state = state"))  # somebody is at the older record
                applied = both.submit(one.consumer.deliver, [facts[1], facts[2], facts[3]])
                until_one_waits(databases[1].engine)
                other.consumer.deliver([facts[4]])
                other.store.crash = stand_still
                kept = both.submit(other.consumer.deliver, [facts[5]])
                assert holding.wait(PATIENCE_S)
            until_one_waits(databases[1].engine)
        finally:
            let_go.set()
        kept.result(PATIENCE_S)
        applied.result(PATIENCE_S)

    assert one.heard(older) == ["older", "changed"]
    assert one.heard(newer) == ["made", "changed", "again", "at last"]
    for database in databases:
        database.dispose()
