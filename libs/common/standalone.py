"""Records that stand alone need no unit of work: as an act made or changed them, they go with what it writes last.

A new one must be whole, without others that hang on it and would have to be written in their order; of a changed one
the act must hold the row's lock. Where one does not stand alone, SQLAlchemy's unit of work writes them all.
"""

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from libs.common import audit
from libs.common.columns import Aggregate, Exact, UtcDateTime


class Shape(NamedTuple):
    """What has to be known of a kind of record to write it as a row."""

    table: str
    columns: dict[str, str]  #: attribute -> column
    filled: frozenset[str]  #: attributes that are something, whether or not somebody said what
    checked: dict[str, UtcDateTime | Exact]  #: attributes whose kind of column does not take every value
    related: tuple[str, ...]  #: attributes that hold other records


class Change(NamedTuple):
    """What is to be changed in rows of a table, besides the id that says which."""

    table: str
    columns: tuple[str, ...]


class Taken(NamedTuple):
    """Rows to be written: new ones by table, and for rows that are there the values that changed."""

    new: dict[str, list[dict[str, Any]]]
    changed: dict[Change, list[dict[str, Any]]]


def alone(session: Session) -> bool:
    """Whether there is something to write and all of it stands alone; then each version says what it will be."""
    tx = session.info["tx"]
    there = bool(session.new or session.dirty) and not session.deleted and not tx.deferred
    if not (there and all(map(_whole, session.new)) and all(_held(record, tx.holds) for record in session.dirty)):
        return False
    for record in session.dirty:
        if _changed(record):
            record.version = 1 + _committed(record).get("version", record.version)
    return True


def taken(session: Session) -> Taken:
    """Their rows, out of the session's hands. Nothing where the session has more to do than that."""
    rows = Taken({}, {})
    if alone(session):
        audit.note(session)
        for record in list(session.new):
            shape, given = _shape_of(record), vars(record)
            _demand_fit(shape, given, shape.checked)
            row = {column: given.get(name) for name, column in shape.columns.items()}
            rows.new.setdefault(shape.table, []).append(row)
            session.expunge(record)
        for record in sorted(session.dirty, key=lambda one: one.id):
            if names := _changed(record):
                shape, given = _shape_of(record), vars(record)
                _demand_fit(shape, given, names)
                change = Change(shape.table, tuple(shape.columns[name] for name in names))
                row = {"of_id": record.id} | {f"to_{shape.columns[name]}": given[name] for name in names}
                rows.changed.setdefault(change, []).append(row)
            session.expunge(record)
    return rows


def _whole(record: Any) -> bool:
    """One that ``tx.new`` made, without others that hang on it."""
    if not isinstance(record, Aggregate):
        return False
    shape, given = _shape_of(record), vars(record)
    return given.keys() >= shape.filled and not any(given.get(name) for name in shape.related)


def _held(record: Any, holds: Any) -> bool:
    """One whose row is ours, and of which nothing changed but its own columns."""
    return (
        isinstance(record, Aggregate)
        and holds(record)
        and _committed(record).keys() <= _shape_of(record).columns.keys()
    )


def _changed(record: Any) -> list[str]:
    given = vars(record)
    return sorted(name for name, before in _committed(record).items() if given.get(name) != before)


def _committed(record: Any) -> dict[str, Any]:
    """What was touched since it was read, as it was then."""
    state: Any = sa.inspect(record)
    committed: dict[str, Any] = state.committed_state
    return committed


def _demand_fit(shape: Shape, given: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if name in shape.checked and given.get(name) is not None:
            shape.checked[name].demand_fit(given[name])


def _shape_of(record: object) -> Shape:
    kind: Any = type(record)  # functools wants to be told that a class can be hashed
    return _shape(kind)


@functools.cache
def _shape(kind: Any) -> Shape:
    mapper: Any = sa.inspect(kind)
    [table] = mapper.tables
    columns = {one.key: one.columns[0] for one in mapper.column_attrs}
    return Shape(
        table=table.name,
        columns={name: column.name for name, column in columns.items()},
        filled=frozenset(name for name, one in columns.items() if _is_something(one)),
        checked={name: one.type for name, one in columns.items() if isinstance(one.type, UtcDateTime | Exact)},
        related=tuple(one.key for one in mapper.relationships),
    )


def _is_something(column: "sa.Column[Any]") -> bool:
    return not column.nullable or column.default is not None or column.server_default is not None
