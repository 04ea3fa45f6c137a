"""Carries committed facts from the outbox to the bus, in order, marked only once the bus has them."""

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import sqlalchemy as sa

from libs.common import direct, outbox
from libs.common.bus import Outgoing, Publisher, Refused, nothing
from libs.common.errors import DomainError
from libs.common.store import Store

BATCH = 1000  #: what is sent and what is read meanwhile: twice so many are in memory
READ = """
SELECT id, event_id, type, body FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT %(most)s
"""
#: A statement does not see what it changes itself; a list is compared one by one where a question is hashed. Nobody
#: waits for the disk: a database that loses a mark as it dies has a fact sent twice, as a relay has that dies.
MARK_AND_READ = """
WITH sent AS (
    UPDATE outbox SET published_at = clock_timestamp()
    WHERE id = ANY(%(taken)s) AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'
)
SELECT id, event_id, type, body FROM outbox
WHERE published_at IS NULL AND id NOT IN (SELECT unnest(%(seen)s::bigint[])) ORDER BY id LIMIT %(most)s
"""


class Alone(Protocol):
    """``Store.alone``."""

    def __call__(self, *, changing: bool) -> AbstractContextManager[sa.Connection]: ...


class Kept:
    """The same with one connection until ``close``, or until something is wrong with it.

    To take one and give it back at each step was a sixth of what a step takes. Not for SQLite, where who writes has a
    turn to give back.
    """

    def __init__(self, store: Store) -> None:
        self.store, self._open = store, contextlib.ExitStack()
        self._connection: sa.Connection | None = None

    @contextlib.contextmanager
    def __call__(self, *, changing: bool) -> Iterator[sa.Connection]:
        if self._connection is None:
            self._connection = self._open.enter_context(self.store.alone(changing=changing))
        try:
            yield self._connection
        except BaseException as wrong:
            self._connection = None
            self._open.__exit__(type(wrong), wrong, wrong.__traceback__)  # which says it as ``Store.alone`` does
            raise

    def close(self) -> None:
        self._connection = None
        self._open.close()


class Relay:
    """One active per service. Two at once would repeat facts, never lose or reorder effects: consumers count."""

    def __init__(self, store: Store, bus: Publisher, batch: int = BATCH, alone: Alone | None = None) -> None:
        """``alone``: where its connection is from, if not anew for each step."""
        self.store, self.bus, self.batch, self._alone = store, bus, batch, alone or store.alone
        self._taken: list[int] = []  #: rows that the bus has, and that are not marked yet
        self._sending: list[Outgoing] = []
        self._ahead: list[Outgoing] = []  #: read while the bus was at work on those before

    def step(self) -> int:
        """Sends the oldest unpublished facts and returns how many the bus took: 0 means that there is nothing to send.

        They are marked as the next ones are read, in one go; where many wait, while those are on their way. Progress
        is the absence of ``published_at``, never a cursor: a transaction that commits late is not skipped. The bus is
        waited for in no transaction. Raises BusDown, and Refused where it stops short.
        """
        rows, self._ahead = self._ahead or self._next(), []
        if not rows:
            return 0
        self.store.crash("relay_selected")
        self._sending = rows
        try:
            taken = self.bus.send(rows, self._read_ahead if len(rows) == self.batch else nothing)
        except BaseException:
            self._ahead = []  # those before them come first
            raise
        finally:
            self._sending = []
        self._taken += [row.row for row in rows[:taken]]
        self.store.crash("relay_confirmed")
        if taken < len(rows):
            self._ahead = []
            raise Refused(f"the bus did not take {rows[taken].type} {rows[taken].id}")
        return taken

    def finish(self) -> None:
        """Marks what was sent last: without it, a relay that is started anew would send that again."""
        self._ahead = []
        if self._taken:
            self._next()

    def _read_ahead(self) -> None:
        """The bus is at work: time to mark what it took before, and to read what follows."""
        with contextlib.suppress(DomainError):  # the next step meets it again, and says so
            self._ahead = self._next()

    def _next(self) -> list[Outgoing]:
        """Marks what was sent, and reads what is to be sent: one transaction."""
        with self._alone(changing=bool(self._taken)) as connection:
            rows: Sequence[Any]
            if self.store.database.sqlite:
                rows = self._in_turn(connection)
            elif self._taken or self._sending:
                seen = [*self._taken, *(row.row for row in self._sending)]
                given = {"taken": self._taken, "seen": seen, "most": self.batch}
                rows = direct.run(connection, MARK_AND_READ, given)
            else:
                rows = direct.run(connection, READ, {"most": self.batch})
            found = [Outgoing(row, event_id, kind, bytes(body)) for row, event_id, kind, body in rows]
        if self._taken:
            self._taken = []
            self.store.crash("relay_marked")
        return found

    def _in_turn(self, connection: sa.Connection) -> list[Any]:
        if self._taken:
            given = {"rows": self._taken, "at": self.store.clock()}
            connection.execute(self.store.statements.published, given)
        under_way = {row.row for row in self._sending}
        given = {"most": self.batch + len(under_way)}
        return [row for row in connection.execute(self.store.statements.unpublished, given) if row.id not in under_way]


def begun(store: Store, batch: int = BATCH) -> int:
    """The newest outbox row that a relay which died may have begun to send, ``batch`` at a time; 0 for none."""
    with store.alone(changing=False) as look:
        rows = look.execute(store.statements.unpublished, {"most": batch}).all()
    return int(rows[-1].id) if rows else 0


def refill(store: Store, since: "sa.ColumnElement[bool] | None" = None) -> int:
    """Marks published facts as not yet sent, so that the relay sends them again: `plumbline replay`. Returns how many.

    Subscribers that have them skip the repeats; one that lost its queue, or is new, gets what it missed.
    """
    table, count, through = store.tables.outbox, 0, 0
    with store.reading() as tx:
        until = tx.execute(sa.select(sa.func.max(table.c.id))).scalar_one() or 0
    sent = table.c.published_at.is_not(None), table.c.id > sa.bindparam("through"), table.c.id <= until
    chosen = sa.select(table.c.id).where(*sent)
    if since is not None:
        chosen = chosen.where(since)
    while True:  # piece by piece: no statement may take as long as all of them would
        with store.begin() as tx:
            ids = list(tx.execute(chosen.order_by(table.c.id).limit(outbox.PIECE), {"through": through}).scalars())
            if not ids:
                break
            outbox.mark_again(tx, ids)
        count, through = count + len(ids), ids[-1]
    store.woken()
    return count
