"""What only a real broker can do: refuse, return, cut off, lose a binding."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pika
import pytest
import sqlalchemy as sa

from libs.common import relay
from libs.common.bus import BusDown, Refused
from libs.common.consumer import Consumer
from libs.common.rabbit import RabbitPublisher, RabbitReader, bindings, connection, frames, publisher
from libs.common.rabbit.bindings import Bindings
from libs.common.rabbit.connection import Line
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import EVENTS, HISTORY, UNROUTED, Mismatch, queue_of
from libs.common.store import Store
from libs.common.tx import Tx
from libs.local.broker import Broker, VirtualHost
from tests.contract.throwaway import (
    EFFECTS,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)
from tests.system.rabbit_world import RabbitWorld


@pytest.fixture
def world(rabbit: Broker, vhost: VirtualHost, new_database: Callable[[str], str]) -> Iterator[RabbitWorld]:
    world = RabbitWorld(rabbit, vhost, [new_database(name) for name in ("maker", "taker", "other")])
    try:
        yield world
    finally:
        world.close()


def unbind(world: RabbitWorld, queue: str) -> None:
    """From the facts, whatever its bindings are marked with."""
    path = f"bindings/{world.management.here}/e/{EVENTS}/q/{queue}"
    for one in world.management.call("GET", path):
        world.management.call("DELETE", f"{path}/{quote(one['properties_key'], safe='')}")


def unbind_all(world: RabbitWorld) -> None:
    for queue in {one.queue for one in world.management.bindings(EVENTS)}:
        unbind(world, queue)


def waiting(world: RabbitWorld, queue: str) -> list[str]:
    """The payloads in a queue, which stay there."""
    question = {"count": 100, "ackmode": "ack_requeue_true", "encoding": "auto"}
    found = world.management.call("POST", f"queues/{world.management.here}/{queue}/get", question)
    return [one["payload"] for one in found]


def test_many_facts_are_on_their_way_at_once(world: RabbitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = 0

    def counted(line: Line, *given: object, **more: object) -> bool:
        nonlocal waits
        waits += 1
        return turn(line, *given, **more)  # type: ignore[arg-type]

    turn = Line.turn
    monkeypatch.setattr(Line, "turn", counted)
    world.make(*(str(fact) for fact in range(2000)))

    world.send(world.withhold())

    assert waits < 500, "a wait for each confirm would be 2000"


def test_a_fact_without_a_subscriber_goes_where_operators_see_it(world: RabbitWorld) -> None:
    unbind_all(world)
    world.make("lonely")

    assert world.relay.step() == 1

    [payload] = waiting(world, UNROUTED)
    assert "lonely" in payload


def test_a_fact_that_no_queue_takes_stops_the_relay_and_stays_in_the_outbox(world: RabbitWorld) -> None:
    unbind_all(world)
    world.management.call("DELETE", f"queues/{world.management.here}/{UNROUTED}")
    world.make("homeless")

    with pytest.raises(Refused):
        world.relay.step()

    world.provision()
    assert world.relay.step() == 1


def test_after_a_refusal_the_relay_comes_back_on_a_new_connection(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one may know a queue's leader that is gone, and be refused for as long as that one stays away."""
    lines: list[str] = []
    monkeypatch.setattr(publisher, "Line", lambda url, name: lines.append(name) or Line(url, name))
    full = {"arguments": {"x-max-length": 1, "x-overflow": "reject-publish"}}
    world.management.call("PUT", f"queues/{world.management.here}/full", full)
    world.management.bind(EVENTS, "full", "#")
    world.make("fits")
    assert world.relay.step() == 1
    world.make("does not fit")

    with pytest.raises(Refused):
        world.relay.step()

    world.management.call("DELETE", f"queues/{world.management.here}/full")
    assert world.relay.step() == 1
    assert lines == ["relay", "relay"]


def test_a_service_can_publish_only_what_it_owns(world: RabbitWorld) -> None:
    world.make("made")
    rows = world.withhold()

    with pytest.raises(BusDown, match="ACCESS_REFUSED"):
        RabbitPublisher(world.url("taker")).send(rows)


def test_a_service_cannot_speak_in_anothers_name(world: RabbitWorld) -> None:
    world.make("made")
    forger = RabbitPublisher(world.url("maker"))
    forger._open()
    forger._packer.user = world.accounts["taker"].name

    with pytest.raises(BusDown, match="user_id"):
        forger.send(world.withhold())


def test_a_fact_sent_by_a_user_who_is_not_its_service_is_parked(world: RabbitWorld) -> None:
    world.read()
    subject = world.make("forged")
    administrator = RabbitPublisher(world.vhost.url)

    administrator.send(world.withhold())
    administrator.close()

    world.until(lambda: len(world.taker.parked()) == 1, "the forged fact is parked")
    [parked] = world.taker.parked()
    assert (parked.reason, parked.blocks) == ("producer_mismatch", False)
    assert world.taker.heard(subject) == []


