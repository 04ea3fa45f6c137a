"""What a broker has lost is found and filled again: a binding, a queue and what was in it, all; so is a database."""

import re
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pika
import pytest
import sqlalchemy as sa

from libs.common.bus import BusDown
from libs.common.rabbit import RabbitReader, bindings
from libs.common.rabbit.bindings import Bindings
from libs.common.rabbit.connection import Line
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import HISTORY, queue_of
from libs.common.store import Store
from tests.contract.throwaway import (
    EFFECTS,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)
from tests.system.rabbit_world import RabbitWorld, Watch, unbind, wipe


def test_a_lost_binding_is_mended_and_what_went_past_is_read_again(world: RabbitWorld) -> None:
    world.read()
    world.until_heard(world.make("before"), "before")
    bindings = Bindings(world.taker.service, world.taker.consumer, world.management, world.url("taker"))
    said: list[tuple[str, bool, str]] = []
    assert bindings.step(lambda *word: said.append(word)) == 0
    unbind(world, queue_of("taker"))
    missed = world.make("missed", "too")
    world.until_heard(missed, "missed", "too", by=[world.other])

    own = Management(world.broker.management_url, world.url("taker"))  # with the service's rights, no more
    Bindings(world.taker.service, world.taker.consumer, own, world.url("taker")).step(lambda *word: said.append(word))

    assert world.taker.heard(missed) == ["missed", "too"]
    assert [ok for _, ok, _ in said] == [True, False, True]
    assert bindings.missing() == set()


def test_what_a_queue_held_when_it_was_deleted_is_read_again_once_it_is_made_anew(world: RabbitWorld) -> None:
    watch = Watch(world)
    watch.look()
    lost = world.make("waits", "in the queue")
    world.step()
    world.management.call("DELETE", f"queues/{world.management.here}/{queue_of('taker')}")

    world.provision()
    watch.look()

    assert world.taker.heard(lost) == ["waits", "in the queue"]
    assert [ok for ok, _ in watch.said] == [True, False, True]
    assert "made anew" in watch.said[1][1]
    assert watch.look() == 0


