"""One business act, one transaction: record, fact, audit row and the answer to a retried request commit together."""

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from uuid_utils.compat import uuid7

from libs.common import answers, audit, statements
from libs.common.answers import Answer, RequestKey
from libs.common.columns import Aggregate
from libs.common.contracts.base import Event, Message
from libs.common.errors import NotFound, PreconditionRequired, Stale, Unavailable
from libs.common.orm import Database, Tables
from libs.common.statements import Statements
from libs.common.surroundings import HERE, Surroundings
from libs.common.trouble import TryAgain, translated

Record = TypeVar("Record", bound=Aggregate)
Entity = TypeVar("Entity")
Known = TypeVar("Known")
FRESH = timedelta(seconds=1)

SLEEPING, WOKEN = 0x706C0001, "outbox"  #: the lock a sleeping relay holds, and how it is woken: wake.py
NOTIFY_A_SLEEPER = sa.text(f"SELECT pg_notify('{WOKEN}', '') WHERE NOT pg_try_advisory_xact_lock_shared({SLEEPING})")


class Dumps(Protocol):
    """What a marshmallow schema does for an answer."""

    def dump(self, obj: Any, /) -> Any: ...


@dataclass(frozen=True)
class Origin:
    """Who asks, through what, and because of what. ``actor`` is a person's id, ``customer`` or ``system``."""

    actor: str = "system"
    action: str = ""
    causation: str = ""
    client: str = ""
    traceparent: str = ""
    key: RequestKey | None = None


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
    surroundings: Surroundings = HERE
    known: dict[Any, tuple[datetime, Any]] = field(default_factory=dict)

    @property
    def statements(self) -> Statements:
        return statements.of(self.tables, self.database.sqlite)

    @contextmanager
    def begin(self, origin: Origin | None = None) -> Iterator["Tx"]:
        """A unit of work: commits when the block ends, rolls all of it back when it raises.

        Raises AlreadyAnswered for a repeated request, Stale for a lost race, Unavailable for a database in trouble.
        """
        origin = origin or Origin()
        with self.database.writing(), Session(self.database.engine, expire_on_commit=False) as session:
            self.crash("before_begin")
            tx, committing = Tx(self, session, origin), False
            try:
                if origin.key is not None:
                    answers.claim(tx, origin.key)
                yield tx
                tx.finish()
                self.crash("before_commit")
                committing = True
                session.commit()
            except StaleDataError as lost:
                session.rollback()
                raise Stale("someone else changed this record at the same moment; read it again") from lost
            except exc.DBAPIError as trouble:
                session.rollback()
                if trouble.connection_invalidated and not committing:  # a stale connection: certainly nothing was done
                    raise TryAgain("the database was restarted", headers={"Retry-After": "1"}) from trouble
                raise translated(trouble) from trouble
            except exc.TimeoutError as trouble:
                raise Unavailable("every database connection is busy", headers={"Retry-After": "1"}) from trouble
        self.crash("after_commit")
        if tx.published:
            self.woken()

    @contextmanager
    def reading(self, origin: Origin | None = None) -> Iterator["Tx"]:
        """A consistent look that changes nothing and waits for no writer."""
        try:
            with Session(self.database.reader, autoflush=False, expire_on_commit=False) as session:
                yield Tx(self, session, origin or Origin())
        except exc.DBAPIError as trouble:
            raise translated(trouble) from trouble
        except exc.TimeoutError as trouble:
            raise Unavailable("every database connection is busy", headers={"Retry-After": "1"}) from trouble


@functools.cache
def _defaults_of(kind: type) -> tuple[tuple[str, Any, bool], ...]:
    mapper: Any = sa.inspect(kind)
    columns = [(attribute.key, attribute.columns[0].default) for attribute in mapper.column_attrs]
    return tuple(
        (name, default.arg, default.is_callable)
        for name, default in columns
        if default is not None and name != "version"  # the version is counted by the mapper
    )


