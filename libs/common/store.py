"""A service's transactions: where an act begins, and what a database in trouble means for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from uuid_utils.compat import uuid7

from libs.common import idempotency, statements
from libs.common.dberrors import TryAgain, translated
from libs.common.deployment import HERE, Deployment
from libs.common.errors import DomainError, Stale, Unavailable
from libs.common.orm import Database, Tables
from libs.common.statements import Statements
from libs.common.tx import Origin, Tx

TIME = sa.select(sa.func.clock_timestamp())


def no_crash(_point: str) -> None:
    """Crash points are armed only by the tests' launcher."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Store:
    """A service's transactions. Clock, ids and crash points are handed in, so that a simulator can own them.

    ``woken`` is called after each commit that left facts in the outbox.
    """

    producer: str
    database: Database
    tables: Tables
    clock: Callable[[], datetime] = utc_now
    ids: Callable[[], UUID] = uuid7
    crash: Callable[[str], None] = no_crash
    woken: Callable[[], None] = field(default=lambda: None)
    deployment: Deployment = HERE
    known: dict[Any, tuple[datetime, Any]] = field(default_factory=dict)

    @property
    def statements(self) -> Statements:
        return statements.of(self.tables)

    @contextmanager
    def begin(self, origin: Origin | None = None) -> Iterator[Tx]:
        """A unit of work: commits when the block ends, rolls all of it back when it raises.

        Raises AlreadyAnswered for a repeated request, Stale for a lost race, Unavailable for a database in trouble.
        """
        origin = origin or Origin()
        with self.database.writing(), _changing(self.database.engine) as session:
            self.crash("before_begin")
            tx, committing = Tx(self, session, origin), False
            try:
                yield tx
                tx.finish()
                self.crash("before_commit")
                committing = True
                session.commit()
            except StaleDataError as lost:
                _undo(session)
                idempotency.demand_new(self, origin.key)
                raise Stale("someone else changed this record at the same moment; read it again") from lost
            except exc.DBAPIError as trouble:
                _undo(session)
                if trouble.connection_invalidated and not committing:  # a stale connection: certainly nothing was done
                    raise TryAgain("the database was restarted", headers={"Retry-After": "1"}) from trouble
                if isinstance(trouble, exc.IntegrityError):
                    idempotency.demand_new(self, origin.key)
                raise translated(trouble) from trouble
            except exc.TimeoutError as trouble:
                raise Unavailable("every database connection is busy", headers={"Retry-After": "1"}) from trouble
            except Unavailable:
                raise
            except DomainError:
                _undo(session)
                idempotency.demand_new(self, origin.key)
                raise
        self.crash("after_commit")
        if tx.published:
            self.woken()

    @contextmanager
    def reading(self, origin: Origin | None = None) -> Iterator[Tx]:
        """A consistent look that changes nothing and waits for no writer."""
        try:
            with Session(self.database.reader, autoflush=False, expire_on_commit=False) as session:
                yield Tx(self, session, origin or Origin())
        except exc.DBAPIError as trouble:
            raise self._read_again(trouble) from trouble
        except exc.TimeoutError as trouble:
            raise Unavailable("every database connection is busy", headers={"Retry-After": "1"}) from trouble

    @contextmanager
    def alone(self, *, changing: bool = True) -> Iterator[sa.Connection]:
        """A connection for a statement of the kernel's that is a transaction by itself, past session and audit."""
        here = self.database
        turns = changing and here.sqlite
        try:
            taking = here.writing() if turns else nullcontext()
            with taking, here.engine.begin() if turns else here.reader.connect() as connection:
                yield connection
        except exc.DBAPIError as trouble:
            raise self._read_again(trouble) from trouble
        except exc.TimeoutError as trouble:
            raise Unavailable("every database connection is busy", headers={"Retry-After": "1"}) from trouble

    def now(self, connection: sa.Connection) -> datetime:
        """The time by the database's clock where it has one; asked for over this connection, now and then."""
        told_by = self.database.clock
        return self.clock() if told_by is None else told_by.now(lambda: connection.execute(TIME).scalar_one())

    @staticmethod
    def _read_again(trouble: exc.DBAPIError) -> Exception:
        if trouble.connection_invalidated:  # it was stale; the pool has thrown away its like
            return TryAgain("the database was restarted", headers={"Retry-After": "1"})
        return translated(trouble)


@contextmanager
def _changing(engine: sa.Engine) -> Iterator[Session]:
    """A session; what it did and did not commit is undone at its end."""
    with Session(engine, expire_on_commit=False) as session:
        try:
            yield session
        finally:
            _undo(session)


def _undo(session: Session) -> None:
    """Rolls back. Where the connection is gone the server has done so, and what led here is told instead of that."""
    try:
        session.rollback()
    except (exc.DBAPIError, Unavailable):
        session.invalidate()
