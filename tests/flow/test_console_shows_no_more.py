"""What the console's read model shows is never more than the doors do, on SQLite."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from embedded.testing import Bench
from tests.flow.funnel import Funnel
from tests.flow.no_more import ShowsNoMore

pytestmark = pytest.mark.xdist_group("shown")


class TestShowsNoMore(ShowsNoMore):
    @pytest.fixture(scope="class")
    @classmethod
    def funnel(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Funnel]:
        with closing(Bench(tmp_path_factory.mktemp("shown"))) as bench:
            yield Funnel(bench)
