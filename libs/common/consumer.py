"""Applies other services' facts: exactly one effect each, in their record's order, and nothing lost.

The rule is the position: per producer and record it says which fact was applied last. It moves in the effect's own
transaction, so a repeat finds it moved and a gap finds it behind. What cannot be applied now is held, what cannot be
applied at all is parked, and both stop only their own record. docs/architecture.md, "Delivery", has the tables.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from libs.common import direct, parked
from libs.common.bus import Delivery
from libs.common.contracts.base import BadEnvelope, Message, decode
from libs.common.dberrors import Locked, TryAgain, of_database
from libs.common.errors import NotFound, NotYet, Unavailable
from libs.common.parking import hold, hold_behind, key_of, park_and_block, park_fork, park_unread, taken_by
from libs.common.positions import Key, Position, Positions
from libs.common.service import Subscriptions
from libs.common.skipping import glide
from libs.common.store import Store
from libs.common.tx import Origin, Tx

TRIES = 5  #: failures (or crashes) after which a fact is parked
LEASE = timedelta(seconds=30)  #: how long an attempt may take before the held fact is due again
LONGEST_S = 60.0  #: no pause between two attempts is longer
BEYOND = timedelta(seconds=2 * LONGEST_S)  #: what seems due still later was held before a clock was set back
ATTEMPTING, AGAIN = "attempting", "attempting again"  #: again: the attempt before ended without a word


class Failed(Exception):
    """A handler did not manage; the transaction it was in is void.

    ``perhaps``: it failed as all was written, and others were applied in it as well.
    """

    def __init__(self, message: Message, cause: Exception, *, perhaps: bool = False) -> None:
        super().__init__(f"{message.type} {message.subject}: {cause}")
        self.message, self.cause, self.perhaps = message, cause, perhaps


class Why(Enum):
    """What makes us try a fact alone: it came a second time, its due time is over, or another fact was applied."""

    REDELIVERED = "redelivered"
    DUE = "due"
    EARLY = "early"


@dataclass(frozen=True)
class Attempt:
    """A fact to be applied now although it is held: this attempt has been written down before it begins."""

    key: Key
    number: int
    why: Why

    def of(self, message: Message) -> bool:
        return self.key == key_of(message) and self.number == message.number


def only_new(tx: Tx) -> bool:
    """Whether this act only made new records so far: they are written together, with one statement a table."""
    return not (tx.session.dirty or tx.session.deleted)


def funnel_by_funnel(messages: Sequence[Message]) -> Sequence[Message]:
    """In the order of the leads that they come from, which is that of an act on many records; a record's in its own.

    Whoever takes several records takes them in this order, so that a batch and such an act never embrace.
    """
    funnels: dict[Key, UUID] = {}
    for message in messages:
        funnels.setdefault(key_of(message), message.correlationid)
    return sorted(messages, key=lambda one: funnels[key_of(one)])


@contextlib.contextmanager
def blaming(message: Message) -> Iterator[None]:
    """Raises Failed in the message's name, unless the database is in trouble."""
    try:
        yield
    except Exception as cause:
        if of_database(cause):
            raise
        raise Failed(message, cause) from cause


