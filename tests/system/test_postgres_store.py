"""PostgreSQL keeps the promises that every store makes."""

import time
from collections.abc import Callable, Iterator

import pytest

from libs.common import orm
from libs.common.errors import Unavailable
from libs.common.store import Store
from tests.contract.store_suite import StoreSuite, throwaway_facts  # noqa: F401 - an autouse fixture
from tests.contract.throwaway import maker


class TestPostgresStore(StoreSuite):
    @pytest.fixture
    def store(self, new_database: Callable[[str], str]) -> Iterator[Store]:
        database = orm.connect(new_database("maker"), pool_size=10)
        yield maker(database)
        database.dispose()


def test_a_pool_that_is_used_up_is_told_within_seconds_and_heals(new_database: Callable[[str], str]) -> None:
    database = orm.connect(new_database("maker"), pool_size=1)  # and one more at need
    store = maker(database)
    with store.begin() as one, store.begin() as other:
        assert one.connection is not other.connection
        began = time.monotonic()
        with pytest.raises(Unavailable, match="every database connection is busy") as refusal, store.begin() as third:
            assert third.connection
        assert time.monotonic() - began < 3.5
        assert refusal.value.headers["Retry-After"] == "1"
    with store.begin() as again:
        assert again.connection
    database.dispose()
