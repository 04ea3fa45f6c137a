"""A service's database: the engine, and the tables that delivery needs in each of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Column, Index, MetaData, String, Table, Text, UniqueConstraint

from libs.common.columns import BigId, Json, UtcDateTime
from libs.common.dialects import Looking, SayingBegin
from libs.common.errors import Unavailable
from libs.common.fairlock import LOCK_WAIT_S, FairLock
from libs.common.pgtimeouts import Silent, outdated
from libs.common.wire import Wire

QUICK: dict[str, Any] = {
    "json_serializer": lambda value: msgspec.json.encode(value).decode(),
    "json_deserializer": msgspec.json.decode,
}
STATEMENT_S = 30  #: what one statement may take, but for a migration's or a rebuild's: ``unhurried``
#: when a connection is given up that nobody takes, or whose other end no longer confirms what it gets
CALLED_OFF: dict[str, Any] = {
    "connect_timeout": 2,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


class DatabaseClock:
    """The database's time, asked for now and then and carried on in between by a clock that never jumps."""

    FRESH_S = 10.0

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._known: tuple[float, datetime] | None = None

    def now(self, ask: Callable[[], datetime]) -> datetime:
        """``ask`` fetches the time over a connection at hand."""
        at, known = self._monotonic(), self._known
        if known is None or at - known[0] > self.FRESH_S:
            told = ask()
            self._known = known = ((at + self._monotonic()) / 2, told)  # the answer is half a round trip old
            at = self._monotonic()
        return known[1] + timedelta(seconds=at - known[0])


@dataclass(frozen=True)
class Tables:
    """The kernel's tables in one service's metadata; what each is for: docs/architecture.md, "Delivery"."""

    outbox: Table
    stream_pos: Table
    held: Table
    parked: Table
    idempotency: Table
    timers: Table
    audit: Table
    people: Table
    teams: Table
    branches: Table
    preferences: Table
    counters: Table
    worker_status: Table
    mail: Table


@dataclass(frozen=True)
class Database:
    """An engine and how to take turns writing to it."""

    engine: sa.Engine
    reader: sa.Engine
    clock: "DatabaseClock | None" = None  #: None where there is none but the process's own
    turn: Any = field(default=nullcontext)  #: called for a context manager that is held for a whole write

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def writing(self) -> AbstractContextManager[None]:
        turn: AbstractContextManager[None] = self.turn()
        return turn

    def dispose(self) -> None:
        self.engine.dispose()
        self.reader.pool = self.engine.pool  # which is another from now on


