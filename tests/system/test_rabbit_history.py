"""The history is read to its end, known by its place: not by a silence, nor by what a fact says of its time."""

import functools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from commands.door import history as commands
from libs.common.bus import BusDown, Delivery
from libs.common.contracts.base import Message, decode
from libs.common.rabbit import history, reader
from libs.common.rabbit.history import batches
from libs.common.rabbit.publisher import HISTORY
from libs.common.rabbit.topology import queue_of
from libs.common.rebuild import ReadModel, rebuild
from tests.contract.throwaway import (
    EFFECTS,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)
from tests.system.proxy import Proxy
from tests.system.rabbit_world import RabbitWorld, Watch, unbind

PAUSE_S = 3.0  #: longer than anybody who waits for a queue's next message


@pytest.fixture
def line(world: RabbitWorld) -> Iterator[Proxy]:
    """To the broker, for the taker alone."""
    proxy = Proxy(world.broker.port)
    try:
        yield proxy
    finally:
        proxy.close()


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once somebody reads."""
    reads, opens = threading.Event(), reader._Session.open

    def opened(session: reader._Session) -> None:
        opens(session)
        reads.set()

    monkeypatch.setattr(reader._Session, "open", opened)
    return reads


def url(world: RabbitWorld, line: Proxy) -> str:
    return world.url("taker").replace(f":{world.broker.port}/", f":{line.port}/")


def pause(line: Proxy) -> None:
    line.delay = PAUSE_S
    threading.Timer(PAUSE_S, line.well).start()


def never() -> None:
    pytest.fail("the history is the same one")


def told(world: RabbitWorld, count: int) -> list[str]:
    things = [world.make(str(number)) for number in range(count)]
    world.step()
    return [str(thing) for thing in things]


@contextmanager
def off_by(world: RabbitWorld, by: timedelta) -> Iterator[None]:
    """The maker's clock, whatever its database's says."""
    right = world.maker
    world.maker = replace(right, database=replace(right.database, clock=None), clock=lambda: datetime.now(UTC) + by)
    try:
        yield
    finally:
        world.maker = right


def subjects(some: Sequence[Delivery]) -> list[str]:
    return [one.body.decode().partition('"subject":"')[2][:36] for one in some]


def test_a_line_that_stands_still_is_not_the_end_of_the_history(world: RabbitWorld, line: Proxy) -> None:
    things, heard = told(world, 1500), list[str]()

    for batch in batches(url(world, line), None, "a reader"):
        if not heard:
            pause(line)
        heard += subjects(batch)

    assert heard == things


def test_a_broker_that_falls_silent_before_the_end_is_named(
    world: RabbitWorld, line: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(world, 1500)
    monkeypatch.setattr(reader, "SILENT_S", 0.5)

    def read() -> None:
        for _ in batches(url(world, line), None, "a reader"):
            if not line.hole:
                line.hole = True
                threading.Timer(3.0, line.cut).start()  # or who leaves would wait long for a goodbye

    with pytest.raises(BusDown, match=r"fell silent at \d+, before its end at 1499"):
        read()


def test_a_history_that_is_empty_or_has_nothing_since_then_has_an_end(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(since: datetime | None) -> list[str]:
        return [thing for batch in batches(world.url("taker"), since, "a reader") for thing in subjects(batch)]

    assert read(None) == []
    things = told(world, 3)
    assert read(None) == things
    assert read(datetime.now(UTC) + timedelta(minutes=1)) == []
    monkeypatch.setattr(history, "BLOCK", 1)  # it is longer than what can be asked for at once
    told(world, 1)
    assert history.last(world.url("taker"), "a reader") == 3


def test_a_rebuild_comes_to_its_end_though_facts_go_on_coming(world: RabbitWorld) -> None:
    things, over = told(world, 10), threading.Event()
    history = functools.partial(batches, world.url("taker"), name="rebuild")
    model = ReadModel(("maker",), (EFFECTS,), world.taker.service.subscriptions)
    building = threading.Thread(target=lambda: rebuild(world.taker.store, world.taker.consumer, model, history))
    building.start()
    try:
        for _ in range(60):
            told(world, 1)
            over.wait(0.3)
            if not building.is_alive():
                break
        assert not building.is_alive()
    finally:
        building.join()

    with world.taker.store.reading() as tx:
        assert {str(row.subject) for row in tx.execute(EFFECTS.select())} >= set(things)


class MissedMuch(Watch):
    """A taker that was not bound for a while, and reads again on a line of its own."""

    def __init__(self, world: RabbitWorld, line: Proxy) -> None:
        super().__init__(world)
        self.look()
        self.bindings.url = url(world, line)
        unbind(world, queue_of("taker"))


def test_who_follows_the_history_hears_each_fact_once_though_the_broker_was_away(
    world: RabbitWorld, line: Proxy
) -> None:
    heard, away = list[str](), list[str]()
    enough = threading.Event()

    def take(fact: Delivery) -> bool:
        heard.append(decode(fact.body).subject.hex)
        return len(heard) < 60

    def follow() -> None:
        history.follow(url(world, line), datetime.now(UTC) - timedelta(hours=1), take, away.append, never)
        enough.set()

    things = told(world, 20)
    following = threading.Thread(target=follow)
    following.start()
    world.until(lambda: len(heard) == 20, "what there was")
    for count in (40, 60):
        told_away = len(away) + 1
        line.refuse()
        things += told(world, 20)
        world.until(lambda times=told_away: len(away) == times, "it is told that the broker is away")  # type: ignore[misc]
        line.well()
        world.until(lambda count=count: len(heard) == count, "what came meanwhile")  # type: ignore[misc]
    following.join(60)

    assert enough.is_set(), "it ends with what is wanted"
    assert heard == [UUID(thing).hex for thing in things]
    assert len(away) == 2, "told once each time"
    line.refuse()
    with pytest.raises(BusDown):
        history.follow(url(world, line), None, take, away.append, never)


@pytest.mark.parametrize("before", [0, 5])
def test_who_follows_from_now_on_misses_nothing_though_the_broker_went_away_before_anything_came(
    world: RabbitWorld, line: Proxy, before: int, reading: threading.Event
) -> None:
    told(world, before)
    heard, away = list[str](), list[str]()

    def take(fact: Delivery) -> bool:
        heard.append(decode(fact.body).subject.hex)
        return len(heard) < 5

    def follow() -> None:
        history.follow(url(world, line), None, take, away.append, never)

    following = threading.Thread(target=follow)
    following.start()
    for count in (1, 2):  # once nothing comes meanwhile
        assert reading.wait(60)
        reading.clear()
        line.refuse()
        world.until(lambda count=count: len(away) == count, "it is told that the broker is away")  # type: ignore[misc]
        things = told(world, 5) if count == 2 else []
        line.well()
    following.join(60)
    assert heard == [UUID(thing).hex for thing in things]


@pytest.mark.parametrize("begin", [None, "first"])
def test_who_follows_the_history_hears_what_is_new_though_the_broker_was_wiped(
    world: RabbitWorld,
    begin: str | None,
    reading: threading.Event,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its places are counted anew, and what was published before comes again, older than what was asked for or not."""
    with off_by(world, -2 * commands.EARLIER):
        before, heard = told(world, 5), list[str]()

    def take(fact: Message) -> bool:
        heard.append(str(fact.subject))
        return fact.data["note"] != "the last"

    def follow() -> None:
        commands.read(world.url("taker"), Path("nowhere"), begin, take, follow=True)

    following = threading.Thread(target=follow, daemon=True)
    following.start()
    assert reading.wait(60)
    shown = (before if begin else []) + told(world, 15)
    world.until(lambda: len(heard) == len(shown), "what there was")

    world.management.call("DELETE", f"queues/{world.management.here}/{HISTORY}")
    world.provision()
    world.send(world.rows()[:10])
    last = world.make("the last")
    world.step()
    following.join(60)

    assert not following.is_alive()
    assert heard == [*shown, *shown[: 10 if begin else 5], str(last)]
    assert capsys.readouterr().err.splitlines()[-1] == commands.ANEW


def test_a_pause_while_what_was_missed_is_read_again_loses_nothing(world: RabbitWorld, line: Proxy) -> None:
    watch = MissedMuch(world, line)
    missed = [world.make(str(number)) for number in range(1000)]
    world.step()
    deliver = watch.bindings.consumer.deliver

    def pausing(some: Sequence[Delivery]) -> None:
        if not line.delay:
            pause(line)
        watch.bindings.consumer.deliver = deliver  # type: ignore[method-assign]
        deliver(some)

    watch.bindings.consumer.deliver = pausing  # type: ignore[method-assign]
    assert watch.look() == 1000

    assert all(world.taker.heard(one) for one in missed)
    assert watch.said[-1] == (True, "")


def test_a_publishers_clock_that_is_ahead_ends_no_reading(world: RabbitWorld, line: Proxy) -> None:
    watch = MissedMuch(world, line)
    with off_by(world, timedelta(minutes=5)):
        missed = [world.make(str(number)) for number in range(300)]
    missed += [world.make(str(number)) for number in range(300)]
    world.step()

    assert watch.look() == 600

    assert all(world.taker.heard(one) for one in missed)