def test_a_body_of_another_content_type_is_parked(world: RabbitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.read()
    world.make("packed")
    monkeypatch.setattr(frames, "CONTENT_TYPE", "application/gzip")
    world.publisher.close()  # what every message says was packed when it opened

    world.send(world.withhold())

    world.until(lambda: len(world.taker.parked()) == 1, "the packed fact is parked")
    assert world.taker.parked()[0].reason == "unsupported_encoding"


def test_a_service_cannot_read_anothers_queue(world: RabbitWorld) -> None:
    thief = RabbitReader(world.url("other"), queue_of("taker"), lambda some: None)

    with pytest.raises(BusDown, match="ACCESS_REFUSED"):
        thief.read_through()


def test_a_reader_and_a_relay_that_are_cut_off_come_back(world: RabbitWorld) -> None:
    world.read()
    before = world.make("before")
    world.until_heard(before, "before")
    connections = f"vhosts/{world.management.here}/connections"
    world.until(lambda: len(world.management.call("GET", connections)) >= 3, "the broker lists its connections")

    for one in world.management.call("GET", connections):
        world.management.call("DELETE", f"connections/{quote(one['name'], safe='')}")

    after = world.make("after")
    world.until_heard(after, "after")
    assert any("CONNECTION_FORCED" in detail for _, ok, detail in world.said if not ok)


def test_a_queue_that_is_deleted_is_told_and_refilled_from_the_outbox(world: RabbitWorld) -> None:
    world.read()
    world.until_heard(world.make("before"), "before")
    world.management.call("DELETE", f"queues/{world.management.here}/{queue_of('taker')}")
    lost = world.make("lost")
    world.until_heard(lost, "lost", by=[world.other])
    world.until(lambda: any(not ok for _, ok, _ in world.said), "the reader says that its queue is gone")

    world.provision()
    relay.refill(world.maker)

    world.until_heard(lost, "lost")


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


class Watch:
    """The taker's look after its queue, with the service's rights and no more; ``said`` is what it reported."""

    def __init__(self, world: RabbitWorld, name: str = "taker") -> None:
        own = Management(world.broker.management_url, world.url(name))
        store = {"maker": world.maker, "taker": world.taker.store}[name]
        service = {one.name: one for one in world.services}[name]
        self.bindings = Bindings(service, Consumer(store, service.subscriptions), own, world.url(name))
        self.said: list[tuple[bool, str]] = []

    def look(self) -> int:
        return self.bindings.step(lambda _part, ok, detail: self.said.append((ok, detail)))


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


def test_what_a_broker_does_not_give_while_its_disk_stands_still_is_read_at_the_next_look(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers, and nothing comes: that was taken for a history in which there is nothing."""
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


def wipe(world: RabbitWorld) -> None:
    """The broker loses all it has; what there must be is made again, as `topology --watch` does."""
    world.broker.manage("DELETE", f"/api/vhosts/{world.vhost.name}")
    world.broker.manage("PUT", f"/api/vhosts/{world.vhost.name}")
    for user in (world.vhost.user, world.broker.admin[0]):
        world.broker.permit(user, world.vhost.name, configure=".*", write=".*", read=".*")
    world.provision()


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
    world.read()
    known = world.make("known")
    world.until_heard(known, "known")
    tables, store = world.taker.store.tables, world.taker.store
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


def _rows(store: Store, table: sa.Table) -> Sequence[sa.Row[Any]]:
    with store.reading() as tx:
        return tx.session.execute(sa.select(table)).all()


def test_a_slow_handler_does_not_cost_the_connection(world: RabbitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEARTBEAT_S", 1)  # the broker cuts a silent client off after 2 to 3 s
    never = threading.Event()

    def slow(_tx: Tx) -> None:
        never.wait(4)

    world.taker.moods["slow"] = slow
    world.read()
    subject = world.make("slow", "next")

    world.until_heard(subject, "slow", "next")
    assert world.taker.tried.count("slow") == 1
    assert all(ok for _, ok, _ in world.said)


def test_the_topology_may_be_made_again_and_refuses_a_queue_that_is_not_as_it_must_be(world: RabbitWorld) -> None:
    world.provision()
    world.management.call("DELETE", f"queues/{world.management.here}/{HISTORY}")
    world.management.call("PUT", f"queues/{world.management.here}/{HISTORY}", {"durable": True})

    with pytest.raises(Mismatch, match=f"the queue {HISTORY} exists and is not as it must be"):
        world.provision()