def _defaults(kind: type) -> dict[str, Any]:
    """What a new record has before anybody says otherwise; SQLAlchemy itself fills it in only as it writes."""
    return {name: value(None) if made else value for name, value, made in _defaults_of(kind)}


class Tx:
    """What a use case may do inside its transaction. It never commits: the edge that opened it does."""

    def __init__(self, store: Store, session: Session, origin: Origin) -> None:
        self.store, self.session, self.origin = store, session, origin
        self.tables = store.tables
        self.published: list[dict[str, Any]] = []
        self._now: datetime | None = None
        self._locked: dict[tuple[type, UUID], Any] = {}  #: held on to: the session would forget what nobody uses
        audit.watch(self)

    @property
    def actor(self) -> str:
        return self.origin.actor

    @property
    def now(self) -> datetime:
        """One instant for the whole act, by the database's clock where it has one."""
        if self._now is None:
            told_by = self.store.database.clock
            self._now = self.store.clock() if told_by is None else told_by.now(self._asked)
        return self._now

    def _asked(self) -> datetime:
        instant: datetime = self.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return instant

    def execute(self, statement: Any, given: Any = None) -> sa.CursorResult[Any]:
        """Runs a statement of the kernel's past the session, which need not write out a half-made record first."""
        return self.session.connection().execute(statement, given)

    # -- records

    def get(self, kind: type[Record], ident: UUID) -> Record:
        """The record, its row locked for this act. Raises NotFound."""
        known: Record | None = self._locked.get((kind, ident))
        record = known or self.session.get(kind, ident, with_for_update=True)
        if record is None:
            raise NotFound(f"there is no {kind.__name__.lower()} {ident}")
        self.has_locked(record)
        return record

    def has_locked(self, record: Aggregate) -> None:
        """Says that a query locked this record's row, so that ``get`` need not again."""
        self._locked[type(record), record.id] = record

    def find(self, statement: sa.Select[Entity]) -> Entity | None:
        """The one record of a query, or None."""
        return self.session.scalars(statement).one_or_none()

    def all(self, statement: sa.Select[Entity]) -> Sequence[Entity]:
        return self.session.scalars(statement).all()

    def new(self, kind: type[Record], /, ident: UUID | None = None, **fields: Any) -> Record:
        """A new record with its id and stamps, part of this act."""
        stamps = {"created_at": self.now, "created_by": self.actor, "updated_at": self.now, "updated_by": self.actor}
        record = kind(**{**_defaults(kind), "id": ident or self.store.ids(), **stamps, **fields})
        self.session.add(record)
        self.has_locked(record)
        return record

    def known(self, key: Any, find: Callable[[], Known]) -> Known:
        """What changes seldom and is read in every act (settings, branches): looked up anew after a second.

        What changes it here calls ``forget_known``; another process sees the change within that second.
        """
        kept, now = self.store.known.get(key), self.now
        if kept is None or abs(now - kept[0]) > FRESH:
            self.store.known[key] = kept = (now, find())
        found: Known = kept[1]
        return found

    def known_of(
        self, what: str, idents: Iterable[UUID], find: Callable[[Collection[UUID]], Mapping[UUID, Known]]
    ) -> dict[UUID, Known]:
        """The same of several, found together; who is not found is looked for again the next time."""
        wanted, now = set(idents), self.now
        fresh = {ident: self.store.known.get((what, ident)) for ident in wanted}
        found: dict[UUID, Known] = {
            ident: kept[1] for ident, kept in fresh.items() if kept is not None and abs(now - kept[0]) <= FRESH
        }
        if old := wanted - found.keys():
            new = find(old)
            self.store.known |= {(what, ident): (now, value) for ident, value in new.items()}
            found |= new
        return found

    def forget_known(self) -> None:
        self.store.known.clear()

    def touch(self, record: Aggregate) -> None:
        """Says that the record changed, though no column of its own did: its version moves on."""
        record.updated_at, record.updated_by = self.now, self.actor

    def expect(self, record: Aggregate, version: str | None) -> None:
        """Refuses an edit of another version than the caller has seen. ``version`` is the If-Match header."""
        if version is None:
            raise PreconditionRequired("send If-Match with the ETag of the record as you read it")
        if version.strip() not in ("*", f'"{record.version}"'):
            raise Stale(f"the record is at version {record.version}; read it again and repeat your change")

    def number(self, name: str) -> int:
        """The next human number of a kind: unique, gaps allowed."""
        if not self.store.database.sqlite:
            return int(self.execute(sa.select(sa.func.nextval(f"number_{name}"))).scalar_one())
        return self.count(name)

    def count(self, name: str) -> int:
        """1, 2, … for a name, inside this act; two acts that count the same name take turns."""
        counters = self.tables.counters
        insert = self.insert(counters).values(name=name, value=1)
        insert = insert.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
        return int(self.execute(insert.returning(counters.c.value)).scalar_one())

    def insert(self, table: sa.Table) -> "postgresql.Insert | sqlite.Insert":
        """An INSERT that knows ON CONFLICT in this database's dialect."""
        return sqlite.insert(table) if self.store.database.sqlite else postgresql.insert(table)

    # -- facts

    def publish(self, event: Event, *, of: Aggregate) -> None:
        """Puts a fact into the outbox, numbered in its record, to commit with it."""
        of.agg_seq += 1
        self.touch(of)
        ident = self.store.ids()
        message = Message(
            id=ident,
            source=f"/plumbline/{self.store.producer}",
            type=event.name,
            subject=event.subject,
            sequence=str(of.agg_seq),
            time=self.now,
            dataschema=self.store.surroundings.link(f"/api/v1/{self.store.producer}/schemas/{event.name}.json"),
            correlationid=of.funnel,
            causationid=self.origin.causation or str(ident),
            traceparent=self.origin.traceparent,
            actor=self.actor,
            branch=str(of.branch or ""),
            data=event.data(),
        )
        self.published.append(
            {
                "event_id": ident,
                "agg": event.subject,
                "agg_seq": of.agg_seq,
                "type": event.name,
                "body": message.encode(),
                "created_at": self.now,
            }
        )

    def finish(self) -> None:
        """Writes what the act left to write; called by the store just before it commits."""
        self.session.flush()
        self.store.crash("after_write")
        if self.published:
            self.execute(self.store.statements.outbox, self.published)
            if not self.store.database.sqlite:
                self.execute(NOTIFY_A_SLEEPER)
        audit.write(self)

    # -- durable timers

    def remind(self, kind: str, subject: UUID, due_at: datetime, **payload: Any) -> None:
        """Sets or moves the one timer of this kind for a record."""
        timers = self.tables.timers
        values = {"due_at": due_at, "payload": payload, "attempts": 0, "failed": None}
        insert = self.insert(timers).values(kind=kind, subject=subject, **values)
        self.execute(insert.on_conflict_do_update(index_elements=["kind", "subject"], set_=values))

    def forget(self, kind: str, subject: UUID) -> None:
        """Takes a timer back, its cause being gone."""
        timers = self.tables.timers
        self.execute(sa.delete(timers).where(timers.c.kind == kind, timers.c.subject == subject))

    # -- one answer for a repeated request

    def answer(self, schema: Dumps, obj: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer to the caller, kept with its effect for a retry with the same key."""
        self.session.flush()
        body = msgspec.json.encode(schema.dump(obj))
        given = {"Content-Type": "application/json", **(headers or {})}
        if isinstance(obj, Aggregate):
            given.setdefault("ETag", f'"{obj.version}"')
        return answers.keep(self, body, status, given)

    def answer_bytes(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """The same for what no schema shows: a file, or nothing (204)."""
        self.session.flush()
        return answers.keep(self, body, status, dict(headers or {}))
