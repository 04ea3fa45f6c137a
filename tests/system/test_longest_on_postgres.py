"""What is as long as may be typed, on PostgreSQL, whose columns have a length."""

from collections.abc import Callable, Iterator

import pytest

import services
from embedded.testing import Clock
from tests.flow.funnel import Funnel
from tests.flow.longest import Longest
from tests.system.postgres_world import bench_of_all


class TestLongest(Longest):
    @pytest.fixture
    def funnel(self, new_database: Callable[[str], str]) -> Iterator[Funnel]:
        bench = bench_of_all(map(services.spec, services.NAMES), new_database, Clock())
        yield Funnel(bench)
        bench.close()
