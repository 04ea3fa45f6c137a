"""A database that was restored to an earlier time than the others: they know facts of its service that it has not.

Nothing mends that but restoring all to one moment, so it is said until an operator has seen to it.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from libs.common import status
from libs.common.store import Store

PART = "restored"
MANY = 500  #: ids that are asked for at once


def unknown(store: Store, ids: Sequence[UUID]) -> int:
    """How many of these facts, which this service told, are not in its outbox."""
    outbox, there = store.tables.outbox, 0
    told = list(dict.fromkeys(ids))
    with store.reading() as tx:
        for start in range(0, len(told), MANY):
            some = outbox.c.event_id.in_(told[start : start + MANY])
            there += tx.execute(sa.select(sa.func.count()).select_from(outbox).where(some)).scalar_one()
    return len(told) - there


def tell(store: Store, count: int) -> None:
    if count:
        told = f"others know {count} facts of this service that its database has not: it is of an earlier time"
        status.write(store, PART, False, f"{told}; restore all to one moment: docs/operations.md, Backup")
