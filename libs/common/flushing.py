"""What is added to every act, written last: facts, audit rows, the kept answer, how far streams were applied, timers.

PostgreSQL takes all of it as one statement with a JSON parameter a part: a round trip costs more than what it carries.
A use case may leave rows of a table of its own to it as well (``tx.put``).
"""

import functools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from libs.common import direct, prepared
from libs.common.locks import SLEEPING
from libs.common.standalone import Change

if TYPE_CHECKING:
    from libs.common.tx import Tx

WOKEN = "outbox"  #: how a sleeping relay is woken: wake.py
Rows = Sequence[Mapping[str, Any]]
NONE: Mapping[Change, Rows] = MappingProxyType({})
KEPT = 500  #: statements of what acts change: callers choose which fields they edit, so there is no end of them

#: each part's columns as PostgreSQL reads them out of JSON; bytes come as base64
PARTS: Mapping[str, Mapping[str, str]] = {
    "outbox": {
        "event_id": "uuid", "agg": "uuid", "agg_seq": "bigint", "type": "text", "body": "bytes",
        "created_at": "timestamptz",
    },
    "audit": {
        "at": "timestamptz", "actor": "text", "action": "text", "kind": "text", "subject": "text", "changes": "jsonb",
        "request": "text", "client": "text",
    },
    "idempotency": {
        "caller": "text", "path": "text", "key": "text", "fingerprint": "text", "status": "int", "headers": "jsonb",
        "body": "bytes", "created_at": "timestamptz",
    },
    "stream_pos": {"producer": "text", "agg": "uuid", "last_seq": "bigint", "last_event": "uuid", "state": "text"},
    "moved": {"of_producer": "text", "of_agg": "uuid", "to_seq": "bigint", "to_event": "uuid"},
    "timers": {"kind": "text", "subject": "uuid", "due_at": "timestamptz", "payload": "jsonb"},
    "untimed": {"of_kind": "text", "of_subject": "uuid"},
}  # fmt: skip
#: what a service's own table may hold to be written here
KINDS: Mapping[type, str] = {
    sa.Uuid: "uuid", sa.String: "text", sa.Integer: "bigint", sa.DateTime: "timestamptz", sa.JSON: "jsonb",
    sa.Boolean: "boolean", sa.Date: "date", sa.Numeric: "numeric",
}  # fmt: skip
STEPS = {
    "moved": "UPDATE stream_pos AS p SET last_seq = x.to_seq, last_event = x.to_event FROM {rows} "
    "WHERE p.producer = x.of_producer AND p.agg = x.of_agg",
    "timers": "INSERT INTO timers (kind, subject, due_at, payload, attempts) "
    "SELECT kind, subject, due_at, payload, 0 FROM {rows} ON CONFLICT (kind, subject) DO UPDATE "
    "SET due_at = excluded.due_at, payload = excluded.payload, attempts = 0, failed = NULL",
    "untimed": "DELETE FROM timers AS t USING {rows} WHERE t.kind = x.of_kind AND t.subject = x.of_subject",
}
WAKE = f"SELECT pg_notify('{WOKEN}', '') WHERE NOT pg_try_advisory_xact_lock_shared({SLEEPING})"


def write(tx: "Tx", parts: Mapping[str, Rows], changing: Mapping[Change, Rows] = NONE, *, last: bool = False) -> None:
    """Writes what there is of each part: a service's own tables first, each behind those that it refers to, then PARTS.

    ``changing``: what is set in rows of its own that are there. ``last``: the act ends with it, so that it may go with
    the commit. Wakes a sleeping relay where there are facts.
    """
    metadata = tx.tables.outbox.metadata
    own = _ordered(metadata) if parts.keys() - PARTS.keys() else ()
    there = tuple(name for name in (*own, *PARTS) if parts.get(name))
    if not (there or changing):
        return
    changes = sorted(changing)  # whichever record came first, it is one statement
    if tx.store.database.sqlite:
        for change in changes:
            tx.execute(_changing(metadata, change), changing[change])
        for name in there:
            tx.execute(_in_sqlite(tx, name), parts[name])
        return
    given = {f"change{n}": changing[one] for n, one in enumerate(changes)} | {name: parts[name] for name in there}
    texts = {name: msgspec.json.encode(rows).decode() for name, rows in given.items()}
    many = {f"{name}_many": len(rows) for name, rows in given.items()}
    say = direct.leave if last else direct.run
    say(tx.connection, _together(metadata, there, tuple(changes)), texts | many)


