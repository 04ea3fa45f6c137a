"""A record in one statement with all that belongs to it: what a kind says by ``whole``.

The statements are built once a kind: building one costs more than running it.
"""

import functools
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from libs.common import turns
from libs.common.tx import Tx


@functools.cache
def looking(kind: Any) -> sa.Select[Any]:
    """Selects records to be shown. Whoever asks narrows it to one."""
    return turns.looking(kind).options(*kind.whole())


@functools.cache
def taking(kind: Any) -> sa.Select[Any]:
    """Selects records to be changed. Whoever asks narrows it to one."""
    return turns.locking(looking(kind), kind) if _alone(kind) else turns.afresh(looking(kind))


def looked_at(tx: Tx, statement: sa.Select[Any], given: Mapping[str, Any]) -> Any:
    """The one row of ``looking``, narrowed; None when there is none."""
    return tx.session.execute(statement, given).unique().one_or_none()


def taken(tx: Tx, kind: Any, turn: sa.Select[Any], statement: sa.Select[Any], given: Mapping[str, Any]) -> Any:
    """The one row of ``taking``, narrowed, and by now ours; None when there is none.

    ``turn``: of ``turns.at``, narrowed alike.
    """
    if not _alone(kind):
        turns.take(tx, turn, given)
    row = looked_at(tx, statement, given)
    if row is not None:
        tx.has_taken(row[0])
    return row


def _alone(kind: Any) -> bool:
    """Whether it is read with nothing else: then one statement reads its row and takes the turn there."""
    return kind.turn is None and not kind.whole()
