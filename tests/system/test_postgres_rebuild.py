"""A read model built anew, over PostgreSQL, where workers and rebuilds truly run at once."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from libs.common import orm
from libs.common.bus import Delivery
from libs.common.consumer import Consumer
from libs.common.errors import Conflict
from libs.common.orm import Database
from tests.contract.rebuild_suite import RebuildSuite, Workshop
from tests.contract.throwaway import MAKER_TABLES, TAKER_TABLES, known
from tests.system.postgres_world import until_one_waits


@pytest.fixture
def databases(new_database: Callable[[str], str]) -> Iterator[tuple[Database, ...]]:
    made = tuple(orm.connect(new_database(name)) for name in ("maker", "taker", "late"))
    yield made
    for one in made:
        one.dispose()


@pytest.fixture
def workshop(databases: tuple[Database, ...]) -> Iterator[Workshop]:
    with known():
        yield Workshop(*databases)


class TestRebuildOnPostgres(RebuildSuite):
    pass


def test_a_record_that_is_new_while_the_model_is_put_in_its_place_has_one_effect(workshop: Workshop) -> None:
    """Its worker began before that and commits in the middle of it, or is waited for."""
    workshop.make("old")
    workshop.settle()
    written, may_commit, committed = threading.Event(), threading.Event(), threading.Event()

    def slow(point: str) -> None:
        if point == "before_commit":
            written.set()
            assert may_commit.wait(60)

    worker = Consumer(replace(workshop.taker.store, crash=slow), workshop.taker.service.subscriptions)

    def work(fact: Delivery) -> None:
        worker.deliver([fact])
        committed.set()

    def tell() -> None:
        """A new record, once the rebuild has read its history for the second and last time."""
        workshop.at_the_end = lambda: None
        new.append(workshop.make("new"))
        outbox = MAKER_TABLES.outbox
        with workshop.maker.reading() as tx:
            body = tx.execute(sa.select(outbox.c.body).where(outbox.c.agg == new[0])).scalar_one()
        threading.Thread(target=work, args=[Delivery(bytes(body))], daemon=True).start()
        assert written.wait(60)

    def let_it_commit(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("LOCK TABLE"):
            threading.Thread(target=once_it_is_waited_for, daemon=True).start()
        elif statement.startswith("DELETE FROM parked") and not committed.is_set():
            may_commit.set()
            assert committed.wait(60)

    def once_it_is_waited_for() -> None:
        until_one_waits(workshop.taker.store.database.engine)
        may_commit.set()

    def after_the_first() -> None:
        workshop.at_the_end = tell

    new: list[Any] = []
    workshop.at_the_end = after_the_first
    sa.event.listen(sa.Engine, "before_cursor_execute", let_it_commit)
    try:
        workshop.rebuild()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", let_it_commit)
        may_commit.set()
    workshop.settle()
    assert workshop.taker.heard(new[0]) == ["new"]


def test_a_model_that_a_busy_worker_keeps_from_its_place_is_not_put_there_in_part(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.make("0", "1")
    workshop.settle()
    right = workshop.shown()
    workshop.spoil()
    spoilt = workshop.shown()
    monkeypatch.setattr(orm, "LOCK_WAIT_S", 0.2)
    with workshop.taker.store.begin() as busy:
        busy.execute(sa.select(TAKER_TABLES.stream_pos).with_for_update())
        with pytest.raises(Conflict, match="run it again"):
            workshop.rebuild()

    assert workshop.shown() == spoilt
    workshop.rebuild()
    assert workshop.shown() == right


@pytest.mark.usefixtures("in_a_hurry")
def test_a_large_model_may_take_longer_to_be_put_in_its_place_than_a_request_may(workshop: Workshop) -> None:
    workshop.make("0", "1")
    workshop.settle()
    right = workshop.shown()
    workshop.spoil()
    with workshop.taker.store.database.engine.begin() as connection:
        slow = "'BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END'"
        connection.exec_driver_sql(f"CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS {slow}")
        connection.exec_driver_sql("CREATE TRIGGER large AFTER INSERT ON effects EXECUTE FUNCTION slow()")

    workshop.rebuild()

    assert workshop.shown() == right
