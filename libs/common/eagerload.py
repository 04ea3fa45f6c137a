"""A record in one statement with all that belongs to it: what a kind says by ``whole``.

The statements are built once a kind: building one costs more than running it.
"""

import functools
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from libs.common import rowlocks
from libs.common.tx import Tx


@functools.cache
def selecting(kind: Any) -> sa.Select[Any]:
    """Selects records to be shown. Whoever asks narrows it to one."""
    return rowlocks.selecting(kind).options(*kind.whole())


@functools.cache
def selecting_for_update(kind: Any) -> sa.Select[Any]:
    """Selects records to be changed. Whoever asks narrows it to one."""
    return rowlocks.for_update(selecting(kind), kind) if _alone(kind) else rowlocks.refreshed(selecting(kind))


def fetch(tx: Tx, statement: sa.Select[Any], given: Mapping[str, Any]) -> Any:
    """The one row of ``selecting``, narrowed; None when there is none."""
    return tx.session.execute(statement, given).unique().one_or_none()


def fetch_for_update(
    tx: Tx, kind: Any, turn: sa.Select[Any], statement: sa.Select[Any], given: Mapping[str, Any]
) -> Any:
    """The one row of ``selecting_for_update``, narrowed, and by now ours; None when there is none.

    ``turn``: of ``rowlocks.lock``, narrowed alike.
    """
    if not _alone(kind):
        rowlocks.acquire(tx, turn, given)
    row = fetch(tx, statement, given)
    if row is not None:
        tx.has_taken(row[0])
    return row


def _alone(kind: Any) -> bool:
    """Whether it is read with nothing else: then one statement reads its row and takes the turn there."""
    return kind.turn is None and not kind.whole()
