"""One business act, one transaction: record, fact, audit row and the answer to a retried request commit together."""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from libs.common import audit, direct, flushing, idempotency, prepared, rowlocks, standalone
from libs.common.columns import Aggregate
from libs.common.contracts.base import Event, Message
from libs.common.deferred import Deferred
from libs.common.errors import NotFound, PreconditionRequired, Stale
from libs.common.idempotency import Answer, RequestKey

if TYPE_CHECKING:
    from libs.common.store import Store

Record = TypeVar("Record", bound=Aggregate)
Entity = TypeVar("Entity")
Known = TypeVar("Known")
FRESH = timedelta(seconds=1)


class Dumps(Protocol):
    """What a marshmallow schema does for an answer."""

    def dump(self, obj: Any, /) -> Any: ...


@dataclass(frozen=True)
class Origin:
    """Who asks, through what, and because of what. ``actor`` is a person's id, ``customer`` or ``system``.

    ``message`` is the fact that is being applied.
    """

    actor: str = "system"
    action: str = ""
    causation: str = ""
    client: str = ""
    traceparent: str = ""
    key: RequestKey | None = None
    message: Message | None = field(default=None, compare=False)


@functools.cache
def _by_id(kind: Any) -> sa.Select[Any]:
    found = rowlocks.selecting(kind).where(kind.id == sa.bindparam("ident"))
    return rowlocks.for_update(found, kind) if kind.turn is None else rowlocks.refreshed(found)


