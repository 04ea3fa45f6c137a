"""Applies other services' facts: exactly one effect each, in their record's order, and nothing lost.

The rule is the position: per producer and record it says which fact was applied last. It moves in the effect's own
transaction, so a repeat finds it moved and a gap finds it behind. What cannot be applied now is held, what cannot be
applied at all is parked, and both stop only their own record. 3-architecture, "Delivery".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.bus import Delivery
from libs.common.contracts.base import BadEnvelope, Message, decode
from libs.common.errors import NotYet, Unavailable
from libs.common.positions import Key, Position, Positions
from libs.common.service import Subscriptions
from libs.common.tx import Origin, Store, TryAgain, Tx

TRIES = 5  #: failures (or crashes) after which a fact is parked
LEASE = timedelta(seconds=30)  #: how long an attempt may take before the held fact is due again
ATTEMPTING = "attempting"


class Failed(Exception):
    """A handler did not manage; the transaction it was in is void."""

    def __init__(self, message: Message, cause: Exception) -> None:
        super().__init__(f"{message.type} {message.subject}: {cause}")
        self.message, self.cause = message, cause


@dataclass(frozen=True)
class Attempt:
    """A fact to be applied now although it is held: this attempt has been written down before it begins."""

    key: Key
    number: int


class Consumer:
    """One service's reading of the bus. It has no thread of its own: the bus or the timers' loop calls it."""

    def __init__(self, store: Store, subscriptions: Subscriptions) -> None:
        self.store, self.subscriptions = store, subscriptions
        self.waiting = True  # something may wait for another fact; only a hint, the due times are the truth

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Returns once each delivery is applied, skipped, held or parked, and committed: it may be acknowledged.

        Raises Unavailable when the database is in trouble: then nothing is acknowledged, and no attempt is counted.
        """
        fresh: list[Message] = []
        for delivery in deliveries:
            try:
                message = self._read(delivery)
            except BadEnvelope as wrong:
                self._park_unread(delivery, wrong)
                continue
            if delivery.redelivered:
                self._attempt(message)
            else:
                fresh.append(message)
        if fresh:
            try:
                self._apply(fresh)
            except (Failed, TryAgain):  # one of them spoils the batch, so each gets a transaction of its own
                for message in fresh:
                    self._apply_alone(message)
        if self.waiting:
            self.retry_waiting()

    def retry_due(self, limit: int = 100) -> int:
        """Tries held facts whose time has come; the timers' loop calls it. Returns how many it tried."""
        return self._retry(lambda held, now: held.c.due_at <= now, limit)

    def retry_waiting(self, limit: int = 20) -> int:
        """Tries facts that wait for another one, which may just have been applied."""
        self.waiting = False
        return self._retry(lambda held, now: held.c.waits > 0, limit, early=True)

    # -- reading

    @staticmethod
    def _read(delivery: Delivery) -> Message:
        message = decode(delivery.body, delivery.content_type)
        if delivery.producer is not None and delivery.producer != message.producer:
            raise BadEnvelope("producer_mismatch", f"{delivery.producer} sent a fact that names {message.producer}")
        return message

    def _park_unread(self, delivery: Delivery, wrong: BadEnvelope) -> None:
        with self.store.begin() as tx:
            row = {"body": delivery.body, "reason": wrong.code, "detail": wrong.detail, "blocks": False}
            tx.session.execute(sa.insert(self.store.tables.parked).values(**row, parked_at=tx.now))

    # -- applying

    def _apply(self, messages: Sequence[Message], attempt: Attempt | None = None) -> None:
        """One transaction for all of them: positions locked together, one commit. Raises Failed."""
        self.store.crash("consumer_delivered")
        with self.store.begin() as tx:
            positions = Positions(tx, {_key(message) for message in messages})
            for message in messages:
                self._take(tx, positions, message, attempt)
            positions.write()
            self.store.crash("consumer_applied")
        self.store.crash("consumer_committed")

    def _take(self, tx: Tx, positions: Positions, message: Message, attempt: Attempt | None) -> None:
        position = positions[_key(message)]
        if message.number <= position.last_seq:
            if message.number == position.last_seq and position.last_event not in (None, message.id):
                self._park(tx, message, "history_fork", f"{position.last_event} had this number", blocks=False)
            return
        held = position.held.get(message.number)
        asked_for = attempt == Attempt(position.key, message.number)
        if position.blocked or message.number > position.last_seq + 1:
            if held is None:
                self._hold(tx, message, "behind a parked fact" if position.blocked else "behind a gap")
            return
        if held is not None and held.due_at is not None and not asked_for:
            return  # it failed before and has its own due time
        self._run(tx, position, message)
        while (following := position.held.get(position.last_seq + 1)) is not None and following.due_at is None:
            self._run(tx, position, decode(bytes(following.body)))

    def _run(self, tx: Tx, position: Position, message: Message) -> None:
        """The handler in the message's name, then the position; types nobody here reacts to only move the position."""
        handler = self.subscriptions.handler(message.type)
        if handler is not None:
            tx.origin = Origin(
                actor=message.actor or "system",
                action=message.type,
                causation=str(message.id),
                traceparent=message.traceparent,
            )
            try:
                handler(tx, message.event())
                tx.session.flush()
            except Unavailable:
                raise
            except sa.exc.DBAPIError as trouble:
                if not isinstance(trouble, sa.exc.IntegrityError | sa.exc.DataError):
                    raise
                raise Failed(message, trouble) from trouble
            except Exception as cause:
                raise Failed(message, cause) from cause
        position.move(message)

    def _apply_alone(self, message: Message, attempt: Attempt | None = None) -> None:
        """Applies one fact and what waited behind it; a failure is written down for the fact that failed."""
        for _ in range(TRIES):  # each round either succeeds or gives another fact behind this one a due time
            try:
                self._apply([message], attempt)
                return
            except Failed as failure:
                own = failure.message.id == message.id
                self._note(failure, counted=own and attempt is not None)
                if own:
                    return
            except TryAgain:
                continue
        raise Unavailable("the database keeps choosing this fact as its victim")

    # -- failing

    def _note(self, failure: Failed, *, counted: bool) -> None:
        """Holds the failed fact with a due time, or parks it and blocks its record when it has had its tries."""
        message, cause = failure.message, failure.cause
        with self.store.begin() as tx:
            position = Positions(tx, {_key(message)})[_key(message)]
            if position.blocked or message.number != position.last_seq + 1:
                return  # another worker got further meanwhile
            held = position.held.get(message.number)
            attempts, waits = (held.attempts, held.waits) if held else (0, 0)
            reason = f"{type(cause).__name__}: {cause}"[:2000]
            if isinstance(cause, NotYet):
                self.waiting = True
                attempts, waits = attempts - counted, waits + 1
                pause = timedelta(seconds=min(30.0, 0.1 * 2 ** min(waits, 9)))
            else:
                attempts += not counted
                pause = timedelta(seconds=min(60.0, 0.5 * 4**attempts))
                code = cause.code if isinstance(cause, BadEnvelope) else None
                if attempts >= TRIES or code:
                    self._give_up(tx, message, code or "handler_error", reason)
                    return
            self._hold(tx, message, reason, attempts=attempts, waits=waits, due_at=tx.now + pause)

    def _give_up(self, tx: Tx, message: Message, reason: str, detail: str) -> None:
        self._park(tx, message, reason, detail, blocks=True)
        Positions.block(tx, _key(message))
        Positions.release(tx, _key(message), message.number)

    def _attempt(self, message: Message) -> None:
        """A fact that somebody may have begun before: the attempt is committed first, so a crash counts as one."""
        if self._mark(message, early=False):
            self._apply_alone(message, Attempt(_key(message), message.number))

    def _mark(self, message: Message, *, early: bool) -> bool:
        """Writes an attempt down. False when there is nothing to attempt, or it is not its time."""
        with self.store.begin() as tx:
            position = Positions(tx, {_key(message)})[_key(message)]
            if message.number <= position.last_seq:
                return False
            held = position.held.get(message.number)
            if position.blocked or message.number > position.last_seq + 1:
                if held is None:
                    self._hold(tx, message, "behind a parked fact" if position.blocked else "behind a gap")
                return False
            resting = held is not None and held.due_at is not None and held.due_at > tx.now
            if resting and held is not None and held.reason != ATTEMPTING and not (early and held.waits):
                return False
            attempts = (held.attempts if held else 0) + 1
            if attempts > TRIES:
                self._give_up(tx, message, "crash_loop", f"{TRIES} attempts ended without a word")
                return False
            waits = held.waits if held else 0
            self._hold(tx, message, ATTEMPTING, attempts=attempts, waits=waits, due_at=tx.now + LEASE)
        self.store.crash("consumer_marked")
        return True

    def _retry(self, which: Any, limit: int, *, early: bool = False) -> int:
        held = self.store.tables.held
        with self.store.reading() as tx:
            due = sa.select(held.c.body).where(which(held, tx.now), held.c.due_at.is_not(None))
            bodies = tx.session.scalars(due.order_by(held.c.due_at).limit(limit)).all()
        for body in bodies:
            message = decode(bytes(body))
            if self._mark(message, early=early):
                self._apply_alone(message, Attempt(_key(message), message.number))
        return len(bodies)

    # -- holding and parking

    def _hold(
        self, tx: Tx, message: Message, reason: str, *, attempts: int = 0, waits: int = 0, due_at: datetime | None = None
    ) -> None:
        row = {"attempts": attempts, "waits": waits, "due_at": due_at, "reason": reason}
        Positions.hold(tx, _key(message), message.number, message.id, message.encode(), row)

    def _park(self, tx: Tx, message: Message, reason: str, detail: str, *, blocks: bool) -> None:
        row = {
            "producer": message.producer,
            "agg": message.subject,
            "agg_seq": message.number,
            "event_id": str(message.id),
            "type": message.type,
            "body": message.encode(),
        }
        parked = self.store.tables.parked
        tx.session.execute(
            sa.insert(parked).values(**row, reason=reason, detail=detail, blocks=blocks, parked_at=tx.now)
        )

    # -- what operators do

    def replay(self, parked_ids: Iterable[int]) -> int:
        """Gives parked facts back to their records, oldest first, with all their tries. Returns how many."""
        parked, count = self.store.tables.parked, 0
        for ident in sorted(parked_ids):
            with self.store.begin() as tx:
                row = tx.session.execute(sa.delete(parked).where(parked.c.id == ident).returning(parked)).first()
                if row is None:
                    continue
                count += 1
                if not row.blocks:
                    unread = Delivery(bytes(row.body))
                else:
                    key = (row.producer, row.agg)
                    Positions(tx, {key})
                    Positions.open(tx, key)
                    again = {"attempts": 0, "waits": 0, "due_at": tx.now, "reason": "replayed by hand"}
                    Positions.hold(tx, key, row.agg_seq, UUID(row.event_id), bytes(row.body), again)
                    unread = None
            if unread is not None:
                self.deliver([unread])
        self.retry_due()
        return count

    def discard(self, parked_id: int) -> bool:
        """Gives a parked fact up: the position moves past it and what waited behind it follows."""
        parked = self.store.tables.parked
        with self.store.begin() as tx:
            row = tx.session.execute(sa.delete(parked).where(parked.c.id == parked_id).returning(parked)).first()
            if row is None:
                return False
            if row.blocks:
                key = (row.producer, row.agg)
                position = Positions(tx, {key})[key]
                Positions.open(tx, key)
                Positions.skip(tx, key, row.agg_seq, UUID(row.event_id))
                following = position.held.get(row.agg_seq + 1)
                if following is not None:
                    Positions.due(tx, key, row.agg_seq + 1, tx.now)
        self.retry_due()
        return True


def _key(message: Message) -> Key:
    return message.producer, message.subject
