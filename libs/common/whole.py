"""A record in one statement with all that belongs to it; for an act, locked.

A kind says by ``whole`` what it is read with, and by ``taken_along`` which records' rows an act takes with its own. The
statements are built once a kind: building one costs more than running it.
"""

import functools
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, aliased, contains_eager

from libs.common.tx import Tx, locking


@functools.cache
def looking(kind: Any) -> sa.Select[Any]:
    """Selects records to be shown. Whoever asks narrows it to one."""
    statement = sa.select(kind)
    for relation in _along(kind):
        statement = statement.join(relation).options(contains_eager(relation))
    return statement.options(*kind.whole())


@functools.cache
def taking(kind: Any) -> sa.Select[Any]:
    """Selects records to be changed: locks them with those taken along; second in the row is the version as joined."""
    before = aliased(kind)
    locked = [kind, *(relation.property.mapper.class_ for relation in _along(kind))]
    statement = locking(looking(kind), locked)
    if not kind.whole():
        return statement.add_columns(kind.version)
    return statement.join(before, before.id == kind.id).add_columns(before.version)


def looked_at(tx: Tx, statement: sa.Select[Any], given: Mapping[str, Any]) -> Any:
    """The one row of ``looking``, narrowed; None when there is none."""
    return tx.session.execute(statement, given).unique().one_or_none()


def taken(tx: Tx, statement: sa.Select[Any], given: Mapping[str, Any]) -> Any:
    """The one row of ``taking``, narrowed, and by now ours; None when there is none.

    PostgreSQL gives a row that it waited for as the other act left it, but what is joined to it as it was before the
    wait. Then the version joined to it is an older one, and all is read once more.
    """
    row = looked_at(tx, statement, given)
    if row is not None and row[1] != row[0].version:
        row = looked_at(tx, statement, given)
    if row is not None:
        tx.has_locked(row[0])
        for relation in _along(type(row[0])):
            tx.has_locked(getattr(row[0], relation.key))
    return row


def _along(kind: Any) -> list[InstrumentedAttribute[Any]]:
    return [getattr(kind, name) for name in kind.taken_along]
