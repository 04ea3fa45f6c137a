"""What may go wrong in a world, and how often: each seed draws its own faults, so that no two worlds are alike."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from sqlite3 import OperationalError
from uuid import UUID

from tests.simulation.disk import disks

#: fault → how likely it is each time it could happen, in a world that has it at all
LIKELY = {
    "away": 0.08,  # the bus cannot be reached
    "refused": 0.12,  # the bus takes the first few only, or returns the rest
    "unconfirmed": 0.08,  # the bus has them, but its word is lost
    "shuffled": 0.2,
    "duplicated": 0.2,
    "overtaken": 0.25,  # a queue gives a later message first
    "ack_lost": 0.12,
    "begin_failed": 0.02,
    "commit_failed": 0.03,
    "commit_unknown": 0.04,  # it is durable, and nobody will know
    "crash": 0.02,  # at a crash point, or in the middle of a handler
    "pause": 0.1,  # others go on while this one stands still at a crash point
    "stumble": 0.06,  # a handler fails once
    "poison": 0.1,  # a handler always fails, until somebody has mended it
    "killer": 0.03,  # a fact always ends the process, until somebody has mended it
    "hole": 0.25,  # a transaction has its row's number early, and commits late
    "junk": 0.4,  # bytes that are no fact
}
AT = {"begin": "begin_failed", "commit": "commit_failed", "committed": "commit_unknown"}
MOST = {"crash": 3, "crash_at": 4, "pause": 8, "begin_failed": 3, "commit_failed": 3, "commit_unknown": 3, "killer": 1}
Key = tuple[str, str, str]  #: service, stream, note


class Killed(BaseException):
    """The end of a process: nothing that catches errors may catch this."""


class Chaos:
    """Chance, time, ids, and what a world does with them. ``seen`` counts what happened."""

    def __init__(self, seed: int, crash_at: str = "") -> None:
        self.crash_at = crash_at  #: a point at which processes die more often than not
        self.rng = rng = random.Random(seed)
        self.now = self.latest = datetime(2026, 11, 2, 12, tzinfo=UTC)
        self.likely = {one: p * rng.choice((0, 0, 1, 1, 2)) for one, p in LIKELY.items()}
        self.left = dict(MOST)
        if crash_at:  # and nothing else that counts as an attempt: five deaths are enough to blame a fact
            self.likely |= {"crash_at": 0.4, "crash": 0, "stumble": 0}
        self.seen: Counter[str] = Counter()
        self.crashed: Counter[str] = Counter()  #: by crash point
        self.quiet = 0
        self.depth = 0
        self.stack: list[str] = []  #: whose code is running
        self.dead: set[str] = set()
        self.poison: dict[Key, str] = {}
        self.stumbled: set[Key] = set()
        self.discarded: set[Key] = set()
        self.rows: Counter[str] = Counter()
        self.holes: dict[str, list[int]] = {}
        self.last_row: dict[tuple[str, str], int] = {}

    @contextmanager
    def calm(self) -> Iterator[None]:
        """Nothing goes wrong by chance while this is open; poison stays poison."""
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1

    def chance(self, fault: str) -> bool:
        if self.quiet or self.rng.random() >= self.likely[fault] or self.left.get(fault) == 0:
            return False
        if fault in self.left:
            self.left[fault] -= 1
        self.seen[fault] += 1
        return True

    # -- what the kernel is given

    def id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128))

    def pass_time(self, seconds: float) -> None:
        """Backwards too: nobody promises that a clock does not jump."""
        self.now += timedelta(seconds=seconds)
        self.latest = max(self.latest, self.now)

    def row(self, service: str, agg: str) -> int:
        """An outbox row's number. A record's rows follow each other, as its lock sees to; others may commit late."""
        holes, last = self.holes.setdefault(service, []), self.last_row.get((service, agg), 0)
        fitting = [one for one in holes if one > last]
        if fitting and self.rng.random() < 0.7:
            number = fitting[0]
            holes.remove(number)
            self.seen["late_row"] += 1
        else:
            if self.chance("hole"):
                self.rows[service] += 1
                holes.append(self.rows[service])
            self.rows[service] += 1
            number = self.rows[service]
        self.last_row[service, agg] = number
        return number

    def trouble(self, at: str) -> None:
        """What a disk says to ``begin`` and ``commit``."""
        if self.dead:
            raise Killed
        if self.chance(AT[at]):
            raise OperationalError(AT[at])

    def point(self, service: str, name: str) -> None:
        """A crash point: the process may die here, or stand still while others go on."""
        if self.dead:
            raise Killed
        if self.quiet:
            return
        if self.chance("crash_at" if name == self.crash_at else "crash"):
            self.crashed[name] += 1
            raise self.kill()
        if self.depth < 2 and not any(disk.busy for disk in disks().values()) and self.chance("pause"):
            self.depth += 1
            try:
                if self.rng.random() < 0.4:
                    self.pass_time(40)  # longer than a lease
                for _ in range(self.rng.randint(1, 4)):
                    self.step()
            finally:
                self.depth -= 1

    def step(self) -> None:
        raise NotImplementedError

    def kill(self) -> Killed:
        """Whoever is at work dies: what they had open is void, what they had in memory is gone."""
        self.dead = set(self.stack)
        return Killed()

    def mood(self, service: str, stream: str, note: str) -> None:
        """Called by a handler behind its effect."""
        key = (service, stream, note)
        if key in self.poison:
            if self.poison[key] == "killer" and not self.depth:  # who stands still must not die of others' facts
                raise self.kill()
            raise ValueError("it does not fit")
        if key not in self.stumbled and self.chance("stumble"):
            self.stumbled.add(key)
            raise ValueError("not this time")

    def given_up(self, service: str, stream: str, note: str) -> bool:
        return (service, stream, note) in self.discarded
