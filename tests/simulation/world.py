"""One thread in which all that can happen to Plumbline's kernel happens, in an order that a seed decides.

Everything but the kernel is here: time, ids, chance, disks that fail, a bus that misbehaves, processes that die.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from libs.common import relay as relays
from libs.common.errors import Conflict
from libs.common.loops import relay_loop, timers_loop
from tests.simulation import tables
from tests.simulation.processes import NAMES, Kit, Processes

UNSENT = "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"


class Once:
    """A stop signal for a loop that is to go round until it would rest for the first time."""

    def __init__(self) -> None:
        self.rested = False

    def is_set(self) -> bool:
        return self.rested

    def wait(self, _seconds: float) -> bool:
        self.rested = True
        return True


class World(Processes):
    """What may happen next, and what can be seen at any time."""

    def __init__(self, seed: int, kit: Kit) -> None:
        super().__init__(seed, kit)
        self.relaying: list[str] = []
        self.to_refill: set[str] = set()  #: whose facts a broker lost
        weights = {self._ask: 6, self._relay: 5, self._deliver: 7, self._timers: 4, self._time: 2, self._operate: 2}
        self.steps, self.weights = list(weights), [one * self.rng.choice((0.5, 1, 2)) for one in weights.values()]

    def step(self) -> None:
        self.rng.choices(self.steps, self.weights)[0]()
        if not self.stack:
            self.look()

    def _ask(self) -> None:
        self.clients.step()

    def _relay(self) -> None:
        waiting = [name for name in ("desk", "yard") if self.disks[name].rows(UNSENT)]
        if not waiting:
            self._ask()
            return
        name = self.rng.choice(waiting)
        self.relaying.append(name)
        try:
            with self.at_work(name) as one:
                stop: Any = Once()
                relay_loop(one.relay, stop.wait, stop, self._report)
        finally:
            self.relaying.pop()

    def _deliver(self) -> None:
        full = [name for name, queue in self.broker.queues.items() if queue]
        if not full:
            self._relay()
            return
        queue = self.rng.choice(full)
        with self.at_work("desk" if queue == "wishes" else queue) as one:
            self.broker.deliver(queue, one.intake if queue == "wishes" else one.consumer)

    def _timers(self) -> None:
        service: Any = SimpleNamespace(jobs=())
        stop: Any = Once()
        with self.at_work(self.rng.choice(("desk", *NAMES))) as one:
            timers_loop(service, one.store, one.timers, one.consumer, stop, self._report)

    def _time(self) -> None:
        self.pass_time(self.rng.choice((0.2, 1, 5, 40, 400, -3)))

    def _operate(self) -> None:
        """Somebody replays what is parked, or has the outboxes sent again, as one must when a broker lost its data."""
        what = self.rng.choice(("replay", "refill", "wipe", "wipe", "junk"))
        if what == "replay":
            for name in ("yard", "board"):
                self.replay(name)
        elif what == "refill":
            self.refill()
        elif what == "wipe" and not self.embedded:
            self.broker.wipe()
            self.seen["wiped"] += 1
            self.to_refill |= {"desk", "yard"}
        elif not self.embedded:
            self.broker.put(self.rng.choice(("yard", "board")), b"junk")

    def replay(self, name: str) -> None:
        for (ident,) in self.disks[name].rows("SELECT id FROM parked"):
            with self.at_work(name) as one:
                try:
                    self.seen["replayed"] += one.consumer.replay([ident])
                except Conflict:
                    self.seen["refused_replay"] += 1  # it still cannot be read

    def refill(self) -> None:
        """Not while a relay is under way: what it has sent and not yet marked would be marked, and not sent again."""
        for name in sorted({"desk", "yard"} - set(self.relaying)):
            wanted = name in self.to_refill
            self.to_refill.discard(name)  # a broker that loses its data from here on needs it once more
            try:
                with self.at_work(name) as one:
                    one.relay.finish()
                    self.seen["refilled"] += relays.refill(one.store)
                    wanted = False
            finally:
                self.to_refill |= {name} if wanted else set()

    def _report(self, _part: str, well: bool, _said: str) -> None:
        self.seen["trouble"] += not well

    def look(self) -> None:
        """Nothing is marked as published that the bus does not have; and what waits is counted."""
        for name in ("desk", "yard"):
            marked = self.disks[name].rows("SELECT event_id FROM outbox WHERE published_at IS NOT NULL")
            if not {row[0] for row in marked} <= self.taken:
                self.faults.append(f"{name} marked as published what no bus has taken")
        for name in ("yard", "board"):
            for what in ("held", "parked"):
                self.seen[what] += self.disks[name].rows(f"SELECT count(*) FROM {what}")[0][0] > 0


@contextmanager
def world_of(seed: int, kit: Kit) -> Iterator[World]:
    with ExitStack() as patched:
        patched.enter_context(tables.known())
        for target, name, value in kit.patches:
            patched.enter_context(mock.patch.object(target, name, value))
        yield World(seed, kit)
