"""What goes wrong meanwhile: processes die every other moment, the broker and the database less often, in turns."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.chaos.disorder import Disorder
from bench.chaos.wire import Redeliveries
from tests.system.distributed_world import Distributed, exists

SERVERS = ("postgres", "rabbitmq", "epmd")
TICK_S = 0.1


@dataclass
class Habit:
    """Something done every so many seconds; ``due`` by the monotonic clock."""

    act: Callable[[], None]
    every: float
    due: float


class Monkey(threading.Thread):
    """``did`` counts what it has done, ``restarts`` how often something runs again under its name."""

    def __init__(
        self, system: Distributed, disorder: Disorder, redeliveries: Redeliveries, *, kill: float, broker: float,
        database: float, seed: int,
    ) -> None:  # fmt: skip
        super().__init__(name="monkey", daemon=True)
        self.system, self.disorder, self.redeliveries = system, disorder, redeliveries
        self.victims = sorted(name for name in system.said["pids"] if name not in SERVERS)
        self.did, self.died, self.restarts = Counter[str](), Counter[str](), 0
        self.stop, self.failure = threading.Event(), ""
        self._random, self._pids = random.Random(seed), {name: system.pid(name) for name in system.said["pids"]}
        now = time.monotonic()
        self._habits = [
            Habit(self._look, 0.3, now),
            Habit(redeliveries.look, 1.0, now),
            Habit(disorder.let_go, 0.7, now),
            Habit(self._kill, kill, now + kill),
            Habit(self._repeat, 3 * kill, now + 1.5 * kill),
            Habit(self._break_the_broker, broker, now + min(broker, 3 * kill)),
            Habit(self._break_the_database, database, now + min(database, 6 * kill)),
        ]

    @property
    def done_each(self) -> bool:
        return all(self.did[what] for what in ("kills", "broker", "database", "repeats"))

    def run(self) -> None:
        try:
            while not self.stop.wait(TICK_S):
                for habit in self._habits:
                    if time.monotonic() >= habit.due:
                        habit.act()
                        habit.due = time.monotonic() + habit.every
        except Exception as bug:  # noqa: BLE001 - told in the report, which fails of it
            self.failure = f"{type(bug).__name__}: {bug}"

    def _look(self) -> None:
        for name, before in self._pids.items():
            now = self._pid(name)
            if now is not None and now != before:
                self._pids[name], self.restarts = now, self.restarts + 1

    def _pid(self, name: str) -> int | None:
        """None while it is being started again."""
        try:
            pid = self.system.pid(name)
        except (OSError, ValueError, IndexError):
            return None
        return pid if exists(pid) else None

    def _signal(self, pid: int | None, number: int) -> bool:
        with contextlib.suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, number)
                return True
        return False

    def _kill(self) -> None:
        """A random process; of a web server, its first process or one of those that answer."""
        name = self._random.choice(self.victims)
        pid = self._pid(name)
        if pid is not None and self._random.random() < 0.5:
            answering = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            pid = int(self._random.choice(answering)) if answering else pid
        if self._signal(pid, signal.SIGKILL):
            self.did["kills"] += 1
            self.died[name] += 1

    def _repeat(self) -> None:
        """What was said lately is said again, and who reads it dies over it: between commit and acknowledgement."""
        self.disorder.repeat_somebodys()
        self.did["repeats"] += 1
        self.stop.wait(0.3)
        readers = [name for name in self.victims if name.endswith("-worker")]
        name = self._random.choice(readers)
        if self._signal(self._pid(name), signal.SIGKILL):
            self.did["kills"] += 1
            self.died[name] += 1

    def _break_the_broker(self) -> None:
        """Orderly and by force in turns."""
        self.did["broker"] += self._signal(
            self._pid("rabbitmq"), (signal.SIGKILL, signal.SIGTERM)[self.did["broker"] % 2]
        )

    def _break_the_database(self) -> None:
        """At once, as in a crash: the next start recovers."""
        self.did["database"] += self._signal(self._pid("postgres"), signal.SIGQUIT)
