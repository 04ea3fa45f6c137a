"""What every draft keeps, on a database in a file."""

from collections.abc import Callable

import pytest

from embedded.testing import Bench
from tests.contract.draft_suite import Drafts


class TestOnSqlite(Drafts):
    @pytest.fixture
    def desk(self, bench: Callable[..., Bench]) -> Bench:
        return bench("estimates")
