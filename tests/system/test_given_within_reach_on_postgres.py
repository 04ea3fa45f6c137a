"""Work is given to whoever will see it, by whoever it is theirs to give, on PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

import services
from embedded.testing import Bench
from tests.service.within_reach import WithinReach
from tests.system.postgres_world import NewDatabases, bench_over


class TestWithinReach(WithinReach):
    @pytest.fixture
    def alone(self, new_database: NewDatabases) -> Iterator[Callable[[str], Bench]]:
        with ExitStack() as made:
            yield lambda name: made.enter_context(closing(bench_over(services.spec(name), new_database)))
