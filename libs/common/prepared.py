"""Statements that acts ask the kernel for, built once: counters, timers, what is held, rows kept."""

import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite


@functools.cache
def sequences(kinds: Sequence[str]) -> sa.Select[Any]:
    """The next of each of these sequences, as one row. PostgreSQL's; SQLite has none."""
    return sa.select(*(sa.func.nextval(sa.literal_column(f"'number_{kind}'")) for kind in kinds))


@functools.cache
def counting(counters: sa.Table, in_sqlite: bool) -> Any:
    """Counts every name given: (name, value) of each, in any order. A new one is given with the value 1."""
    insert = (sqlite.insert if in_sqlite else postgresql.insert)(counters)
    more = insert.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    return more.returning(counters.c.name, counters.c.value)


@functools.cache
def setting(timers: sa.Table, in_sqlite: bool) -> Any:
    """Sets or moves a timer; every column but its key and count of attempts is bound by name."""
    insert: Any = (sqlite.insert if in_sqlite else postgresql.insert)(timers)
    insert = insert.values(
        kind=bindparam("kind"),
        subject=bindparam("subject"),
        due_at=bindparam("due_at"),
        payload=bindparam("payload"),
        attempts=0,
        failed=None,
    )
    given = {name: insert.excluded[name] for name in ("due_at", "payload", "attempts", "failed")}
    return insert.on_conflict_do_update(index_elements=["kind", "subject"], set_=given)


@functools.cache
def holding(held: sa.Table, in_sqlite: bool) -> Any:
    """Holds a fact, or brings its tries and due time up to date where it is held already."""
    insert: Any = (sqlite.insert if in_sqlite else postgresql.insert)(held)
    given = {name: insert.excluded[name] for name in ("attempts", "waits", "due_at", "reason")}
    return insert.on_conflict_do_update(index_elements=["producer", "agg", "agg_seq"], set_=given)


@functools.cache
def telling(status: sa.Table, yielding: bool, in_sqlite: bool) -> Any:
    """Puts a part's newest word. ``yielding``: not over trouble of between ``since`` and ``until``. Says if it did."""
    insert: Any = (sqlite.insert if in_sqlite else postgresql.insert)(status)
    insert = insert.values({name: bindparam(name) for name in ("part", "ok", "detail", "at")})
    said = {name: insert.excluded[name] for name in ("ok", "detail", "at")}
    over = ~status.c.at.between(bindparam("since"), bindparam("until"))  # or a clock was set back
    where = sa.or_(status.c.ok, over) if yielding else None
    return insert.on_conflict_do_update(index_elements=["part"], set_=said, where=where).returning(status.c.part)


@functools.cache
def keeping(table: sa.Table, key: tuple[str, ...], names: tuple[str, ...], in_sqlite: bool) -> Any:
    """Puts a row of these names over the one with the same key."""
    insert: Any = (sqlite.insert if in_sqlite else postgresql.insert)(table)
    insert = insert.values({name: bindparam(name) for name in names})
    said = {name: insert.excluded[name] for name in names if name not in key}
    return insert.on_conflict_do_update(index_elements=list(key), set_=said)


@functools.cache
def few(rows: str, many: str) -> str:
    """Rows that a statement of PostgreSQL's is joined with, for its FROM: no more than the parameter ``many`` says.

    Of a JSON array its planner expects a hundred, and reads a table of thousands whole instead of asking the index.
    """
    return f"(SELECT * FROM {rows} LIMIT %({many})s::bigint)"  # noqa: S608 - our own words


@functools.cache
def due(timers: sa.Table, kinds: tuple[str, ...]) -> sa.Select[Any]:
    """Timers of these kinds that are due at ``now``, the longest due first, ``most`` of them."""
    mine = timers.c.due_at <= bindparam("now"), timers.c.failed.is_(None), timers.c.kind.in_(kinds)
    in_turn = timers.c.due_at, timers.c.kind, timers.c.subject  # alike on every database, also of one instant
    return sa.select(timers).where(*mine).order_by(*in_turn).limit(bindparam("most"))
