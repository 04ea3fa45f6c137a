"""What the console's read model shows is never more than the doors do, on PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from embedded.testing import Clock
from tests.flow.funnel import Funnel
from tests.flow.no_more import ShowsNoMore
from tests.system.postgres_world import NewDatabases, bench_of_all

pytestmark = pytest.mark.xdist_group("shown_on_postgres")


class TestShowsNoMore(ShowsNoMore):
    @pytest.fixture(scope="class")
    @classmethod
    def funnel(cls, new_databases: Callable[[], NewDatabases]) -> Iterator[Funnel]:
        with (
            new_databases() as new_database,
            closing(bench_of_all(new_database, Clock())) as bench,
        ):
            yield Funnel(bench)
