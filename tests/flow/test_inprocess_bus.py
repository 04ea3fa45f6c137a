"""The in-process bus keeps the promises that every bus makes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from libs.common import orm
from libs.common.bus import BusDown, Outgoing
from libs.common.inprocess import InProcessBus
from libs.common.relay import Relay, begun
from tests.contract.bus_suite import BusSuite
from tests.contract.bus_world import World
from tests.contract.throwaway import (
    Killed,
    maker,
    taker,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)


class InProcessWorld(World):
    def __init__(self, folder: Path) -> None:
        databases = [orm.connect(f"sqlite:///{folder / name}.db") for name in ("maker", "taker", "other")]
        self.databases = databases
        self.maker = maker(databases[0])
        self.taker, self.other = taker("taker", databases[1]), taker("other", databases[2])
        self.restart_takers()

    def restart_takers(self, begun: int = 0) -> None:
        self.bus = InProcessBus({each.name: each.consumer for each in self.takers}, begun)
        self.relay = Relay(self.maker, self.bus)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        for _ in range(20):
            self._deliver(lambda: self.relay.step() == 0)
            if condition():
                return
        pytest.fail(f"never: {what}")

    def send(self, rows: Sequence[Outgoing]) -> None:
        self._deliver(lambda: self.bus.send(rows) == len(rows))

    def _deliver(self, work: Callable[[], bool]) -> None:
        for _ in range(50):
            try:
                if work():
                    return
            except BusDown:
                return
            except Killed:
                self.restart_takers(begun=2**62)  # whatever comes now, the killed one may have begun with


class TestInProcessBus(BusSuite):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[InProcessWorld]:
        world = InProcessWorld(tmp_path)
        yield world
        for database in world.databases:
            database.dispose()


def test_only_what_the_relay_before_may_have_begun_with_is_tried_alone(tmp_path: Path) -> None:
    """However much waited behind that: as after `replay`, or where a subscriber's disk was full for an hour."""
    world = InProcessWorld(tmp_path)
    subject, marks = world.make(*map(str, range(250))), list[str]()
    world.restart_takers(begun(world.maker, 100))
    relay = Relay(world.maker, world.bus, batch=100)
    world.taker.store.crash = marks.append

    while relay.step():
        pass

    assert marks.count("consumer_marked") == 100
    assert marks.count("consumer_committed") == 100 + 2, "two batches of what nobody can have begun with"
    assert world.taker.heard(subject) == [*map(str, range(250))]
    for database in world.databases:
        database.dispose()