class Tx:
    """What a use case may do inside its transaction. It never commits: the edge that opened it does."""

    def __init__(self, store: "Store", session: Session, origin: Origin) -> None:
        self.store, self.session, self.origin = store, session, origin
        self.tables = store.tables
        self.published: list[dict[str, Any]] = []
        self.kept: Answer | None = None
        self.closing: dict[str, list[dict[str, Any]]] = {}  #: what else is written at the end, by table
        self._timers: dict[tuple[str, UUID], dict[str, Any] | None] = {}  #: set, or taken back
        self._now: datetime | None = None
        self._connection: sa.Connection | None = None
        self._locked: dict[tuple[type, UUID], Any] = {}  #: held on to: the session would forget what nobody uses
        self.hears: Sequence[Message] = ()  #: the facts that this act applies, but for what was held behind them
        self.noted: dict[Any, Any] = {}  #: what a use case keeps in mind until this act ends, under a key of its own
        self.deferred = Deferred()  #: nothing in this act may count on having read what this writes
        audit.watch(self)

    @property
    def actor(self) -> str:
        return self.origin.actor

    @property
    def now(self) -> datetime:
        """One instant for the whole act, by the database's clock where it has one."""
        if self._now is None:
            self._now = self.store.clock() if self.store.database.clock is None else self.store.now(self.connection)
        return self._now

    def execute(self, statement: Any, given: Any = None) -> sa.CursorResult[Any]:
        """Runs a statement of the kernel's past the session, which need not write out a half-made record first."""
        result: sa.CursorResult[Any] = direct.execute(self.connection, statement, given)
        return result

    @property
    def connection(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self.session.connection()
        return self._connection

    # -- records

    def get(self, kind: type[Record], ident: UUID) -> Record:
        """The record, for this act alone: whoever else would change it waits. Raises NotFound."""
        which: Any = kind  # functools wants to be told that a class can be hashed
        known: Record | None = self._locked.get((kind, ident))
        if known is None and kind.turn is not None:
            rowlocks.acquire(self, rowlocks.lock_by_id(which), {"ident": ident})
        record: Record | None = known or self.session.scalars(_by_id(which), {"ident": ident}).one_or_none()
        if record is None:
            raise NotFound(f"there is no {kind.__name__.lower()} {ident}")
        if known is not None and sa.inspect(known).pending:
            self.session.flush()  # what is changed from here on is a change of its own
        self.has_taken(record)
        return record

    def has_taken(self, record: Aggregate) -> None:
        """Says that it is this act's turn with the record."""
        self.has_locked(record)
        if record.turn in vars(record):
            self.has_locked(getattr(record, record.turn))

    def has_locked(self, record: Aggregate) -> None:
        """Says that a query locked this record's row, so that ``get`` need not again."""
        self._locked[type(record), record.id] = record

    def holds(self, record: Aggregate) -> bool:
        """Whether this act holds the record's row, so that nobody else can have changed it."""
        return (type(record), record.id) in self._locked

    def looking_past(self, kind: type[Record], ident: UUID) -> AbstractContextManager[Any]:
        """Within, what this act has yet to write is not written first, unless it holds this very record.

        For who looks for what hangs on the record: what an act changes of that, it changes holding the record. So what
        a batch of facts makes of others goes on gathering, and is written together.
        """
        return nullcontext() if (kind, ident) in self._locked else self.session.no_autoflush

    def find(self, statement: sa.Select[Entity]) -> Entity | None:
        """The one record of a query, or None."""
        return self.session.scalars(statement).one_or_none()

    def all(self, statement: sa.Select[Entity]) -> Sequence[Entity]:
        return self.session.scalars(statement).all()

    def new(self, kind: type[Record], /, ident: UUID | None = None, **fields: Any) -> Record:
        """A new record with its id and stamps, part of this act."""
        stamps = {"created_at": self.now, "created_by": self.actor, "updated_at": self.now, "updated_by": self.actor}
        record = kind(**{**standalone.usual(kind), "id": ident or self.store.ids(), **stamps, **fields})
        self.session.add(record)
        audit.made(self, record)
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
        new_enough = {ident: self.store.known.get((what, ident)) for ident in wanted}
        found: dict[UUID, Known] = {
            ident: kept[1] for ident, kept in new_enough.items() if kept is not None and abs(now - kept[0]) <= FRESH
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
        tags = idempotency.tags(version)
        if tags != ["*"] and record.version not in map(idempotency.version_of, tags):
            raise Stale(f"the record is at version {record.version}; read it again and repeat your change")

    def number(self, kind: str) -> int:
        """The next human number of a kind: unique, gaps allowed."""
        return self.numbers(kind)[0]

    def numbers(self, *kinds: str) -> list[int]:
        """The next human number of each of these kinds, asked for together."""
        if self.store.database.sqlite:
            return self._count(kinds)
        return [int(one) for one in self.execute(prepared.sequences(kinds)).one()]

    def count(self, name: str) -> int:
        """1, 2, … for a name, inside this act; two acts that count the same name take turns."""
        return self._count([name])[0]

    def _count(self, names: Sequence[str]) -> list[int]:
        counting = prepared.counting(self.tables.counters, self.store.database.sqlite)
        values = {
            row.name: int(row.value) for row in self.execute(counting, [{"name": one, "value": 1} for one in names])
        }
        return [values[name] for name in names]

    def insert(self, table: sa.Table) -> "postgresql.Insert | sqlite.Insert":
        """An INSERT that knows ON CONFLICT in this database's dialect."""
        return sqlite.insert(table) if self.store.database.sqlite else postgresql.insert(table)

    def keep(self, table: sa.Table, row: Mapping[str, Any], *key: str) -> None:
        """Puts the row over the one that has the same key: what is named is so, the rest stays as it was."""
        direct.change(self.connection, prepared.keeping(table, key, tuple(row), self.store.database.sqlite), [row])

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
            dataschema=self.store.deployment.link(f"/api/v1/{self.store.producer}/schemas/{event.name}.json"),
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

    def put(self, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """New rows of a table of this service's, written with what the kernel writes at the end: no trip of their own.

        They name every column that may not be null. Who must read them within this act calls ``written`` before.
        """
        self.closing.setdefault(table.name, []).extend(dict(row) for row in rows)

    def written(self, table: sa.Table) -> None:
        """Writes now what was put into this table."""
        if rows := self.closing.pop(table.name, None):
            self.session.flush()
            flushing.write(self, {table.name: rows})

    def write(self) -> None:
        """Writes records, and what was left for later, without ending the act."""
        self.session.flush()
        for what, rows in self.deferred.taken():
            if isinstance(what, sa.Table):
                flushing.add(self, what, rows)
            else:
                direct.change(self.connection, what, rows)

    def finish(self) -> None:
        """Writes what the act left to write; called by the store just before it commits."""
        alone = standalone.taken(self.session)
        for table, rows in alone.new.items():
            self.closing[table] = rows + self.closing.get(table, [])
        self.write()
        self.store.crash("after_write")
        kept = {"idempotency": [idempotency.row(self)]} if self.origin.key is not None else {}
        parts = {"outbox": self.published, "audit": audit.rows(self), **kept, **self.closing, **self._timing()}
        flushing.write(self, parts, alone.changed, last=True)

    # -- durable timers

    def remind(self, kind: str, subject: UUID, due_at: datetime, **payload: Any) -> None:
        """Sets or moves the one timer of this kind for a record."""
        self._timers[kind, subject] = {"due_at": due_at, "payload": payload}

    def forget(self, kind: str, subject: UUID) -> None:
        """Takes a timer back, its cause being gone."""
        self._timers[kind, subject] = None

    def _timing(self) -> dict[str, list[dict[str, Any]]]:
        """What this act left to say of timers, in one order, so that two acts with the same ones never embrace."""
        timers: dict[str, list[dict[str, Any]]] = {"timers": [], "untimed": []}
        for (kind, subject), given in sorted(self._timers.items(), key=lambda item: item[0]):
            if given is None:
                timers["untimed"].append({"of_kind": kind, "of_subject": subject})
            else:
                timers["timers"].append({"kind": kind, "subject": subject, **given})
        return timers

    # -- one answer for a repeated request

    def answer(self, schema: Dumps, obj: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer to the caller, kept with its effect for a retry with the same key."""
        if not standalone.alone(self.session):  # versions are counted as they are written
            self.session.flush()
        shown = schema.dump(obj)
        body = msgspec.json.encode(shown)
        given = {"Content-Type": "application/json", **(headers or {})}
        if isinstance(obj, Aggregate):
            given.setdefault("ETag", idempotency.tag(obj.version, shown))
        return idempotency.keep(self, body, status, given)
