"""Durable timers: set by an act, fired in a transaction of their own, taken back when their cause is gone."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from libs.common import ready
from libs.common.errors import Unavailable
from libs.common.service import TimerHandler
from libs.common.store import Store
from libs.common.tx import Origin, Tx

TRIES = 10
LEASE = timedelta(seconds=30)


class Timers:
    """Fires what is due by the database's clock. A timer that fails keeps its row and says why."""

    def __init__(self, store: Store, handlers: Mapping[str, TimerHandler]) -> None:
        self.store, self.handlers = store, handlers
        self._due = ready.due(store.tables.timers, tuple(handlers))
        self._to_claim = self._due.with_for_update(skip_locked=True)

    def step(self, limit: int = 50) -> int:
        """Fires due timers and returns how many. Raises Unavailable when the database is in trouble."""
        claimed = self._claim(limit)
        self.store.crash("timers_claimed")
        for row in claimed:
            try:
                with self.store.begin(Origin(action=f"timer {row.kind}", causation=f"timer:{row.kind}")) as tx:
                    still = self._still_due(tx, row)
                    if still is not None:
                        self.handlers[row.kind](tx, row.subject, still.payload)
                    self.store.crash("timer_fired")
            except Unavailable:
                raise
            except Exception as failure:  # noqa: BLE001 - whatever it is, it is written down and tried again
                self._note(row, failure)
        return len(claimed)

    def _claim(self, limit: int) -> list[sa.Row[tuple[object, ...]]]:
        """Takes due timers on a lease. The attempt is counted first: one that kills the process ends failed."""
        if not self.handlers:
            return []
        with self.store.alone(changing=False) as look:  # mostly nothing is due, and nobody has to wait for this
            if look.execute(self._due, {"now": self.store.now(look), "most": 1}).first() is None:
                return []
        with self.store.begin() as tx:
            rows = list(tx.execute(self._to_claim, {"now": tx.now, "most": limit}))
            if rows:
                tx.execute(self.store.statements.timer_leased, [_of(row) | _lease(row, tx.now) for row in rows])
            return [row for row in rows if row.attempts < TRIES]

    def _still_due(self, tx: Tx, row: sa.Row[tuple[object, ...]]) -> "sa.Row[tuple[object, ...]] | None":
        """Removes the timer with its effect. None when its cause was taken back, or it was moved, meanwhile.

        It is returned as it stands now: one that was moved, due and claimed again counts its attempts from one, too.
        """
        mine = {**_of(row), "of_attempt": row.attempts + 1}
        return tx.execute(self.store.statements.timer_fired, mine).first()

    def _note(self, row: sa.Row[tuple[object, ...]], failure: Exception) -> None:
        with self.store.begin() as tx:
            pause = timedelta(seconds=min(300, 2**row.attempts))
            reason = f"{type(failure).__name__}: {failure}".replace("\0", "\\0")[:2000]
            last = reason if row.attempts + 1 >= TRIES else None
            given = {"of_attempt": row.attempts + 1, "until": tx.now + pause, "why": last}
            tx.execute(self.store.statements.timer_failed, {**_of(row), **given})


def _lease(row: sa.Row[tuple[object, ...]], now: datetime) -> dict[str, object]:
    failed = f"{TRIES} attempts ended without a word" if row.attempts >= TRIES else None
    return {"count": row.attempts + 1, "until": now + LEASE, "why": failed}


def _of(row: sa.Row[tuple[object, ...]]) -> dict[str, object]:
    return {"of_kind": row.kind, "of_subject": row.subject}
