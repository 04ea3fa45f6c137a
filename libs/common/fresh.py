"""Records that an act made and nothing else: they need no unit of work, and go with what every act writes last."""

import functools
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from libs.common.columns import Aggregate, UtcDateTime


class Shape(NamedTuple):
    """What has to be known of a kind of record to write it as a row."""

    table: str
    columns: tuple[tuple[str, str], ...]  #: attribute, column
    filled: frozenset[str]  #: attributes that are something, whether or not somebody said what
    instants: tuple[str, ...]
    related: tuple[str, ...]  #: attributes that hold other records


def only(session: Session) -> bool:
    """Whether all there is to write is new records that stand alone: as they are, they are what will be read."""
    return bool(session.new) and not session.dirty and not session.deleted and all(map(_alone, session.new))


def taken(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Their rows by table, out of the session's hands. Nothing where the session has more to do than that."""
    rows: dict[str, list[dict[str, Any]]] = {}
    if only(session):
        for record in list(session.new):
            shape, given = _shape_of(record), vars(record)
            for name in shape.instants:
                if given.get(name) is not None:
                    UtcDateTime.demand_offset(given[name])
            rows.setdefault(shape.table, []).append({column: given.get(name) for name, column in shape.columns})
            session.expunge(record)
    return rows


def _alone(record: Any) -> bool:
    """One that ``tx.new`` made whole, without others that hang on it and would have to be written in their order."""
    if not isinstance(record, Aggregate):
        return False
    shape, given = _shape_of(record), vars(record)
    return given.keys() >= shape.filled and not any(given.get(name) for name in shape.related)


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
        columns=tuple((name, column.name) for name, column in columns.items()),
        filled=frozenset(name for name, one in columns.items() if _is_something(one)),
        instants=tuple(name for name, one in columns.items() if isinstance(one.type, UtcDateTime)),
        related=tuple(one.key for one in mapper.relationships),
    )


def _is_something(column: "sa.Column[Any]") -> bool:
    return not column.nullable or column.default is not None or column.server_default is not None
