"""Work is given to whoever will see it, by whoever it is theirs to give, on SQLite."""

from collections.abc import Callable

import pytest

from embedded.testing import Bench
from tests.service.within_reach import WithinReach


class TestWithinReach(WithinReach):
    @pytest.fixture
    def alone(self, bench: Callable[..., Bench]) -> Callable[[str], Bench]:
        return bench