def add(tx: "Tx", table: sa.Table, rows: Rows) -> None:
    """Puts rows of the same columns, all of the table's, into it now; those that are there already stay as they are."""
    if tx.store.database.sqlite:
        tx.execute(_adding(table), rows)
    else:
        given = {table.name: msgspec.json.encode(rows).decode(), f"{table.name}_many": len(rows)}
        direct.run(tx.connection, _adding_together(table), given)


def added(tx: "Tx", table: sa.Table, rows: Rows) -> Sequence[Any]:
    """The same; returns the ids of those that were not there."""
    if tx.store.database.sqlite:
        return tx.execute(_adding(table).returning(table.c.id), rows).scalars().all()
    given = {table.name: msgspec.json.encode(rows).decode(), f"{table.name}_many": len(rows)}
    return [ident for (ident,) in direct.run(tx.connection, f"{_adding_together(table)} RETURNING id", given)]


@functools.cache
def _adding(table: sa.Table) -> sqlite.Insert:
    return sqlite.insert(table).on_conflict_do_nothing()


@functools.cache
def _adding_together(table: sa.Table) -> str:
    return f"{_step(table.metadata, table.name)} ON CONFLICT DO NOTHING"


@functools.cache
def _ordered(metadata: sa.MetaData) -> tuple[str, ...]:
    return tuple(table.name for table in metadata.sorted_tables if table.name not in PARTS)


def _in_sqlite(tx: "Tx", name: str) -> Any:
    if name == "timers":
        return prepared.setting(tx.tables.timers, in_sqlite=True)
    return getattr(tx.store.statements, name) if name in PARTS else _inserting(tx.tables.outbox.metadata.tables[name])


@functools.lru_cache(maxsize=KEPT)
def _together(metadata: sa.MetaData, there: tuple[str, ...], changes: tuple[Change, ...]) -> str:
    """One statement for these parts. It inserts in the order of the JSON arrays, so outbox ids follow the acts."""
    steps = [f"change{n}_ AS ({_change(metadata, f'change{n}', change)})" for n, change in enumerate(changes)]
    steps += [f"{name}_ AS ({_step(metadata, name)})" for name in there]
    return f"WITH {', '.join(steps)} {WAKE if 'outbox' in there else 'SELECT 1'}"


def _change(metadata: sa.MetaData, name: str, change: Change) -> str:
    kinds = _kinds(metadata.tables[change.table])
    rows = _rows(name, {"of_id": "uuid"} | {f"to_{one}": kinds[one] for one in change.columns})
    values = ", ".join(f"{one} = x.to_{one}" for one in change.columns)
    return f"UPDATE {change.table} AS r SET {values} FROM {rows} WHERE r.id = x.of_id"  # noqa: S608 - our own names


def _step(metadata: sa.MetaData, name: str) -> str:
    kinds = PARTS[name] if name in PARTS else _kinds(metadata.tables[name])
    rows = _rows(name, {one: "text" if kind == "bytes" else kind for one, kind in kinds.items()})
    if name in STEPS:
        return STEPS[name].format(rows=rows)
    values = ", ".join(f"decode({one}, 'base64')" if kind == "bytes" else one for one, kind in kinds.items())
    return f"INSERT INTO {name} ({', '.join(kinds)}) SELECT {values} FROM {rows}"  # noqa: S608 - our own names


def _rows(name: str, kinds: Mapping[str, str]) -> str:
    columns = ", ".join(f"{one} {kind}" for one, kind in kinds.items())
    return f"{prepared.few(f'json_to_recordset(%({name})s::json) AS y({columns})', f'{name}_many')} AS x"


@functools.lru_cache(maxsize=KEPT)
def _changing(metadata: sa.MetaData, change: Change) -> sa.Update:
    table = metadata.tables[change.table]
    values = {one: sa.bindparam(f"to_{one}", type_=table.c[one].type) for one in change.columns}
    return sa.update(table).where(table.c.id == sa.bindparam("of_id")).values(values)


def _kinds(table: sa.Table) -> dict[str, str]:
    """The columns that somebody says something of: not what the database counts by itself."""
    said = [one for one in table.c if one is not table.autoincrement_column]
    return {one.name: next(KINDS[kind] for kind in type(_plain(one.type)).__mro__ if kind in KINDS) for one in said}


def _plain(kind: Any) -> Any:
    return kind.impl if isinstance(kind, sa.TypeDecorator) else kind


@functools.cache
def _inserting(table: sa.Table) -> sa.Insert:
    return sa.insert(table)
