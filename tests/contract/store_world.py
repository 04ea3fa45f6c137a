"""What the stores' tests are told in."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.store import Store
from tests.contract.throwaway import make


def count(store: Store, table: Any) -> int:
    with store.reading() as tx:
        return tx.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def made(store: Store, *notes: str) -> UUID:
    with store.begin() as tx:
        return make(tx, *(notes or ("made",)))


class Shows:
    """A schema, as far as ``Tx.answer`` cares."""

    def dump(self, thing: Any) -> dict[str, str]:
        return {"note": thing.note}
