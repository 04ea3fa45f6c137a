"""Durable timers: set by an act, fired in a transaction of their own, taken back when their cause is gone."""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from libs.common.errors import Unavailable
from libs.common.service import TimerHandler
from libs.common.tx import Origin, Store, Tx

TRIES = 10
LEASE = timedelta(seconds=30)


class Timers:
    """Fires what is due by the database's clock. A timer that fails keeps its row and says why."""

    def __init__(self, store: Store, handlers: Mapping[str, TimerHandler]) -> None:
        self.store, self.handlers = store, handlers
        timers = store.tables.timers
        due = sa.select(timers).where(timers.c.due_at <= sa.bindparam("now"), timers.c.failed.is_(None))
        self._due = due.where(timers.c.kind.in_(list(handlers))).order_by(timers.c.due_at).limit(sa.bindparam("most"))
        self._to_claim = self._due.with_for_update(skip_locked=True)

    def step(self, limit: int = 50) -> int:
        """Fires due timers and returns how many. Raises Unavailable when the database is in trouble."""
        claimed = self._claim(limit)
        self.store.crash("timers_claimed")
        for row in claimed:
            try:
                with self.store.begin(Origin(action=f"timer {row.kind}", causation=f"timer:{row.kind}")) as tx:
                    if self._still_due(tx, row):
                        self.handlers[row.kind](tx, row.subject, row.payload)
                    self.store.crash("timer_fired")
            except Unavailable:
                raise
            except Exception as failure:  # noqa: BLE001 - whatever it is, it is written down and tried again
                self._note(row, failure)
        return len(claimed)

    def _claim(self, limit: int) -> list[sa.Row[tuple[object, ...]]]:
        """Takes due timers on a lease. The attempt is counted first: one that kills the process ends failed."""
        timers = self.store.tables.timers
        if not self.handlers:
            return []
        with self.store.alone(changing=False) as look:  # mostly nothing is due, and nobody has to wait for this
            if look.execute(self._due, {"now": self.store.now(look), "most": 1}).first() is None:
                return []
        with self.store.begin() as tx:
            rows = list(tx.execute(self._to_claim, {"now": tx.now, "most": limit}))
            for row in rows:
                mine = (timers.c.kind == row.kind) & (timers.c.subject == row.subject)
                failed = f"{TRIES} attempts ended without a word" if row.attempts >= TRIES else None
                lease = {"attempts": row.attempts + 1, "due_at": tx.now + LEASE, "failed": failed}
                tx.session.execute(sa.update(timers).where(mine).values(**lease))
            return [row for row in rows if row.attempts < TRIES]

    def _still_due(self, tx: Tx, row: sa.Row[tuple[object, ...]]) -> bool:
        """Removes the timer with its effect. False when its cause was taken back, or it was moved, meanwhile."""
        timers = self.store.tables.timers
        mine = (timers.c.kind == row.kind) & (timers.c.subject == row.subject) & (timers.c.attempts == row.attempts + 1)
        return tx.session.execute(sa.delete(timers).where(mine).returning(timers.c.kind)).first() is not None

    def _note(self, row: sa.Row[tuple[object, ...]], failure: Exception) -> None:
        timers = self.store.tables.timers
        mine = (timers.c.kind == row.kind) & (timers.c.subject == row.subject) & (timers.c.attempts == row.attempts + 1)
        with self.store.begin() as tx:
            pause = timedelta(seconds=min(300, 2**row.attempts))
            reason = f"{type(failure).__name__}: {failure}".replace("\0", "\\0")[:2000]
            last = reason if row.attempts + 1 >= TRIES else None
            tx.session.execute(sa.update(timers).where(mine).values(due_at=tx.now + pause, failed=last))
