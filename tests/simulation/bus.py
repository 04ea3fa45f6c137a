"""A bus with a will of its own: it refuses, returns, goes away, repeats, reorders, delays, loses acknowledgements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from libs.common.bus import BusDown, Delivery, Outgoing, Publisher, nothing
from libs.common.errors import Unavailable
from tests.simulation.tables import STREAMS

if TYPE_CHECKING:
    from tests.simulation.world import World


class Takes(Protocol):
    """A consumer, or the intake of wishes."""

    def deliver(self, deliveries: Sequence[Delivery]) -> None: ...


@dataclass
class Adversary:
    """What a relay talks to: the real in-process bus or the broker below, through a world's bad moods.

    ``taken`` is every fact that the bus behind has said yes to.
    """

    world: "World"
    inner: Publisher
    taken: set[str]
    before: list[Outgoing] = field(default_factory=list)

    def send(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing) -> int:
        world, rows = self.world, list(batch)
        if world.chance("away"):
            raise BusDown("the bus is away")
        if world.chance("refused"):  # it takes the first ones only; a mandatory message that is returned is one, too
            rows = rows[: world.rng.randrange(len(rows))]
        sent = self._troubled(rows)
        if sent and self.inner.send(sent) < len(sent):
            raise AssertionError("neither bus behind takes half of what it is given")
        self.taken |= {row.id.hex for row in rows}
        self.before = rows[-3:] or self.before
        if not world.embedded:
            meanwhile()
        if world.chance("unconfirmed"):
            raise BusDown("it has them, and nobody will know")
        return len(rows)

    def _troubled(self, rows: list[Outgoing]) -> list[Outgoing]:
        world, sent = self.world, list(rows)
        if len(sent) > 1 and world.chance("shuffled"):
            world.rng.shuffle(sent)
        if sent and world.chance("duplicated"):
            sent += world.rng.choices(rows + self.before, k=2)
        return sent


@dataclass(frozen=True)
class Letter:
    """A message on a queue."""

    body: bytes
    redelivered: bool = False


@dataclass
class Broker:
    """A queue a service, and one for wishes. What is not acknowledged comes again, marked as redelivered."""

    world: "World"
    queues: dict[str, list[Letter]] = field(default_factory=lambda: {name: [] for name in (*STREAMS, "wishes")})
    wiped: int = 0

    def send(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing) -> int:
        for row in batch:
            stream = row.type.split(".")[1]
            for name, streams in STREAMS.items():
                if stream in streams:
                    self.queues[name].append(Letter(row.body))
        return len(batch)

    def put(self, queue: str, body: bytes) -> None:
        self.queues[queue].append(Letter(body))

    def deliver(self, name: str, reader: Takes) -> None:
        """Hands some messages over, mostly the oldest, and forgets them when the reader has returned."""
        world, queue, since = self.world, self.queues[name], self.wiped
        if not queue:
            return
        start = world.rng.randrange(len(queue)) if len(queue) > 1 and world.chance("overtaken") else 0
        batch = queue[start : start + (100 if world.quiet else world.rng.choice((1, 2, 4, 20)))]
        del queue[start : start + len(batch)]
        world.seen["redelivered"] += sum(one.redelivered for one in batch)
        try:
            reader.deliver([Delivery(one.body, redelivered=one.redelivered) for one in batch])
        except BaseException as failure:
            self.give_back(name, batch, since)
            if not isinstance(failure, Unavailable):
                raise
        else:
            if world.chance("ack_lost"):
                self.give_back(name, batch, since)

    def give_back(self, name: str, batch: Sequence[Letter], since: int) -> None:
        if since == self.wiped or name == "wishes":
            self.queues[name][:0] = [replace(one, redelivered=True) for one in batch]

    def wipe(self) -> None:
        """The broker's data is gone. Wishes are their senders' to send again."""
        self.wiped += 1
        for name in STREAMS:
            self.queues[name].clear()