class Consumer:
    """One service's reading of the bus. It has no thread of its own: the bus or the timers' loop calls it."""

    def __init__(self, store: Store, subscriptions: Subscriptions) -> None:
        self.store, self.subscriptions = store, subscriptions
        self.streams = frozenset(subscriptions.streams)
        self._spared: set[tuple[UUID, int]] = set()  #: facts and attempts that the database's trouble made void
        self.waiting = True  # something may wait for another fact; only a hint, the due times are the truth

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Returns once each delivery is applied, skipped, held or parked, and committed: it may be acknowledged.

        Raises Unavailable when the database is in trouble: then nothing is acknowledged, and no attempt is counted.
        """
        fresh: list[Message] = []
        for delivery in deliveries:
            try:
                message = delivery.read()
            except BadEnvelope as wrong:
                with self.store.begin() as tx:
                    park_unread(tx, delivery, wrong)
                self.store.crash("consumer_parked")
                continue
            if message.aggregate not in self.streams:
                continue  # a newer version's worker shares the queue: it must find the stream as one that it is new to
            if delivery.redelivered:
                self._attempt(message, Why.REDELIVERED)
            else:
                fresh.append(message)
        if fresh:
            fresh = self._glide(fresh)
        if fresh:
            self._apply_together(fresh)
        if self.waiting:
            self.retry_waiting()

    def retry_due(self, limit: int = 100) -> int:
        """Tries held facts whose time has come; the timers' loop calls it. Returns how many it tried."""
        return self._retry(self.store.statements.held_due, limit, Why.DUE)

    def retry_waiting(self, limit: int = 20) -> int:
        """Tries facts that wait for another one, which may just have been applied."""
        self.waiting = False
        return self._retry(self.store.statements.held_waiting, limit, Why.EARLY)

    # -- applying

    def _glide(self, messages: list[Message]) -> list[Message]:
        """Past what nobody here reacts to; returns what is left. A race with another worker leaves all of it."""
        handler = self.subscriptions.handler
        if all(handler(message.type) for message in messages):
            return messages
        self.store.crash("consumer_delivered")
        try:
            return glide(self.store, messages, lambda kind: handler(kind) is not None)
        except TryAgain:
            return messages
        except Locked as busy:
            raise Unavailable(busy.detail) from busy

    def _apply(self, messages: Sequence[Message], attempt: Attempt | None = None, *, follow: bool = True) -> None:
        """One transaction for all of them: positions locked together, one commit. Raises Failed.

        ``follow``: what is held behind them is applied with them.
        """
        self.store.crash("consumer_delivered")
        applied = 0
        try:
            with self.store.begin() as tx:
                tx.hears = messages
                positions = Positions(tx, {key_of(message) for message in messages})
                for message in messages:
                    self._take(tx, positions, message, attempt, together=len(messages) > 1, follow=follow)
                applied = positions.moved
                positions.write()
                self.store.crash("consumer_applied")
        except (Failed, Unavailable):
            raise
        except Locked as busy:
            raise Unavailable(busy.detail) from busy  # somebody's long transaction is no fault of the fact
        except Exception as trouble:
            if of_database(trouble):
                raise Unavailable(f"the database is not as it should be: {type(trouble).__name__}") from trouble
            raise Failed(messages[0], trouble, perhaps=applied > 1) from trouble
        self.store.crash("consumer_committed")

    def _apply_together(self, messages: Sequence[Message]) -> None:
        """All in one transaction; where one of them spoils it, each in one of its own."""
        messages = funnel_by_funnel(messages)
        for _ in range(TRIES):
            try:
                self._apply(messages)
                return
            except TryAgain:  # another worker met the same records at the same moment: now it is ahead
                continue
            except Failed:
                break
        for message in messages:
            self._apply_alone(message)

    def _take(
        self, tx: Tx, positions: Positions, message: Message, attempt: Attempt | None, *, together: bool, follow: bool
    ) -> None:
        position = positions[key_of(message)]
        if (other := taken_by(tx, position, message.number, message.id)) is not None:
            park_fork(tx, message, other)
            return
        if message.number <= position.last_seq:
            return
        if position.blocked or message.number > position.last_seq + 1:
            hold_behind(tx, position, message)
            return
        held = position.held.get(message.number)
        asked_for = attempt is not None and attempt.of(message)
        if held is not None and held.due_at is not None and not asked_for:
            return  # it failed before and has its own due time
        alone = not together and position.last_seq + 2 not in position.held
        self._run(tx, position, message, together=together, alone=alone)
        while (following := position.held.get(position.last_seq + 1)) is not None and following.due_at is None:
            if not follow or (held is not None and held.reason == AGAIN):  # what follows may be what ends the process
                Positions.due(tx, position.key, position.last_seq + 1, tx.now)
                return
            self._run(tx, position, decode(following.body, most=None))

    def _run(
        self, tx: Tx, position: Position, message: Message, *, together: bool = False, alone: bool = False
    ) -> None:
        """The handler in the message's name, then the position; types nobody here reacts to only move the position.

        ``together``: others follow in this transaction, and what fails is tried alone anyway. ``alone``: none follows,
        so what it leaves to write goes with the act's end.
        """
        handler = self.subscriptions.handler(message.type)
        if handler is not None:
            tx.origin = Origin(
                actor=message.actor or "system",
                action=message.type,
                causation=str(message.id),
                traceparent=message.traceparent,
                message=message,
            )
            with blaming(message):
                handler(tx, message.event())
                if not (only_new(tx) if together else alone):
                    tx.write()
        position.move(message)

    def _apply_alone(self, message: Message, attempt: Attempt | None = None) -> None:
        """Applies one fact and what waited behind it; a failure is written down for the fact that failed."""
        victim: TryAgain | None = None
        follow = True
        for _ in range(2 * TRIES):  # each round succeeds, or gives a fact behind this one a due time, or lost a race
            try:
                self._apply([message], attempt, follow=follow)
                return
            except Failed as failure:
                if failure.perhaps and follow:
                    follow = False  # it may be what followed whose rows cannot be written
                    continue
                own = failure.message.id == message.id
                self._note(failure, attempt if own else None)
                if own:
                    return
            except TryAgain as lost:
                victim = lost
        if victim is not None:
            raise victim
        raise Unavailable(f"too much fails behind {message.type} {message.subject}; it is tried again")

    # -- failing

    def _note(self, failure: Failed, attempt: Attempt | None) -> None:
        """Holds the failed fact with a due time, or parks it and blocks its record when it has had its tries."""
        message, cause = failure.message, failure.cause
        with self.store.begin() as tx:
            position = Positions.one(tx, key_of(message))
            if message.number <= position.last_seq:
                return  # another worker got further meanwhile
            if position.blocked:
                hold_behind(tx, position, message)
                return
            held = position.held.get(message.number)
            attempts, waits = (held.attempts, held.waits) if held else (0, 0)
            reason = f"{type(cause).__name__}: {cause}"
            pause: timedelta | None  # None: it is parked
            counted = attempt is not None
            if isinstance(cause, NotYet):
                self.waiting = True
                attempts -= counted
                waits += attempt is None or attempt.why is not Why.EARLY  # others' facts do not lengthen its pause
                pause = timedelta(seconds=min(30.0, 0.1 * 2 ** min(waits, 9)))
            else:
                attempts += not counted
                pause = timedelta(seconds=min(LONGEST_S, 0.5 * 4**attempts))
                code = cause.code if isinstance(cause, BadEnvelope) else None
                its_turn = message.number == position.last_seq + 1  # else it failed behind one that went back with it
                if its_turn and (attempts >= TRIES or code):
                    park_and_block(tx, message, code or "handler_error", reason)
                    pause = None
            if pause is not None:
                hold(tx, message, reason, attempts=attempts, waits=waits, due_at=tx.now + pause)
        if pause is None:
            self.store.crash("consumer_parked")

    def _attempt(self, message: Message, why: Why) -> None:
        """A fact to be tried alone: the attempt is committed first, so that a crash counts as one."""
        count = self._mark(message, why)
        if count:
            try:
                self._apply_alone(message, Attempt(key_of(message), message.number, why))
            except Unavailable:
                self._spared.add((message.id, count))  # the fact is not to blame; next time this attempt is taken back
                raise

    def _mark(self, message: Message, why: Why) -> int:
        """Writes an attempt down; returns which it is. 0 when there is nothing to attempt, or it is not its time."""
        with self.store.begin() as tx:
            position = Positions.one(tx, key_of(message))
            if (other := taken_by(tx, position, message.number, message.id)) is not None:
                park_fork(tx, message, other)
                return 0
            if message.number <= position.last_seq:
                Positions.release(tx, key_of(message), message.number)
                return 0
            if position.blocked or message.number > position.last_seq + 1:
                hold_behind(tx, position, message)
                return 0
            held = position.held.get(message.number)
            begun = held is not None and held.reason in (ATTEMPTING, AGAIN)  # somebody is at it, or died and left it
            if held is not None and held.due_at is not None and tx.now < held.due_at <= tx.now + BEYOND:
                earlier = why is Why.REDELIVERED if begun else why is Why.EARLY and held.waits
                if not earlier:
                    return 0
            attempts, waits = (held.attempts, held.waits) if held is not None else (0, 0)
            while begun and (message.id, attempts) in self._spared:
                attempts -= 1
            if attempts >= TRIES:
                park_and_block(tx, message, "crash_loop", f"{TRIES} attempts ended without a word")
                return 0
            reason = AGAIN if begun else ATTEMPTING
            count = attempts + 1
            hold(tx, message, reason, attempts=count, waits=waits, due_at=tx.now + LEASE)
            self._spared.add((message.id, count))  # until it is known to be written down
        self._spared.difference_update((message.id, one) for one in range(count, TRIES + 1))
        self.store.crash("consumer_marked")
        return count

    def _retry(self, which: Any, limit: int, why: Why) -> int:
        with self.store.alone(changing=False) as look:
            now = self.store.now(look)
            bodies = direct.execute(look, which, {"now": now, "beyond": now + BEYOND, "most": limit}).scalars().all()
        for body in bodies:
            self._attempt(decode(bytes(body), most=None), why)
        return len(bodies)

    # -- what operators do

    def replay(self, parked_ids: Iterable[int]) -> int:
        """Gives parked facts back to their records, oldest first, with all their tries. Returns how many."""
        count = 0
        for ident in sorted(parked_ids):
            with contextlib.suppress(NotFound), self.store.begin() as tx:
                parked.replay(tx, ident)
                count += 1
        self.retry_due()
        return count

    def discard(self, parked_id: int) -> bool:
        """Gives a parked fact up: the position moves past it and what waited behind it follows."""
        try:
            with self.store.begin() as tx:
                parked.discard(tx, parked_id)
        except NotFound:
            return False
        self.retry_due()
        return True
