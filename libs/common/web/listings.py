"""What a list is of, and what a question and its reader narrow it to: statements made once, not once a page."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import sqlalchemy as sa

from libs.common.auth import Caller, May, Scope
from libs.common.noindex import as_read
from libs.common.scoping import scoped
from libs.common.web.context import caller, rule

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, eq=False)
class Listing:
    """A list: what it selects, of which kind, and to what a question narrows it.

    ``narrowed`` has a condition for each name that may be asked for, with a parameter of that name: ``equal`` makes
    those of columns. It stands in a module: its statement is made once for each who asks, which took as long as the
    rest of a short list.
    """

    kind: Any
    statement: sa.Select[Any]
    narrowed: Mapping[str, Condition] = field(default_factory=dict)


def equal(**columns: Any) -> dict[str, Condition]:
    """What is asked for is what the column says."""
    return {name: column == sa.bindparam(name) for name, column in columns.items()}


@dataclass(frozen=True)
class Reader:
    """Who reads a list, by what right: None where anybody may."""

    who: Caller | None
    right: May


def reader() -> Reader:
    """Of the request at hand."""
    permissions = rule().permissions
    return Reader(caller() if permissions else None, permissions)


class Beyond(Enum):
    """Where a page begins that is not the first: behind a value, or among those that have none."""

    VALUE = "value"
    NOTHING = "nothing"


@functools.lru_cache(maxsize=250)
def made(listing: Listing, names: frozenset[str], by: Reader, sort: str, beyond: Beyond | None) -> sa.Select[Any]:
    kind = listing.kind
    column, down = getattr(kind, sort.lstrip("-")), sort.startswith("-")
    statement = listing.statement.where(*(listing.narrowed[name] for name in sorted(names)), *_seen(kind, by))
    if beyond is not None:
        value = None if beyond is Beyond.NOTHING else sa.bindparam("last_value", type_=column.type)
        statement = statement.where(_after(column, kind.id, down, value, sa.bindparam("last_id", type_=kind.id.type)))
    most = sa.bindparam("most_rows", type_=sa.Integer)
    return statement.order_by(*_order(column, kind.id, down)).limit(most)


def _seen(kind: Any, by: Reader) -> Sequence[Condition]:
    """What of it the reader may see.

    Who sees a branch's or a team's reads down the list until a page is full; what is one's own is looked for, as that
    may be far apart.
    """
    theirs = None if by.who is None else scoped(sa.select(kind.id), kind, by.who, by.right).whereclause
    if by.who is None or theirs is None:
        return ()
    return (theirs if by.who.scope(by.right) is Scope.OWN else as_read(kind, theirs),)


def _order(column: Any, ident: Any, down: bool) -> tuple[sa.ColumnElement[Any], ...]:
    """By the column, then by id; NULLs last where there may be any: PostgreSQL's index has them first, so it reads and
    sorts the whole table where it is told of NULLs that cannot be.
    """
    first, second = (column.desc(), ident.desc()) if down else (column.asc(), ident.asc())
    return (first.nulls_last() if column.nullable else first), second


def _after(column: Any, ident: Any, down: bool, value: Any, last: Any) -> sa.ColumnElement[bool]:
    """What comes behind (value, last) in that order. ``reached`` is what an index can begin at; an OR is none."""
    beyond = ident < last if down else ident > last
    if value is None:
        return sa.and_(column.is_(None), beyond)
    reached, further = (column <= value, column < value) if down else (column >= value, column > value)
    behind = sa.and_(reached, sa.or_(further, beyond))
    return sa.or_(behind, column.is_(None)) if column.nullable else behind