def test_what_could_not_be_read_again_is_read_at_the_next_look(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(world)
    watch.look()
    unbind(world, queue_of("taker"))
    missed = world.make("missed")
    world.step()

    def away(_reader: RabbitReader, _through: int) -> Iterator[int]:
        raise BusDown("the history has no leader")

    with monkeypatch.context() as broken, pytest.raises(BusDown):
        broken.setattr(RabbitReader, "steps", away)
        watch.look()
    watch.look()

    assert world.taker.heard(missed) == ["missed"]


def test_a_broker_whose_clock_is_a_minute_behind_the_databases_costs_nothing(world: RabbitWorld) -> None:
    watch, status = Watch(world), world.taker.store.tables.worker_status
    watch.look()
    missed = world.make("missed")
    world.step()
    world.management.call("DELETE", f"queues/{world.management.here}/{queue_of('taker')}/contents")
    with world.taker.store.begin() as tx:  # which was restored meanwhile
        tx.session.execute(status.update().values(at=tx.now + timedelta(minutes=1), detail="another one"))

    watch.look()

    assert world.taker.heard(missed) == ["missed"]


@pytest.mark.parametrize("answers", [True, False], ids=["though it answers", "and no answer"])
def test_what_a_broker_does_not_give_while_its_disk_stands_still_is_read_at_the_next_look(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    """Nothing comes: that was taken for a history in which there is nothing."""
    watch = Watch(world)
    watch.look()
    unbind(world, queue_of("taker"))
    missed = world.make("missed")
    world.step()
    asking = Line(world.url("taker"), "asking")
    world.until(lambda: bool(asking.ask(HISTORY, 10)), "the broker counts what is there")
    asking.close()

    with monkeypatch.context() as still, pytest.raises(BusDown, match=f"where {HISTORY} ends"):
        still.setattr(pika.channel.Channel, "basic_consume", lambda *_, **__: None)
        if not answers:
            still.setattr(Line, "ask", lambda *_: None)
        watch.look()
    watch.look()

    assert world.taker.heard(missed) == ["missed"]


def test_a_history_that_gets_nothing_is_said_until_it_is_bound_again(world: RabbitWorld) -> None:
    watch = Watch(world, "maker")
    watch.look()
    unbind(world, HISTORY)

    watch.look()
    assert watch.said[-1] == (False, "the history is not bound: run `plumbline topology`")

    world.provision()
    watch.look()
    assert watch.said[-1] == (True, "")


def test_a_broker_that_lost_everything_is_filled_from_the_outboxes(world: RabbitWorld) -> None:
    taker, maker = Watch(world), Watch(world, "maker")
    for watch in (taker, maker):
        watch.look()
    lost = [world.make(str(number), "changed") for number in range(500)]
    world.step()

    wipe(world)
    for watch in (taker, maker):
        watch.look()
    world.read()

    world.until_heard(lost[-1], "499", "changed")
    assert [taker.heard(subject) for taker in world.takers for subject in lost] == [
        [str(number), "changed"] for _ in world.takers for number in range(500)
    ]
    assert (False, "the broker has lost the history; sending again what it held") in maker.said
    assert maker.said[-1] == (True, "")


DAY, MOMENT = timedelta(days=1), timedelta(0)


@pytest.mark.parametrize(
    ("age", "why"), [(DAY, "nobody has looked since"), (MOMENT, "another one than")], ids=["yesterday", "a moment ago"]
)
def test_a_database_of_an_earlier_time_is_brought_up_to_date(world: RabbitWorld, age: timedelta, why: str) -> None:
    watch = Watch(world)
    watch.look()
    tables, store = world.taker.store.tables, world.taker.store
    assert re.match(r"database \d+, timeline \d+, table \d+$", _said(store)[bindings.SEEN])
    world.read()
    known = world.make("known")
    world.until_heard(known, "known")
    kept = [
        (table, [dict(row._mapping) for row in _rows(store, table)])
        for table in (EFFECTS, tables.stream_pos, tables.worker_status)
    ]
    world.change(known, "later")
    forgotten = world.make("forgotten")
    world.until_heard(forgotten, "forgotten")
    world.until_heard(known, "known", "later")

    with store.begin() as tx:
        for table, rows in kept:
            tx.session.execute(table.delete())
            if table is tables.worker_status:
                rows = [{**row, "at": row["at"] - age} for row in rows]
            tx.session.execute(table.insert(), rows)
        if not age:  # as pg_restore does: its tables are others
            for change in ("ALTER TABLE {0} RENAME TO {0}_", "CREATE TABLE {0} AS TABLE {0}_", "DROP TABLE {0}_"):
                tx.session.execute(sa.text(change.format(tables.worker_status)))
            tx.session.execute(sa.text(f"ALTER TABLE {tables.worker_status} ADD PRIMARY KEY (part)"))
    assert watch.look() >= 2

    assert world.taker.heard(known) == ["known", "later"]
    assert world.taker.heard(forgotten) == ["forgotten"]
    assert why in watch.said[1][1]
    assert watch.look() == 0


def test_where_nobody_may_ask_which_database_it_is_the_bindings_are_looked_after_all_the_same(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(world)
    watch.look()
    monkeypatch.setattr(bindings, "WHICH", sa.text("SELECT refused_by_the_provider()"))
    unbind(world, queue_of("taker"))
    missed = world.make("missed")
    world.step()

    assert watch.look() > 0 == watch.look()
    assert world.taker.heard(missed) == ["missed"]
    assert watch.said[-1] == (True, "")


def test_a_broker_that_could_not_be_asked_for_long_is_no_reason_to_read_everything_again(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is queued after an outage is much, and would be read twice. Who was not there himself cannot know that."""
    monkeypatch.setattr(bindings, "OLD", timedelta(0))
    watch = Watch(world)
    watch.look()
    waits = world.make("waits")
    world.step()

    assert watch.look() == 0
    assert Watch(world).look() == 1
    assert world.taker.heard(waits) == ["waits"]


def test_reading_again_comes_to_an_end_while_facts_keep_coming(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told after it has begun is in the queue as well: else a busy service would read twice for ever."""
    monkeypatch.setattr(bindings, "MARGIN", timedelta(seconds=1))
    watch, enough = Watch(world), threading.Event()
    watch.look()
    unbind(world, queue_of("taker"))
    missed, more = world.make("missed"), list[UUID]()
    world.step()

    def busy() -> None:
        while not enough.wait(0.02):
            more.append(world.make("more"))
            world.step()

    working = threading.Thread(target=busy)
    working.start()
    try:
        watch.look()
    finally:
        enough.set()
        working.join()

    assert world.taker.heard(missed) == ["missed"]
    assert watch.bindings.missing() == set()
    world.read()
    for one in more:
        world.until_heard(one, "more", by=[world.taker])


def _said(store: Store) -> dict[str, str]:
    return {row.part: row.detail for row in _rows(store, store.tables.worker_status)}


def _rows(store: Store, table: sa.Table) -> Sequence[sa.Row[Any]]:
    with store.reading() as tx:
        return tx.session.execute(sa.select(table)).all()
