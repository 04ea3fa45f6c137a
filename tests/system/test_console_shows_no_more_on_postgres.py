"""What the console's read model shows is never more than the doors do, on PostgreSQL."""

from collections.abc import Callable, Iterator

import pytest

import services
from embedded.testing import Clock
from tests.flow.funnel import Funnel
from tests.flow.no_more import ShowsNoMore
from tests.system.postgres_world import bench_of_all


class TestShowsNoMore(ShowsNoMore):
    @pytest.fixture
    def funnel(self, new_database: Callable[[str], str]) -> Iterator[Funnel]:
        bench = bench_of_all(map(services.spec, services.NAMES), new_database, Clock())
        yield Funnel(bench)
        bench.close()
