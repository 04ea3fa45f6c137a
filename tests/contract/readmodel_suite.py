"""The console's read model on any database: the same whatever the order, built anew, or begun late."""

import functools
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from embedded.testing import Bench
from libs.common import migrate
from libs.common.bus import Delivery
from libs.common.consumer import Consumer
from libs.common.contracts.base import Message, decode
from libs.common.orm import Database
from libs.common.rebuild import rebuild
from libs.common.store import Store
from services.console.handlers import READ_MODEL
from services.console.service import SPEC
from tests.flow.busy import worked
from tests.flow.funnel import Funnel

Told = list[tuple[UUID, bytes]]  #: record and fact, in the order of their telling


@functools.cache
def told_by_a_company() -> Told:
    """Everything that a company at work has told; once a process."""
    said: list[tuple[Message, bytes]] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        worked(Funnel(bench))
        for part in bench.system.parts.values():
            outbox = part.store.tables.outbox
            with part.store.reading() as tx:
                rows = tx.execute(sa.select(outbox.c.body).order_by(outbox.c.id))
                said += [(decode(bytes(row.body)), bytes(row.body)) for row in rows]
        bench.close()
    return [(message.subject, body) for message, body in sorted(said, key=lambda one: (one[0].time, one[0].id))]


def shuffled(told: Told, chance: random.Random) -> Told:
    """Another order in which they may arrive: each record's facts as they were told, records as luck has it."""
    waiting: dict[UUID, list[tuple[UUID, bytes]]] = {}
    for one in told:
        waiting.setdefault(one[0], []).append(one)
    queues = [list(reversed(some)) for some in waiting.values()]
    mixed: Told = []
    while queues:
        mine = chance.choice(queues[: chance.randint(1, len(queues))])
        mixed.append(mine.pop())
        queues = [one for one in queues if one]
    return mixed


class Console:
    """The console's consumer over a database of its own."""

    def __init__(self, database: Database) -> None:
        migrate.upgrade(SPEC, database)
        self.store = Store("console", database, SPEC.tables)
        self.consumer = Consumer(self.store, SPEC.subscriptions)

    def hear(self, told: Told, chance: random.Random | None = None) -> None:
        """Delivers them in batches, of any size where chance has it."""
        place = 0
        while place < len(told):
            size = chance.randint(1, 120) if chance else 100
            self.consumer.deliver([Delivery(body) for _, body in told[place : place + size]])
            place += size

    def forget(self) -> None:
        with self.store.begin() as tx:
            for table in (*READ_MODEL.tables, SPEC.tables.stream_pos, SPEC.tables.held, SPEC.tables.parked):
                tx.execute(sa.delete(table))

    def shown(self) -> dict[str, list[str]]:
        """Every row of the read model, and that nothing is held or parked."""
        with self.store.reading() as tx:
            for table in (SPEC.tables.held, SPEC.tables.parked):
                assert tx.execute(sa.select(table.c.reason)).all() == []
            return {table.name: sorted(map(repr, tx.execute(sa.select(table)))) for table in READ_MODEL.tables}

    def spoil(self) -> None:
        cards: Any = SPEC.metadata.tables["cards"]
        with self.store.begin() as tx:
            tx.execute(sa.update(cards).values(lead_title="spoilt", returns=7))
            tx.execute(sa.delete(SPEC.metadata.tables["words"]))


class ReadModelSuite:
    times = 12  #: other orders that are tried

    @pytest.fixture
    def told(self) -> Told:
        return told_by_a_company()

    @pytest.fixture
    def console(self, database: Database) -> Iterator[Console]:
        yield Console(database)
        database.dispose()

    def test_it_is_the_same_in_whichever_order_records_are_heard_of(self, console: Console, told: Told) -> None:
        console.hear(told)
        right = console.shown()
        assert len(right["cards"]) == 14
        assert all(right[name] for name in ("estimates", "bookings", "appointments", "stages", "timeline", "words"))
        for seed in range(self.times):
            console.forget()
            chance = random.Random(seed)
            console.hear(shuffled(told, chance), chance)
            assert console.shown() == right, f"seed {seed}"

    def test_heard_backwards_and_twice_it_is_the_same(self, console: Console, told: Told) -> None:
        console.hear(told)
        right = console.shown()
        console.forget()
        console.hear([*reversed(told), *told])
        assert console.shown() == right

    def test_what_another_worker_has_put_there_meanwhile_stays_and_disturbs_nobody(
        self, console: Console, told: Told
    ) -> None:
        console.hear(told)
        right = console.shown()
        with console.store.begin() as tx:
            for name in ("timeline", "words"):
                table = SPEC.metadata.tables[name]
                for row in tx.execute(sa.select(table)).mappings().all():
                    tx.deferred.run(table, dict(row))
        assert console.shown() == right

    def test_built_anew_it_is_equal_to_the_live_one(self, console: Console, told: Told) -> None:
        console.hear(told)
        right = console.shown()
        console.spoil()
        assert console.shown() != right

        rebuild(console.store, console.consumer, READ_MODEL, lambda _since: [[Delivery(body) for _, body in told]])

        assert console.shown() == right

    def test_begun_late_it_is_whole_once_all_is_told_again(self, console: Console, told: Told) -> None:
        console.hear(told)
        right = console.shown()
        console.forget()
        late = told[len(told) * 2 // 3 :]
        console.hear(late)  # what has a past waits
        console.hear(told)  # a replay of each publisher
        assert console.shown() == right
