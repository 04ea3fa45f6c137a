"""What the kernel adds to every act, written last: facts, audit rows, the kept answer, how far streams were applied.

PostgreSQL takes all of it as one statement with one JSON parameter: a round trip costs more than what it carries.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from libs.common.tx import Tx

SLEEPING, WOKEN = 0x706C0001, "outbox"  #: the lock a sleeping relay holds, and how it is woken: wake.py
Rows = Sequence[Mapping[str, Any]]

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
    "moved": {"producer": "text", "agg": "uuid", "last_seq": "bigint", "last_event": "uuid"},
}  # fmt: skip
WAKE = f"SELECT pg_notify('{WOKEN}', '') WHERE NOT pg_try_advisory_xact_lock_shared({SLEEPING})"


def write(tx: "Tx", parts: Mapping[str, Rows]) -> None:
    """Writes what there is of each part, in the order of PARTS. Wakes a sleeping relay where there are facts."""
    present = tuple(name for name in PARTS if parts.get(name))
    if not present:
        return
    if tx.store.database.sqlite:
        for name in present:
            tx.execute(getattr(tx.store.statements, name), parts[name])
        return
    given = msgspec.json.encode({name: parts[name] for name in present})
    tx.connection.exec_driver_sql(_together(present), {"given": given.decode()})


@functools.cache
def _together(present: tuple[str, ...]) -> str:
    """One statement for these parts. It inserts in the order of the JSON arrays, so outbox ids follow the acts."""
    steps = [f"{name}_ AS ({_move() if name == 'moved' else _insert(name)})" for name in present]
    return f"WITH {', '.join(steps)} {WAKE if 'outbox' in present else 'SELECT 1'}"


def _insert(name: str) -> str:
    columns = PARTS[name]
    values = ", ".join(f"decode({one}, 'base64')" if kind == "bytes" else one for one, kind in columns.items())
    return f"INSERT INTO {name} ({', '.join(columns)}) SELECT {values} FROM {_rows(name)}"  # noqa: S608 - our own names


def _move() -> str:
    return (
        f"UPDATE stream_pos AS p SET last_seq = x.last_seq, last_event = x.last_event FROM {_rows('moved')} "  # noqa: S608
        "WHERE p.producer = x.producer AND p.agg = x.agg"
    )


def _rows(name: str) -> str:
    columns = ", ".join(f"{one} {'text' if kind == 'bytes' else kind}" for one, kind in PARTS[name].items())
    return f"json_to_recordset((%(given)s::json) -> '{name}') AS x({columns})"
