"""Mistakes that delivery protocols are known for, each put into the real kernel where an argument or a method lets it.

A simulation is worth as many of them as it finds: one that survives means that nobody would notice it in the kernel.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from libs.common import loops
from libs.common.answers import AlreadyAnswered
from libs.common.bus import Delivery, Outgoing
from libs.common.consumer import Consumer
from libs.common.contracts.base import BadEnvelope, decode
from libs.common.positions import Positions
from libs.common.relay import Relay
from libs.common.timers import Timers
from libs.common.tx import Origin, Store, Tx
from tests.simulation.bus import Adversary, Broker, Letter
from tests.simulation.world import Kit


@dataclass(frozen=True)
class Mutant:
    name: str
    mistake: str
    kit: Kit


class Cursor:
    """A relay that reads ``id > cursor``. Ours reads what is unmarked, so the cursor stands between it and the bus.

    That it says yes to what it skips is not held against it: only what is lost by that is.
    """

    def __init__(self, adversary: Adversary) -> None:
        self.adversary, self.kept = adversary, adversary.world.kept

    def send(self, batch: Sequence[Outgoing]) -> int:
        producer = decode(batch[0].body).producer
        newer = [row for row in batch if row.row > self.kept.get(producer, 0)]
        self.adversary.taken |= {row.id.hex for row in batch if row not in newer}
        taken = self.adversary.send(newer) if newer else 0
        if taken:
            self.kept[producer] = max(row.row for row in newer[:taken])
        return len(batch) if taken == len(newer) else batch.index(newer[taken])


class Unconfirmed:
    """A bus that says yes before it has a thing: the relay marks, then it is sent."""

    def __init__(self, adversary: Adversary) -> None:
        self.adversary = adversary
        self.buffer: list[Outgoing] = []

    def send(self, batch: Sequence[Outgoing]) -> int:
        if self.buffer:
            self.adversary.send(self.buffer)
        self.buffer = list(batch)
        return len(batch)


class NewIds:
    """A message has its id from the attempt to send it: another attempt, another id."""

    def __init__(self, adversary: Adversary) -> None:
        self.adversary, self.kept = adversary, adversary.world.kept

    def send(self, batch: Sequence[Outgoing]) -> int:
        return self.adversary.send([replace(row, body=self._renamed(row)) for row in batch])

    def _renamed(self, row: Outgoing) -> bytes:
        if self.kept.setdefault(row.id.hex, row.body) is row.body:
            return row.body
        return msgspec.json.encode({**msgspec.json.decode(row.body), "id": self.adversary.world.id()})


class AcksFirst(Broker):
    """A message is forgotten as it is handed over, whatever becomes of it."""

    def give_back(self, name: str, batch: Sequence[Letter], since: int) -> None: ...


def committed_early(handler: Callable[[Tx, Any], None]) -> Callable[[Tx, Any], None]:
    """The effect has a transaction of its own, the position moves in the next."""

    def handle(tx: Tx, fact: Any) -> None:
        handler(tx, fact)
        tx.session.flush()
        tx.execute(sa.text("COMMIT"))
        tx.execute(sa.text("BEGIN IMMEDIATE"))

    return handle


class TrustsTheOrder(Consumer):
    """Whatever comes is taken for the next in its stream."""

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        for one in deliveries:
            self._make_room(one)
            super().deliver([one])

    def _make_room(self, delivery: Delivery) -> None:
        try:
            message = decode(delivery.body, delivery.content_type)
        except BadEnvelope:
            return
        table = self.store.tables.stream_pos
        row = {"producer": message.producer, "agg": message.subject, "last_seq": message.number - 1, "state": "open"}
        with self.store.begin() as tx:
            insert = tx.insert(table).values(**row)
            last = sa.func.max(table.c.last_seq, message.number - 1)
            tx.execute(insert.on_conflict_do_update(index_elements=["producer", "agg"], set_={"last_seq": last}))


class NeverTriesAgain(Consumer):
    """What was held with a due time stays held."""

    def retry_due(self, limit: int = 100) -> int:
        return 0

    def retry_waiting(self, limit: int = 20) -> int:
        return 0


def step_over(tx: Tx, key: Any) -> None:
    """Instead of blocking a record whose fact is parked: its stream goes on behind it."""
    table = tx.tables.stream_pos
    mine = (table.c.producer == key[0]) & (table.c.agg == key[1])
    tx.execute(sa.update(table).where(mine).values(last_seq=table.c.last_seq + 1))


class ReplaysLast(Consumer):
    """A parked fact is stepped over, and applied when those behind it have been."""

    def replay(self, parked_ids: Any) -> int:
        parked = self.store.tables.parked
        with self.store.reading() as tx:
            rows = tx.execute(sa.select(parked).where(parked.c.id.in_(list(parked_ids)), parked.c.blocks)).all()
        for row in rows:
            self.discard(row.id)
            message = decode(bytes(row.body))
            with self.store.begin(Origin(action=message.type, causation=str(message.id))) as tx:
                self.subscriptions.handler(message.type)(tx, message.event())  # type: ignore[misc]
        return len(rows)


class Unfenced(Timers):
    """Who had a timer on a lease fires it, though the lease has run out and somebody else has it, or it was moved."""

    def _still_due(self, tx: Tx, row: Any) -> bool:
        tx.forget(row.kind, row.subject)
        return True


class Forgetful(Relay):
    """What is published is thrown away."""

    def step(self) -> int:
        sent = super().step()
        outbox = self.store.tables.outbox
        with self.store.begin() as tx:
            tx.execute(sa.delete(outbox).where(outbox.c.published_at.is_not(None)))
        return sent


class ChecksFirst(Store):
    """An Idempotency-Key is looked up before the act, and written with it whatever has happened meanwhile."""

    @contextmanager
    def begin(self, origin: Origin | None = None) -> Iterator[Tx]:
        key = origin.key if origin else None
        if origin is None or key is None:
            with super().begin(origin) as tx:
                yield tx
            return
        table, named = self.tables.idempotency, {"caller": key.caller, "path": key.path, "key": key.key}
        with self.reading() as look:
            seen = look.execute(sa.select(table).filter_by(**named)).first()
        if seen is not None:
            raise AlreadyAnswered((bytes(seen.body), seen.status, dict(seen.headers)))
        with super().begin(replace(origin, key=None)) as tx:
            said: list[Any] = []
            answer = tx.answer
            tx.answer = lambda *given, **more: said.append(answer(*given, **more)) or said[-1]  # type: ignore[method-assign,func-returns-value]
            yield tx
            body, status, headers = said[0]
            row = {**named, "fingerprint": key.fingerprint, "status": status, "headers": headers, "body": body}
            tx.execute(tx.insert(table).values(**row, created_at=tx.now).on_conflict_do_nothing())


SOON = (loops, "KEEP_ANSWERS", timedelta(0))

MUTANTS = (
    Mutant("id cursor", "the relay goes by the highest id it has sent", Kit(bus=Cursor)),
    Mutant("mark before confirm", "rows are marked before the bus has them", Kit(bus=Unconfirmed)),
    Mutant("ack before commit", "a delivery that failed is not given back", Kit(broker=AcksFirst)),
    Mutant("position apart", "effect and position have a transaction each", Kit(handler=committed_early)),
    Mutant("no order check", "a gap in a stream is not noticed", Kit(consumer=TrustsTheOrder)),
    Mutant("new id per attempt", "a fact that is sent again has another id", Kit(bus=NewIds)),
    Mutant("held never drained", "nobody comes back to what was held", Kit(consumer=NeverTriesAgain)),
    Mutant(
        "park without block", "a parked fact does not stop its record", Kit(patches=((Positions, "block", step_over),))
    ),
    Mutant("replay out of order", "a replayed fact comes after its successors", Kit(consumer=ReplaysLast)),
    Mutant("lease without fencing", "a lease that has run out still counts", Kit(timers=Unfenced)),
    Mutant("retention too short", "facts are pruned before a replay may need them", Kit(relay=Forgetful)),
    Mutant("answers forgotten", "a key's answer is not kept as long as clients ask again", Kit(patches=(SOON,))),
    Mutant("check then insert", "a key is looked up, not claimed", Kit(store=ChecksFirst)),
)
