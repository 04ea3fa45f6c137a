"""Durable timers: set by an act, fired in a transaction of their own, taken back when their cause is gone."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import direct, prepared
from libs.common.dberrors import Locked, lacks
from libs.common.errors import Unavailable
from libs.common.service import TimerHandler
from libs.common.store import Store
from libs.common.tx import Origin, Tx

TRIES = 10
LEASE = timedelta(seconds=30)


@dataclass(frozen=True)
class Claimed:
    """A timer that is tried, as it stands with this lease; whoever moves it, or claims it next, makes it another."""

    kind: str
    subject: UUID
    attempt: int
    until: datetime
    payload: dict[str, Any]

    @property
    def key(self) -> dict[str, object]:
        return _key(self.kind, self.subject, self.attempt, self.until)


class Overtaken(Exception):
    """A timer was moved, taken back or claimed by another worker, while this one was at it."""


class Timers:
    """Fires what is due by the database's clock. A timer that fails keeps its row and says why."""

    def __init__(self, store: Store, handlers: Mapping[str, TimerHandler]) -> None:
        self.store, self.handlers = store, handlers
        self._due = prepared.due(store.tables.timers, tuple(handlers))

    def step(self, limit: int = 50) -> int:
        """Fires due timers, one after the other, and returns how many.

        Raises Unavailable when the database is in trouble: at once where no timer can be claimed, else at the end, as
        it may have been that one timer's statement.
        """
        count, trouble = 0, None
        for row in self._look(limit):
            timer = self._claim(row)
            if timer is None:
                continue
            count += 1
            self.store.crash("timers_claimed")
            try:
                self._fire(timer)
            except Unavailable as one:
                trouble = one
        if trouble is not None:
            raise trouble
        return count

    def _look(self, limit: int) -> list[sa.Row[Any]]:
        if not self.handlers:
            return []
        with self.store.alone(changing=False) as look:  # mostly nothing is due, and nobody has to wait for this
            return list(direct.execute(look, self._due, {"now": self.store.now(look), "most": limit}))

    def _claim(self, row: sa.Row[Any]) -> Claimed | None:
        """Takes a due timer on a lease, unless somebody else did, and counts the attempt before it is made.

        So one that kills the process ends failed; and no other is counted with it.
        """
        try:
            with self.store.alone() as one:
                now = self.store.now(one)
                lease = {"count": row.attempts + 1, "until": now + LEASE, "why": None}
                if row.attempts >= TRIES:
                    lease["why"] = f"{TRIES} attempts ended without a word"
                as_seen = _key(row.kind, row.subject, row.attempts, row.due_at)
                found = one.execute(self.store.statements.timer_leased, as_seen | lease).first()
        except Locked:  # an act holds it for long: it is about to move it, or to take it back
            return None
        if found is None or row.attempts >= TRIES:
            return None
        return Claimed(row.kind, row.subject, row.attempts + 1, now + LEASE, found.payload)

    def _fire(self, timer: Claimed) -> None:
        try:
            with self.store.begin(Origin(action=f"timer {timer.kind}", causation=f"timer:{timer.kind}")) as tx:
                self.handlers[timer.kind](tx, timer.subject, timer.payload)
                self._remove(tx, timer)
                self.store.crash("timer_fired")
        except Overtaken:
            return
        except Exception as failure:
            if lacks(failure):
                self._give_back(timer)
                raise Unavailable(f"{timer.kind}: {str(failure).partition(chr(10))[0]}") from failure
            if isinstance(failure, Unavailable):
                raise
            self._note(timer, failure)  # whatever it is: it is tried again

    def _remove(self, tx: Tx, timer: Claimed) -> None:
        """Removes the timer with its effect. Raises Overtaken, and so takes the effect back, where it is another now.

        Last: acts, too, come to their timers after their records, and two that met in the middle would embrace.
        """
        row = tx.execute(self.store.statements.timer_fired, timer.key).first()
        if row is None or row.payload != timer.payload:  # moved and claimed anew within the same instant
            raise Overtaken

    def _give_back(self, timer: Claimed) -> None:
        """What the database lacks costs no attempt: it is tried when the lease is over, as often as it takes."""
        with suppress(Locked), self.store.alone() as one:  # an act that holds it is about to move it
            back = {"count": timer.attempt - 1, "until": timer.until, "why": None}
            one.execute(self.store.statements.timer_leased, timer.key | back)

    def _note(self, timer: Claimed, failure: Exception) -> None:
        with self.store.begin() as tx:
            pause = timedelta(seconds=min(300, 2 ** (timer.attempt - 1)))
            reason = f"{type(failure).__name__}: {failure}".replace("\0", "\\0")[:2000]
            last = reason if timer.attempt >= TRIES else None
            tx.execute(self.store.statements.timer_failed, {**timer.key, "until": tx.now + pause, "why": last})


def _key(kind: str, subject: UUID, attempts: int, due_at: datetime) -> dict[str, object]:
    return {"of_kind": kind, "of_subject": subject, "of_attempt": attempts, "of_due": due_at}
