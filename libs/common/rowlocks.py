"""Acts on one record take turns: who comes second waits, and sees what the first left.

A turn is one row, locked before anything of the record is read, by a statement of its own. A statement that also locked
what it joins would do so in the order in which rows come to it, and another one in another order: in a crowd that says
yes at once two would wait for each other. And what it joined would be as it was before the wait.

SQLite lets one act write at a time: there the turn is taken already.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from libs.common.columns import Aggregate

if TYPE_CHECKING:
    from libs.common.tx import Tx

Taken = TypeVar("Taken", bound=Aggregate)


@functools.cache
def lock(kind: Any) -> sa.Select[Any]:
    """Locks the row at which acts on a record of this kind take turns. Whoever asks narrows it to one."""
    if kind.turn is None:
        return sa.select(kind.id).with_for_update()
    turn = getattr(kind, kind.turn)
    there = turn.property.mapper.class_
    return sa.select(there.id).select_from(kind).join(turn).with_for_update(of=there)


def acquire(tx: "Tx", statement: sa.Select[Any], given: Mapping[str, Any]) -> None:
    """Waits for the turn that the statement, narrowed, locks; it is this act's until it ends."""
    if not tx.store.database.sqlite:
        tx.execute(statement, given)


@functools.cache
def lock_by_id(kind: Any) -> sa.Select[Any]:
    return lock(kind).where(kind.id == sa.bindparam("ident"))


@functools.cache
def selecting(kind: Any) -> sa.Select[Any]:
    """Selects records, with the one at which their turn is taken where that is read along (not ``lazy="raise"``)."""
    turn = None if kind.turn is None else getattr(kind, kind.turn)
    if turn is None or turn.property.lazy == "raise":
        return sa.select(kind)
    return sa.select(kind).join(turn).options(contains_eager(turn))


def for_update(statement: sa.Select[Any], kind: Any) -> sa.Select[Any]:
    """The same, taking the turn where that is the row read and the only one: records as they are by then."""
    return refreshed(statement.with_for_update(of=kind))


def read_in_turn(tx: "Tx", statement: sa.Select[Taken], given: Mapping[str, Any] | None = None) -> Sequence[Taken]:
    """Several at once, for who has the turn: nobody else changes them until this act ends."""
    found = tx.session.scalars(refreshed(statement), given).all()
    for record in found:
        tx.has_taken(record)
    return found


def refreshed(statement: sa.Select[Any]) -> sa.Select[Any]:
    """The same, for who has the turn: records as they are now, whatever this act saw of them before."""
    return statement.execution_options(populate_existing=True)
