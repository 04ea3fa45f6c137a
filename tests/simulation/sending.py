"""Mistakes in sending: each is put between the real relay and the bus, or the bus and the real consumer."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from libs.common.bus import Outgoing, nothing
from libs.common.contracts.base import decode
from libs.common.relay import Relay
from tests.simulation.bus import Adversary, Broker, Letter


class Cursor:
    """A relay that reads ``id > cursor``. Ours reads what is unmarked, so the cursor stands between it and the bus.

    That it says yes to what it skips is not held against it: only what is lost by that is.
    """

    def __init__(self, adversary: Adversary) -> None:
        self.adversary, self.kept = adversary, adversary.world.kept

    def send(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing) -> int:
        producer = decode(batch[0].body).producer
        newer = [row for row in batch if row.row > self.kept.get(producer, 0)]
        self.adversary.taken |= {row.id.hex for row in batch if row not in newer}
        taken = self.adversary.send(newer, meanwhile) if newer else 0
        if taken:
            self.kept[producer] = max(row.row for row in newer[:taken])
        return len(batch) if taken == len(newer) else batch.index(newer[taken])


class Unconfirmed:
    """A bus that says yes before it has a thing: the relay marks, then it is sent."""

    def __init__(self, adversary: Adversary) -> None:
        self.adversary = adversary
        self.buffer: list[Outgoing] = []

    def send(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing) -> int:
        if self.buffer:
            self.adversary.send(self.buffer, meanwhile)
        self.buffer = list(batch)
        return len(batch)


class NewIds:
    """A message has its id from the attempt to send it: another attempt, another id."""

    def __init__(self, adversary: Adversary) -> None:
        self.adversary, self.kept = adversary, adversary.world.kept

    def send(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing) -> int:
        return self.adversary.send([replace(row, body=self._renamed(row)) for row in batch], meanwhile)

    def _renamed(self, row: Outgoing) -> bytes:
        if self.kept.setdefault(row.id.hex, row.body) is row.body:
            return row.body
        return msgspec.json.encode({**msgspec.json.decode(row.body), "id": self.adversary.world.id()})


class AcksFirst(Broker):
    """A message is forgotten as it is handed over, whatever becomes of it."""

    def give_back(self, name: str, batch: Sequence[Letter], since: int) -> None: ...


class Forgetful(Relay):
    """What is published is thrown away."""

    def step(self) -> int:
        sent = super().step()
        outbox = self.store.tables.outbox
        with self.store.begin() as tx:
            tx.execute(sa.delete(outbox).where(outbox.c.published_at.is_not(None)))
        return sent
