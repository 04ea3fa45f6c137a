"""What is as long as may be typed, on PostgreSQL, whose columns have a length."""

from collections.abc import Iterator

import pytest

from embedded.testing import Clock
from tests.flow.funnel import Funnel
from tests.flow.longest import Longest
from tests.system.postgres_world import NewDatabases, bench_of_all


class TestLongest(Longest):
    @pytest.fixture
    def funnel(self, new_database: NewDatabases) -> Iterator[Funnel]:
        bench = bench_of_all(new_database, Clock())
        yield Funnel(bench)
        bench.close()
