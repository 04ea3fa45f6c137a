"""Mistakes in applying and in answering: the real consumer, timers or store with one method gone wrong."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from libs.common.bus import Delivery
from libs.common.consumer import Consumer
from libs.common.contracts.base import BadEnvelope, decode
from libs.common.idempotency import AlreadyAnswered
from libs.common.store import Store
from libs.common.timers import Claimed, Timers
from libs.common.tx import Origin, Tx


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

    def _remove(self, tx: Tx, timer: Claimed) -> None:
        tx.forget(timer.kind, timer.subject)


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
