"""The facts of an embedded system, as its outboxes keep them: read side by side, merged by their times."""

import heapq
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

import services
from libs.common import orm, outbox
from libs.common.service import Service
from libs.common.store import Store

PAGE = 500
Place = dict[str, int]  #: a service's name → the last row of its outbox that was read


class Outboxes:
    """Of a system, whether it runs or not: readers wait for nobody, and nobody waits for them."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        self.stores = stores

    @classmethod
    def in_folder(cls, data: Path) -> "Outboxes":
        here = [one for one in services.every() if (data / f"{one.name}.db").exists()]
        return cls({one.name: _store(data, one) for one in here})

    def start(self) -> Place:
        return dict.fromkeys(self.stores, 0)

    def end(self) -> Place:
        """Where each is now: what is read from there is new."""
        found: Place = {}
        for name, store in self.stores.items():
            with store.reading() as tx:
                found[name] = tx.execute(sa.select(sa.func.max(tx.tables.outbox.c.id))).scalar() or 0
        return found

    def at(self, since: datetime) -> Place:
        """A little before a time."""
        found: Place = {}
        for name, store in self.stores.items():
            with store.reading() as tx:
                found[name] = outbox.first_at(tx, since - outbox.OVERLAP) - 1
        return found

    def before(self, event_id: UUID) -> Place | None:
        """A little before the time of a fact, and in its own outbox right before it: a clock may have been set back.

        None where there is no such fact.
        """
        for name, store in self.stores.items():
            table = store.tables.outbox
            with store.reading() as tx:
                mine = sa.select(table.c.id, table.c.created_at).where(table.c.event_id == event_id)
                found = tx.execute(mine).first()
            if found is not None:
                place = self.at(found.created_at)
                return place | {name: min(place[name], found.id - 1)}
        return None

    def read(self, place: Place, streams: Collection[str] = ()) -> Iterator[tuple[datetime, bytes]]:
        """All facts behind a place, which moves along: each service has one writer, so rows come in their order.

        ``streams``: those of these records only.
        """
        each = [self._read(name, place, streams) for name in self.stores]
        for at, _name, _row, body in heapq.merge(*each):
            yield at, body

    def _read(self, name: str, place: Place, streams: Collection[str]) -> Iterator[tuple[datetime, str, int, bytes]]:
        table = self.stores[name].tables.outbox
        following = sa.select(table.c.id, table.c.created_at, table.c.body).order_by(table.c.id).limit(PAGE)
        while True:
            with self.stores[name].reading() as tx:
                wanted = following.where(outbox.of_streams(tx, streams)) if streams else following
                rows = tx.execute(wanted.where(table.c.id > place[name])).all()
            for row in rows:
                place[name] = row.id
                yield row.created_at, name, row.id, bytes(row.body)
            if len(rows) < PAGE:
                return

    def close(self) -> None:
        for store in self.stores.values():
            store.database.dispose()


def _store(data: Path, service: Service) -> Store:
    return Store(service.name, orm.connect(f"sqlite:///{data / service.name}.db"), service.tables)
