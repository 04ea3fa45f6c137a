"""PostgreSQL keeps the promises that every store makes."""

from collections.abc import Callable, Iterator

import pytest

from libs.common import orm
from libs.common.tx import Store
from tests.contract.store_suite import StoreSuite, throwaway_facts  # noqa: F401 - an autouse fixture
from tests.contract.throwaway import maker


class TestPostgresStore(StoreSuite):
    @pytest.fixture
    def store(self, new_database: Callable[[str], str]) -> Iterator[Store]:
        database = orm.connect(new_database("maker"), pool_size=10)
        yield maker(database)
        database.dispose()
