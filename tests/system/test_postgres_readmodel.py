"""The console's read model over PostgreSQL: the same in any order, built anew, or begun late."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from libs.common import migrate, orm
from libs.common.bus import Delivery
from libs.common.consumer import Consumer
from libs.common.dberrors import persistent
from libs.common.orm import Database
from services.console.service import SPEC
from tests.contract.readmodel_suite import Console, ReadModelSuite, Told


class TestReadModelOnPostgres(ReadModelSuite):
    times = 3

    @pytest.fixture
    def database(self, new_database: Callable[[str], str]) -> Database:
        return orm.connect(new_database("console"))

    def test_the_migrated_database_is_what_the_classes_say(self, console: Console) -> None:
        with console.store.database.engine.connect() as connection:
            assert migrate.difference(SPEC, connection) == []

    def test_several_workers_that_write_the_same_cards_end_as_one_does(self, console: Console, told: Told) -> None:
        console.hear(told)
        right = console.shown()
        console.forget()
        shares: list[Told] = [[one for one in told if hash(one[0]) % 4 == number] for number in range(4)]

        def work(mine: Told) -> None:
            reader = Consumer(console.store, SPEC.subscriptions)
            for place in range(0, len(mine), 20):
                some = [Delivery(body) for _, body in mine[place : place + 20]]
                persistent(lambda some=some: reader.deliver(some))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, shares))

        assert console.shown() == right
