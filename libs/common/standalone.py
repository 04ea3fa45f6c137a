"""Records that stand alone need no unit of work: as an act made or changed them, they go with what it writes last.

A new one must be whole, and name by itself what it hangs on; of a changed one the act must hold the row's lock, or the
lock of what it is a part of. Where one does not stand alone, SQLAlchemy's unit of work writes them all.
"""

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from libs.common import audit
from libs.common.columns import Aggregate, Exact, UtcDateTime


class Relation(NamedTuple):
    """An attribute that holds other records, and which attributes say the same by themselves: here, and there."""

    many: bool
    pairs: tuple[tuple[str, str], ...]


class Shape(NamedTuple):
    """What has to be known of a kind of record to write it as a row."""

    table: str
    columns: dict[str, str]  #: attribute -> column
    filled: frozenset[str]  #: attributes that are something, whether or not somebody said what
    checked: dict[str, UtcDateTime | Exact]  #: attributes whose kind of column does not take every value
    related: dict[str, Relation]  #: those that are written
    usual: tuple[tuple[str, Any, bool], ...]  #: attributes that are this where nobody says otherwise; or made by it
    by_id: bool  #: whether ``id`` alone says which row it is


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
        if isinstance(record, Aggregate) and _changed(record):
            record.version = 1 + _committed(record).get("version", record.version)
    return True


def taken(session: Session) -> Taken:
    """Their rows, out of the session's hands. Nothing where the session has more to do than that."""
    rows = Taken({}, {})
    if alone(session):
        audit.note(session)
        for record in session.new:
            shape, given = _shape_of(record), vars(record)
            _demand_fit(shape, given, shape.checked)
            row = {column: given.get(name) for name, column in shape.columns.items()}
            rows.new.setdefault(shape.table, []).append(row)
        for record in sorted(session.dirty, key=lambda one: one.id):
            if names := _changed(record):
                shape, given = _shape_of(record), vars(record)
                _demand_fit(shape, given, names)
                change = Change(shape.table, tuple(shape.columns[name] for name in names))
                row = {"of_id": record.id} | {f"to_{shape.columns[name]}": given[name] for name in names}
                rows.changed.setdefault(change, []).append(row)
        session.expunge_all()
    return rows


def _whole(record: Any) -> bool:
    """Whether all its columns are known by now, and what it hangs on is named in them. Says what is usual."""
    shape, given = _shape_of(record), vars(record)
    for name, value, made in shape.usual:
        if name not in given:
            setattr(record, name, value(None) if made else value)
    return given.keys() >= shape.filled and all(
        _named(record, relation, given[name]) for name, relation in shape.related.items() if given.get(name)
    )


def _held(record: Any, holds: Any) -> bool:
    """One whose row is ours, or a part of one: nothing but its own columns changed, and what was added names it."""
    shape, touched = _shape_of(record), _committed(record).keys()
    if not (holds(record) if isinstance(record, Aggregate) else shape.by_id and "id" not in touched):
        return False
    return all(
        name in shape.related
        and name in vars(record)
        and _only_added(record, name)
        and _named(record, shape.related[name], vars(record)[name])
        for name in touched - shape.columns.keys()
    )


def _named(record: Any, relation: Relation, others: Any) -> bool:
    """Whether the others' columns and this one's say what the attribute says; what was there before, they do."""
    return all(
        getattr(record, here) == getattr(other, there)
        for other in (others if relation.many else (others,))
        for here, there in relation.pairs
    )


def _only_added(record: Any, name: str) -> bool:
    state: Any = sa.inspect(record)
    return all(before is None for before in state.attrs[name].history.deleted)


def _changed(record: Any) -> list[str]:
    given, columns = vars(record), _shape_of(record).columns
    return sorted(name for name, before in _committed(record).items() if name in columns and given.get(name) != before)


def _committed(record: Any) -> dict[str, Any]:
    """What was touched since it was read, as it was then."""
    state: Any = sa.inspect(record)
    committed: dict[str, Any] = state.committed_state
    return committed


def _demand_fit(shape: Shape, given: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if name in shape.checked and given.get(name) is not None:
            shape.checked[name].demand_fit(given[name])


def usual(kind: Any) -> dict[str, Any]:
    """What a new record has before anybody says otherwise; SQLAlchemy itself fills it in only as it writes."""
    return {name: value(None) if made else value for name, value, made in _shape(kind).usual}


def _shape_of(record: object) -> Shape:
    kind: Any = type(record)  # functools wants to be told that a class can be hashed
    return _shape(kind)


@functools.cache
def _shape(kind: Any) -> Shape:
    mapper: Any = sa.inspect(kind)
    [table] = mapper.tables
    columns = {one.key: one.columns[0] for one in mapper.column_attrs}
    defaults = [(name, column.default) for name, column in columns.items() if column.default is not None]
    return Shape(
        table=table.name,
        columns={name: column.name for name, column in columns.items()},
        filled=frozenset(name for name, one in columns.items() if _is_something(one)),
        checked={name: one.type for name, one in columns.items() if isinstance(one.type, UtcDateTime | Exact)},
        related={one.key: _relation(one) for one in mapper.relationships if not one.viewonly},
        usual=tuple((name, default.arg, default.is_callable) for name, default in defaults),
        by_id=[column.name for column in mapper.primary_key] == ["id"],
    )


def _relation(one: Any) -> Relation:
    names = one.parent.get_property_by_column, one.mapper.get_property_by_column
    pairs = tuple((names[0](here).key, names[1](there).key) for here, there in one.local_remote_pairs)
    return Relation(bool(one.uselist), pairs)


def _is_something(column: "sa.Column[Any]") -> bool:
    return not column.nullable or column.default is not None or column.server_default is not None
