"""A service's database in memory, on which a world may have its way: it fails at begin, at commit, or just after it."""

import functools
import sqlite3
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from libs.common.orm import Database
from tests.simulation.tables import BASES, TABLES

#: every fact ever committed, whatever becomes of its outbox row: the auditor's, not the kernel's
LEDGER = """
CREATE TABLE ledger (agg, agg_seq, event_id, body);
CREATE TRIGGER kept AFTER INSERT ON outbox
BEGIN INSERT INTO ledger VALUES (NEW.agg, NEW.agg_seq, NEW.event_id, NEW.body); END;
"""
Trouble = Callable[[str], None]


def no_trouble(_at: str) -> None: ...


class Disk:
    """One a service and process: engines are kept over all seeds, as their compiled statements are.

    ``trouble`` is asked ``begin`` before a transaction, ``commit`` before and ``committed`` after it is durable, and
    may raise. ``row`` gives the next outbox row its number, as a sequence of PostgreSQL's would: before the commit.
    """

    def __init__(self, name: str) -> None:
        self.trouble: Trouble = no_trouble
        self.row: Callable[[str], int] = lambda _agg: 0
        self.connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, cached_statements=1000
        )
        engine = sa.create_engine("sqlite://", creator=lambda: self.connection, poolclass=StaticPool)
        engine.dialect.do_begin = self._begin  # type: ignore[method-assign]
        engine.dialect.do_commit = self._commit  # type: ignore[method-assign]
        number = TABLES[name].outbox.c.id
        number.default = sa.ColumnDefault(lambda context: self.row(str(context.get_current_parameters()["agg"])))
        BASES[name].metadata.create_all(engine)
        self.connection.executescript(LEDGER)
        tables = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        self.emptying = [f"DELETE FROM {name}" for (name,) in tables]
        self.database = Database(engine, engine)

    def _begin(self, connection: Any) -> None:
        self.trouble("begin")
        connection.execute("BEGIN IMMEDIATE")

    def _commit(self, connection: Any) -> None:
        self.trouble("commit")
        connection.commit()
        self.trouble("committed")

    @property
    def busy(self) -> bool:
        """Whether a transaction is open."""
        return self.connection.in_transaction

    def wipe(self) -> None:
        """Its tables are emptied: another database would have every statement prepared anew."""
        self.connection.rollback()
        self.connection.execute("BEGIN")
        for one in self.emptying:
            self.connection.execute(one)
        self.connection.commit()

    def rows(self, query: str, *given: Any) -> list[Any]:
        """Past the kernel, for those who check its work."""
        return self.connection.execute(query, given).fetchall()


@functools.cache
def disks() -> dict[str, Disk]:
    return {name: Disk(name) for name in BASES}