def connect(
    url: str, *, pool_size: int = 5, durable: bool = True, schema: str | None = None, planned_once: bool = False
) -> Database:
    """The database behind a SQLAlchemy ``url``. Nothing is opened before the first use: this is safe before a fork.

    ``durable=False`` does not wait for the disk: for throw-away files, and for what may be done twice.
    ``schema``, PostgreSQL's, is where tables are looked for instead of the usual one. ``planned_once``: its plans do
    for any parameters, so that it need not look anew each time whether others would be better.
    """
    if url.startswith("sqlite"):
        engine = sa.create_engine(
            url, connect_args={"timeout": LOCK_WAIT_S}, pool_size=pool_size, max_overflow=30, **QUICK
        )
        if engine.url.database:  # else it is in memory
            sa.event.listen(engine, "do_connect", _private_sqlite)
        sa.event.listen(engine, "connect", _careful_sqlite if durable else _careless_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return Database(engine, engine.execution_options(reading=True), turn=FairLock())
    also = "" if durable else " -c synchronous_commit=off"
    also += "" if schema is None else f" -c search_path={schema}"
    also += " -c plan_cache_mode=force_generic_plan" if planned_once else ""
    options = f"-c statement_timeout={STATEMENT_S}s -c lock_timeout={LOCK_WAIT_S}s"
    options += " -c idle_in_transaction_session_timeout=60s"
    engine = sa.create_engine(
        sa.make_url(url).set(drivername=f"postgresql+{SayingBegin.NAME}"),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=3,
        pool_use_lifo=True,
        connect_args={**CALLED_OFF, "options": options + also},
        **QUICK,
    )
    # A look is one statement or several that each see what is committed: begin and rollback would be two more trips.
    looking = sa.make_url(url).set(drivername=f"postgresql+{Looking.NAME}")
    reader = sa.create_engine(looking, isolation_level="AUTOCOMMIT", pool=engine.pool, **QUICK)
    sa.event.listen(engine, "do_connect", _impatient)
    for each in (engine, reader):
        sa.event.listen(each, "handle_error", _told)
    return Database(engine, reader, DatabaseClock())


def _impatient(_dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
    return Wire.connect(*arguments, **named)


def _told(context: sa.engine.ExceptionContext) -> None:
    """No other connection is better than one whose server is silent; one that is outdated is as good as gone."""
    if isinstance(reason := context.original_exception, Silent):
        raise Unavailable("the database does not answer", headers={"Retry-After": "2"})
    context.is_disconnect |= outdated(reason)


@contextmanager
def unhurried(connection: sa.Connection) -> Iterator[None]:
    """Lets a statement of this transaction take as long as it takes, while the server answers at its door.

    For what no request waits for. Others' locks are waited for no longer than ever.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    one: Any = connection.connection.driver_connection
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    one.patient = True
    try:
        yield
    finally:
        one.patient = False


def _private_sqlite(_dialect: Any, _record: Any, arguments: Any, _named: Any) -> None:
    """Its files hold customers: they are their owner's only, whatever the umask. SQLite's later ones take after it."""
    # Who may not do this hears from SQLite why. Opened and closed here, the file would lose this process's locks.
    file = Path(arguments[0])
    with suppress(OSError):
        file.touch(mode=0o600)
    for end in ("", "-wal", "-shm"):
        with suppress(OSError):
            Path(f"{file}{end}").chmod(0o600)


def _careful_sqlite(connection: Any, _record: Any) -> None:
    _set_up_sqlite(connection, "FULL")


def _careless_sqlite(connection: Any, _record: Any) -> None:
    _set_up_sqlite(connection, "OFF")


def _set_up_sqlite(connection: Any, synchronous: str) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN itself, below
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A deferred BEGIN that later writes fails at once with SQLITE_BUSY_SNAPSHOT, whatever the busy timeout.
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def kernel_tables(metadata: MetaData) -> Tables:
    """Adds the kernel's tables to a service's metadata and names them."""

    def instant(name: str, *, null: bool = False, **more: Any) -> Column[Any]:
        return Column(name, UtcDateTime, nullable=null, **more)

    outbox = Table(
        "outbox",
        metadata,
        Column("id", BigId, primary_key=True, autoincrement=True),
        Column("event_id", sa.Uuid, nullable=False, unique=True),
        Column("agg", sa.Uuid, nullable=False),
        Column("agg_seq", sa.BigInteger, nullable=False),
        Column("type", String(120), nullable=False),
        Column("body", sa.LargeBinary, nullable=False),
        instant("created_at"),
        instant("published_at", null=True),
        UniqueConstraint("agg", "agg_seq"),
    )
    unpublished = outbox.c.published_at.is_(None)
    Index("ix_outbox_unpublished", outbox.c.id, postgresql_where=unpublished, sqlite_where=unpublished)
    stream_pos = Table(
        "stream_pos",
        metadata,
        Column("producer", String(40), primary_key=True),
        Column("agg", sa.Uuid, primary_key=True),
        Column("last_seq", sa.BigInteger, nullable=False),
        Column("last_event", sa.Uuid, nullable=True),
        Column("state", String(10), nullable=False),
    )
    held = Table(
        "held",
        metadata,
        Column("producer", String(40), primary_key=True),
        Column("agg", sa.Uuid, primary_key=True),
        Column("agg_seq", sa.BigInteger, primary_key=True, autoincrement=False),
        Column("event_id", sa.Uuid, nullable=False),
        Column("body", sa.LargeBinary, nullable=False),
        Column("attempts", sa.Integer, nullable=False),
        Column("waits", sa.Integer, nullable=False),
        instant("due_at", null=True, index=True),
        instant("held_at"),
        Column("reason", Text, nullable=False),
    )
    parked = Table(
        "parked",
        metadata,
        Column("id", BigId, primary_key=True, autoincrement=True),
        Column("producer", String(40), nullable=True),
        Column("agg", sa.Uuid, nullable=True),
        Column("agg_seq", sa.BigInteger, nullable=True),
        Column("event_id", String(80), nullable=True),
        Column("type", String(200), nullable=True),
        Column("body", sa.LargeBinary, nullable=False),
        Column("reason", String(40), nullable=False),
        Column("detail", Text, nullable=False),
        Column("blocks", sa.Boolean, nullable=False),
        instant("parked_at"),
        sqlite_autoincrement=True,  # an operator's number must not come to mean another fact
    )
    idempotency = Table(
        "idempotency",
        metadata,
        Column("caller", String(80), primary_key=True),
        Column("path", String(300), primary_key=True),
        Column("key", String(255), primary_key=True),
        Column("fingerprint", String(64), nullable=False),
        Column("status", sa.Integer, nullable=True),
        Column("headers", Json, nullable=True),
        Column("body", sa.LargeBinary, nullable=True),
        instant("created_at", index=True),
    )
    timers = Table(
        "timers",
        metadata,
        Column("kind", String(60), primary_key=True),
        Column("subject", sa.Uuid, primary_key=True),
        instant("due_at", index=True),
        Column("payload", Json, nullable=False),
        Column("attempts", sa.Integer, nullable=False),
        Column("failed", Text, nullable=True),
    )
    audit = Table(
        "audit",
        metadata,
        Column("id", BigId, primary_key=True, autoincrement=True),
        instant("at"),
        Column("actor", String(80), nullable=False),
        Column("action", String(120), nullable=False),
        Column("kind", String(60), nullable=False),
        Column("subject", String(80), nullable=False, index=True),
        Column("changes", Json, nullable=False),
        Column("request", String(80), nullable=False),
        Column("client", String(200), nullable=False),
        Column("position", sa.BigInteger, nullable=True, unique=True),
        Column("hash", String(64), nullable=True),
    )
    unlinked = audit.c.position.is_(None)
    Index("ix_audit_unlinked", audit.c.id, postgresql_where=unlinked, sqlite_where=unlinked)
    people = Table(
        "people",
        metadata,
        Column("id", sa.Uuid, primary_key=True),
        Column("name", Text, nullable=False),
        Column("email", Text, nullable=False),
        Column("roles", Json, nullable=False),
        Column("branch", sa.Uuid, nullable=True),
        Column("teams", Json, nullable=False),
        Column("details", Json, nullable=False),
        Column("active", sa.Boolean, nullable=False),
    )
    teams = Table(
        "teams",
        metadata,
        Column("id", sa.Uuid, primary_key=True),
        Column("name", Text, nullable=False),
        Column("kind", String(20), nullable=False),
        Column("branch", sa.Uuid, nullable=True),
        Column("lead_id", sa.Uuid, nullable=True),
        Column("members", Json, nullable=False),
        Column("acknowledge_minutes", sa.Integer, nullable=True),
    )
    branches = Table(
        "branches",
        metadata,
        Column("id", sa.Uuid, primary_key=True),
        Column("name", Text, nullable=False),
        Column("details", Json, nullable=False),
    )
    preferences = Table(
        "preferences",
        metadata,
        Column("branch", String(36), primary_key=True),
        Column("version", sa.Integer, nullable=False),
        Column("body", Json, nullable=False),
        instant("updated_at"),
        Column("updated_by", String(80), nullable=False),
    )
    counters = Table(
        "counters",
        metadata,
        Column("name", String(120), primary_key=True),
        Column("value", sa.BigInteger, nullable=False),
    )
    worker_status = Table(
        "worker_status",
        metadata,
        Column("part", String(60), primary_key=True),
        Column("ok", sa.Boolean, nullable=False),
        Column("detail", Text, nullable=False),
        instant("at"),
    )
    mail = Table(
        "mail",
        metadata,
        Column("id", sa.Uuid, primary_key=True),
        Column("recipient", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("body", Text, nullable=True),
        Column("attachments", Json, nullable=False),
        Column("state", String(10), nullable=False, index=True),
        Column("attempts", sa.Integer, nullable=False),
        instant("due_at"),
        instant("sent_at", null=True),
        Column("error", Text, nullable=True),
        Column("reply_to", Text, nullable=True),
    )
    return Tables(
        outbox, stream_pos, held, parked, idempotency, timers, audit, people, teams, branches, preferences, counters,
        worker_status, mail,
    )  # fmt: skip


__all__ = ["Database", "Tables", "connect", "kernel_tables", "unhurried"]
