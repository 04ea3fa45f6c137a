"""The outbox over time: how much may wait in it, what of it is sent again, and when what was sent is let go of."""

import functools
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from libs.common.store import Store
from libs.common.tx import Tx

LOOK_S = 1.0  #: how often a process asks whether too much waits
PIECE = 5000  #: facts that one act marks to be sent again
BUSY = 20_000  #: so many of them may wait at once: new facts wait behind them
PRUNED, REPLAYED = "outbox pruned", "outbox replayed"  #: counters: rows let go of; the last row that was sent again
OVERLAP = timedelta(minutes=2)  #: rows of acts that ran side by side are not in the order of their times


# -- how much may wait


class Gauge:
    """Whether too much waits. One request a second looks, the others take what it found: it costs a write nothing."""

    def __init__(self, store: Store, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.store, self._monotonic = store, monotonic
        self._guard, self._looked, self._said = threading.Lock(), -LOOK_S, ""

    def said(self) -> str:
        """What is too much, or nothing."""
        now = self._monotonic()
        if now - self._looked >= LOOK_S and self._guard.acquire(blocking=False):
            try:
                self._looked = now
                with self.store.reading() as tx:
                    self._said = too_much(tx)
            finally:
                self._guard.release()
        return self._said


def too_much(tx: Tx) -> str:
    """What of this service's own facts waits beyond its limits, in words; nothing where all is well.

    Facts that an operator has sent again do not count: they are told already.
    """
    limits, outbox = tx.store.deployment.outbox, tx.tables.outbox
    waiting, behind = _waiting(outbox), {"sent_again": mark(tx)}
    first = tx.execute(_first_waiting(outbox), behind).first()
    if first is None:
        return ""
    if tx.now - first.created_at > timedelta(hours=limits.most_hours):
        return f"facts wait to be sent since {first.created_at:%Y-%m-%d %H:%M} UTC, more than {limits.most_hours} h"
    newest = tx.execute(waiting.with_only_columns(sa.func.max(outbox.c.id)), behind).scalar() or first.id
    if newest - first.id < limits.most_rows:
        return ""  # they are at most as many as their numbers: counting a long backlog takes a third of a second
    if tx.execute(waiting.order_by(outbox.c.id).offset(limits.most_rows).limit(1), behind).first() is not None:
        return f"more than {limits.most_rows} facts wait to be sent"
    return ""


# -- sending again


@dataclass(frozen=True)
class Piece:
    """What one act marked: ``count`` facts, up to row ``through`` of ``until``; ``kept_since`` is set where the
    beginning that was asked for is no longer kept.
    """

    count: int
    through: int
    until: int
    kept_since: datetime | None = None

    @property
    def left(self) -> int:
        """Rows that may still have to be sent."""
        return self.until - self.through


def send_again(
    tx: Tx,
    since: datetime,
    after: int = 0,
    until: int | None = None,
    most: int = PIECE,
    *,
    streams: Collection[str] = (),
) -> Piece:
    """Marks sent facts as not yet sent, oldest first, from a time on; the relay then sends them in order.

    ``streams``: those of these records only.

    It goes piece by piece, each beginning ``after`` the one before, so that what happens meanwhile is not sent twice.
    While many are on their way, a piece has none: ask for it again.
    """
    outbox = tx.tables.outbox
    until = until if until is not None else tx.execute(sa.select(sa.func.max(outbox.c.id))).scalar_one() or 0
    begin = max(after, first_at(tx, since - OVERLAP) - 1)
    if _marked(tx) >= BUSY:
        return Piece(0, after, until, _kept_since(tx, since))
    chosen = sa.select(outbox.c.id).where(
        outbox.c.id > begin, outbox.c.id <= until, outbox.c.created_at >= since, outbox.c.published_at.is_not(None)
    )
    if streams:
        chosen = chosen.where(of_streams(tx, streams))
    ids = list(tx.execute(chosen.order_by(outbox.c.id).limit(most)).scalars())
    mark_again(tx, ids)
    through = ids[-1] if len(ids) == most else until
    return Piece(len(ids), through, until, _kept_since(tx, since))


def of_streams(tx: Tx, streams: Collection[str]) -> "sa.ColumnElement[bool]":
    """The condition that a fact is of one of these streams."""
    return sa.or_(*(tx.tables.outbox.c.type.startswith(f"plumbline.{stream}.", autoescape=True) for stream in streams))


def mark_again(tx: Tx, ids: Sequence[int]) -> None:
    """Marks these sent facts, in their order, as not yet sent; they are no backlog, being told already."""
    outbox = tx.tables.outbox
    for start in range(0, len(ids), 500):
        some = outbox.c.id.in_(ids[start : start + 500])
        tx.execute(sa.update(outbox).where(some).values(published_at=None))
    if ids:
        _keep(tx, REPLAYED, max(mark(tx), ids[-1]))


def _marked(tx: Tx) -> int:
    """How many wait to be sent again."""
    outbox = tx.tables.outbox
    again = sa.select(sa.func.count()).where(outbox.c.published_at.is_(None), outbox.c.id <= mark(tx))
    return int(tx.execute(again).scalar_one())


def first_at(tx: Tx, since: datetime) -> int:
    """The first row of about that time, found by halving: there is no index on times. One past the last if none is."""
    outbox = tx.tables.outbox
    ends = tx.execute(sa.select(sa.func.min(outbox.c.id).label("low"), sa.func.max(outbox.c.id).label("high"))).one()
    if ends.low is None:
        return 1
    low, high = int(ends.low), int(ends.high) + 1
    while low < high:
        middle = (low + high) // 2
        row = sa.select(outbox.c.id, outbox.c.created_at).where(outbox.c.id >= middle).order_by(outbox.c.id).limit(1)
        found = tx.execute(row).first()
        if found is None or found.created_at >= since:
            high = middle
        else:
            low = found.id + 1
    return low


def mark(tx: Tx) -> int:
    """The last row that an operator had sent again; 0 when none was."""
    return _kept(tx, REPLAYED)


def is_whole(tx: Tx) -> bool:
    """Whether nothing was let go of."""
    return not _kept(tx, PRUNED)


def first(tx: Tx) -> datetime | None:
    """When the oldest fact that is kept was told."""
    outbox = tx.tables.outbox
    oldest: datetime | None = tx.execute(sa.select(outbox.c.created_at).order_by(outbox.c.id).limit(1)).scalar()
    return oldest


def _kept_since(tx: Tx, since: datetime) -> datetime | None:
    if is_whole(tx):
        return None
    oldest = first(tx)
    return oldest if oldest is not None and oldest > since else None


# -- letting go


def prune(store: Store, batch: int = 500) -> int:
    """Removes sent facts that are older than the setting says; returns how many. The newest row always stays.

    Only the oldest rows are looked at: what waits there to be sent again holds the others back, too.
    """
    days = store.deployment.outbox.keep_days
    outbox = store.tables.outbox
    if not days:
        return 0
    newest = sa.select(sa.func.max(outbox.c.id)).scalar_subquery()  # SQLite would give its number out once more
    oldest = sa.select(outbox).where(outbox.c.id < newest).order_by(outbox.c.id).limit(batch).subquery()
    with store.reading() as tx:
        past = tx.now - timedelta(days=days)
        old = sa.select(oldest.c.id).where(oldest.c.published_at < past, oldest.c.created_at < past)
        ids = list(tx.execute(old).scalars())
    if ids:
        with store.begin() as tx:
            still = outbox.c.id.in_(ids), outbox.c.published_at.is_not(None)
            gone = tx.execute(sa.delete(outbox).where(*still)).rowcount
            _keep(tx, PRUNED, _kept(tx, PRUNED) + gone)
    return len(ids)


def _kept(tx: Tx, name: str) -> int:
    return int(tx.execute(_value(tx.tables.counters), {"of_name": name}).scalar() or 0)


def _keep(tx: Tx, name: str, value: int) -> None:
    tx.keep(tx.tables.counters, {"name": name, "value": value}, "name")


# Made once: who takes commands looks every moment at what waits.


@functools.cache
def _value(counters: sa.Table) -> sa.Select[Any]:
    return sa.select(counters.c.value).where(counters.c.name == sa.bindparam("of_name"))


@functools.cache
def _waiting(outbox: sa.Table) -> sa.Select[Any]:
    """What is not told yet, behind the row ``sent_again``."""
    told = outbox.c.published_at.is_(None), outbox.c.id > sa.bindparam("sent_again")
    return sa.select(outbox.c.id, outbox.c.created_at).where(*told)


@functools.cache
def _first_waiting(outbox: sa.Table) -> sa.Select[Any]:
    return _waiting(outbox).order_by(outbox.c.id).limit(1)
