"""Carries committed facts from the outbox to the bus, in order, marked only once the bus has them."""

import sqlalchemy as sa

from libs.common.bus import Outgoing, Publisher, Refused
from libs.common.tx import Store

BATCH = 500


class Relay:
    """One active per service. Two at once would repeat facts, never lose or reorder effects: consumers count."""

    def __init__(self, store: Store, bus: Publisher, batch: int = BATCH) -> None:
        self.store, self.bus, self.batch = store, bus, batch

    def step(self) -> int:
        """Sends the oldest unpublished facts and returns how many the bus took: 0 means that there is nothing to send.

        Progress is the absence of ``published_at``, never a cursor: a transaction that commits late is not skipped.
        No transaction is open while the bus is at work. Raises BusDown, and Refused where it stops short.
        """
        rows = self._unpublished()
        if not rows:
            return 0
        self.store.crash("relay_selected")
        taken = self.bus.send(rows)
        self.store.crash("relay_confirmed")
        if taken:
            self._mark([row.row for row in rows[:taken]])
            self.store.crash("relay_marked")
        if taken < len(rows):
            raise Refused(f"the bus did not take {rows[taken].type} {rows[taken].id}")
        return taken

    def _unpublished(self) -> list[Outgoing]:
        with self.store.reading() as tx:
            rows = tx.execute(self.store.statements.unpublished, {"most": self.batch})
            return [Outgoing(row.id, row.event_id, row.type, bytes(row.body)) for row in rows]

    def _mark(self, rows: list[int]) -> None:
        with self.store.begin() as tx:
            tx.execute(self.store.statements.published, {"rows": rows, "at": tx.now})


def unsent(store: Store) -> int:
    """The newest outbox row that is not sent; 0 when all are."""
    outbox = store.tables.outbox
    with store.reading() as tx:
        newest = sa.select(sa.func.max(outbox.c.id)).where(outbox.c.published_at.is_(None))
        return int(tx.session.execute(newest).scalar_one() or 0)


def refill(store: Store, since: "sa.ColumnElement[bool] | None" = None) -> int:
    """Marks published facts as not yet sent, so that the relay sends them again: `plumbline replay`. Returns how many.

    Subscribers that have them skip the repeats; one that lost its queue, or is new, gets what it missed.
    """
    outbox = store.tables.outbox
    again = sa.update(outbox).where(outbox.c.published_at.is_not(None)).values(published_at=None)
    if since is not None:
        again = again.where(since)
    with store.begin() as tx:
        count = tx.session.execute(again).rowcount  # type: ignore[attr-defined]  # a CursorResult, by its statement
    store.woken()
    return int(count)
