"""The HTTP edge keeps its promises over PostgreSQL."""

from collections.abc import Callable, Iterator

import pytest

from libs.common import orm
from libs.common.orm import Database
from tests.contract.web_suite import BacklogSuite, WebSuite


class TestWebOnPostgres(WebSuite):
    @pytest.fixture
    def database(self, new_database: Callable[[str], str]) -> Iterator[Database]:
        database = orm.connect(new_database("boxes"), pool_size=10)
        yield database
        database.dispose()


class TestBacklogOnPostgres(BacklogSuite):
    @pytest.fixture
    def database(self, new_database: Callable[[str], str]) -> Iterator[Database]:
        database = orm.connect(new_database("boxes"), pool_size=10)
        yield database
        database.dispose()
