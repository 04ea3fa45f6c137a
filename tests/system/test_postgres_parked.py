"""What operators do about parked facts, over PostgreSQL."""

from collections.abc import Callable, Iterator

import pytest

from libs.common import orm
from libs.common.orm import Database
from tests.contract.parked_suite import ParkedSuite


class TestParkedOnPostgres(ParkedSuite):
    @pytest.fixture
    def databases(self, new_database: Callable[[str], str]) -> Iterator[tuple[Database, ...]]:
        made = tuple(orm.connect(new_database(name)) for name in ("maker", "taker", "late"))
        yield made
        for one in made:
            one.dispose()
