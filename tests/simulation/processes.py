"""What runs in a world: the kernel's real objects, built of a kit, dying and built anew over the same disks."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from libs.common import relay as relays
from libs.common.bus import BusDown
from libs.common.consumer import Consumer
from libs.common.errors import Unavailable
from libs.common.inprocess import InProcessBus
from libs.common.intake import Intake
from libs.common.relay import Relay
from libs.common.store import Store
from libs.common.timers import Timers
from tests.simulation import tables, toy
from tests.simulation.bus import Adversary, Broker
from tests.simulation.clients import TAKE, Clients
from tests.simulation.disk import disks
from tests.simulation.faults import Chaos, Killed

NAMES = tuple(tables.STREAMS)


@dataclass(frozen=True)
class Kit:
    """What a world is built of. A mutant is the kit with one piece made wrong."""

    store: Callable[..., Store] = Store
    relay: Callable[..., Relay] = Relay
    consumer: Callable[..., Consumer] = Consumer
    timers: Callable[..., Timers] = Timers
    broker: Callable[..., Broker] = Broker
    bus: Callable[[Adversary], Any] = lambda adversary: adversary
    handler: Callable[[Any], Any] = lambda handler: handler
    patches: tuple[tuple[Any, str, Any], ...] = ()
    crash_at: str = ""


@dataclass
class Process:
    """What a service has in memory: gone when it dies, made anew over the same disk."""

    store: Store
    consumer: Consumer
    timers: Timers
    intake: Intake
    relay: Relay | None = None


class Processes(Chaos):
    """``embedded``: one process and the in-process bus; else a process a service, and a broker."""

    def __init__(self, seed: int, kit: Kit) -> None:
        super().__init__(seed, kit.crash_at)
        self.kit, self.embedded, self.disks = kit, self.rng.random() < 0.4, disks()
        for name, disk in self.disks.items():
            disk.wipe()
            disk.trouble, disk.row = self.trouble, partial(self.row, name)
        self.faults: list[str] = []
        self.taken: set[str] = set()  #: the facts that a bus has said yes to
        self.kept: dict[str, Any] = {}  #: for a mutant that keeps something on a disk of its own
        self.broker, self.clients = kit.broker(self), Clients(self)
        self.processes: dict[str, Process] = {}
        self._start(NAMES)

    def _start(self, names: Iterable[str]) -> None:
        with self.calm():
            for name in names:
                self.processes[name] = self._process(name)
            for name in names:
                self.processes[name].relay = self._relay_of(name)

    def _process(self, name: str) -> Process:
        database, crash = self.disks[name].database, partial(self.point, name)
        store = self.kit.store(name, database, tables.TABLES[name], clock=lambda: self.now, ids=self.id, crash=crash)
        consumer = self.kit.consumer(store, toy.subscriptions(name, self, self.kit.handler))
        timers = self.kit.timers(store, {"nudge": toy.nudges(lambda: self.latest)} if name == "desk" else {})
        return Process(store, consumer, timers, Intake(store, {TAKE: self.clients.grant}))

    def _relay_of(self, name: str) -> Relay:
        store, inner, batch = self.processes[name].store, self.broker, self.rng.choice((3, 100))
        if self.embedded:
            consumers = {each: one.consumer for each, one in self.processes.items()}
            inner = InProcessBus(consumers, relays.begun(store, batch))
        return self.kit.relay(store, self.kit.bus(Adversary(self, inner, self.taken)), batch)

    @contextmanager
    def at_work(self, name: str) -> Iterator[Process]:
        """Whose code runs, so that a kill knows who dies. Trouble that a loop would wait out ends the step."""
        self.stack.append(name)
        try:
            yield self.processes[name]
        except (BusDown, Unavailable):
            self.seen["trouble"] += 1
        except Killed:
            if len(self.stack) > 1:
                raise
            self._bury()
        finally:
            self.stack.pop()

    def _bury(self) -> None:
        dead = NAMES if self.embedded else sorted(self.dead)
        self.dead = set()
        for name in dead:
            self.disks[name].connection.rollback()
        self._start(dead)
