"""What goes wrong meanwhile: processes die every other moment, the broker and the database less often, in turns.

So many may lie on the ground at once and no more: a machine that cannot raise them as fast as they are killed would do
nothing else, and where nothing is done nothing can be lost.
"""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bench.chaos.alive import Alive
from bench.chaos.disorder import Disorder
from bench.chaos.wire import Redeliveries

SERVERS = ("postgres", "rabbitmq", "epmd")
TICK_S = 0.1
LURKS_S, BLINK_S = 2.0, 0.002  #: how long an api's next request is waited for, and how often is looked
SHARED = {"shared": "estimates"}  #: a path that does not begin with the service's name


@dataclass
class Habit:
    """Something done every so many seconds; ``due`` by the monotonic clock.

    What could not be done is tried at the next tick, and what comes behind it waits.
    """

    act: Callable[[], bool | None]
    every: float
    due: float


class Monkey(threading.Thread):
    """``did`` counts what it has done, ``restarts`` how often something runs again under its name.

    ``down``: how many may be getting up when another is killed; the broker or the database is broken when all are up.
    ``asked``: the paths of what somebody waits for right now.
    """

    def __init__(
        self, alive: Alive, disorder: Disorder, redeliveries: Redeliveries, asked: Callable[[], Collection[str]], *,
        kill: float, broker: float, database: float, down: int, seed: int,
    ) -> None:  # fmt: skip
        super().__init__(name="monkey", daemon=True)
        self.asked = asked
        self.alive, self.disorder, self.redeliveries, self.down = alive, disorder, redeliveries, down
        self.did, self.died, self.restarts = Counter[str](), Counter[str](), 0
        self.stop, self.failure = threading.Event(), ""
        self._random, self._pids = random.Random(seed), {name: alive.pid(name) for name in alive.names}
        self._next = list[str]()
        now = time.monotonic()
        self._habits = [
            Habit(self._look, 0.3, now),
            Habit(redeliveries.look, 1.0, now),
            Habit(disorder.let_go, 0.7, now),
            Habit(self._break_the_broker, broker, now + min(broker, 3 * kill)),
            Habit(self._break_the_database, database, now + min(database, 6 * kill)),
            Habit(self._repeat, 3 * kill, now + 1.5 * kill),
            Habit(self._kill, kill, now + kill),
        ]

    @property
    def done_each(self) -> bool:
        """Each kind has happened, and what it is to bring about has been seen."""
        done = all(self.did[what] for what in ("kills", "broker", "database", "repeats"))
        return done and bool(self.redeliveries.total and self.restarts)

    def run(self) -> None:
        try:
            while not self.stop.wait(TICK_S):
                for habit in self._habits:
                    if time.monotonic() >= habit.due:
                        if habit.act() is False:
                            break
                        habit.due = time.monotonic() + habit.every
        except Exception as bug:  # noqa: BLE001 - told in the report, which fails of it
            self.failure = f"{type(bug).__name__}: {bug}"

    def _look(self) -> None:
        for name, before in self._pids.items():
            now = self.alive.pid(name)
            if now is not None and now != before:
                self._pids[name], self.restarts = now, self.restarts + 1

    def _victim(self) -> str:
        """Everybody's turn comes, in an order that chance decides anew for each round."""
        if not self._next:
            self._next = [name for name in self.alive.names if name not in SERVERS]
            self._random.shuffle(self._next)
        return self._next.pop()

    def _end(self, name: str, pids: list[int]) -> bool:
        if not pids or not _signal(self._random.choice(pids), signal.SIGKILL):
            return False
        self.did["kills"] += 1
        self.died[name] += 1
        return True

    def _kill(self) -> bool:
        """Of a web server, its first process or one of those that answer."""
        if len(self.alive.getting_up()) >= self.down:
            return False
        name = self._victim()
        if name.endswith("-api"):
            self._lurk(name.removesuffix("-api"))
        return self._end(name, self.alive.family(name))

    def _lurk(self, service: str) -> None:
        """Until it is asked to do something: it is to die over that."""
        deadline = time.monotonic() + LURKS_S
        while time.monotonic() < deadline and service not in {_asked(path) for path in self.asked()}:
            self.stop.wait(BLINK_S)

    def _repeat(self) -> bool:
        """What was said lately is said again, and who reads it dies over it: between commit and acknowledgement."""
        if len(self.alive.getting_up()) >= self.down or not self.disorder.repeat_somebodys():
            return False
        self.did["repeats"] += 1
        self.stop.wait(0.3)
        name = self._random.choice([name for name in self.alive.names if name.endswith("-worker")])
        self._end(name, self.alive.family(name)[:1])
        return True

    def _break(self, name: str, kind: str, number: int) -> bool:
        if self.alive.getting_up():
            return False
        pid = self.alive.pid(name)
        done = pid is not None and _signal(pid, number)
        self.did[kind] += done
        return done

    def _break_the_broker(self) -> bool:
        """By force and orderly in turns."""
        return self._break("rabbitmq", "broker", (signal.SIGKILL, signal.SIGTERM)[self.did["broker"] % 2])

    def _break_the_database(self) -> bool:
        """At once, as in a crash: the next start recovers."""
        return self._break("postgres", "database", signal.SIGQUIT)


def _asked(path: str) -> str:
    """The service that answers at a path such as ``/api/v1/leads/…``."""
    name = path.split("/")[3].partition("?")[0]
    return SHARED.get(name, name)


def _signal(pid: int, number: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False
