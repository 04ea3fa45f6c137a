"""What operators do about parked facts, over SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common import orm
from libs.common.orm import Database
from tests.contract.parked_suite import ParkedSuite


class TestParkedOnSqlite(ParkedSuite):
    @pytest.fixture
    def databases(self, tmp_path: Path) -> Iterator[tuple[Database, ...]]:
        made = tuple(orm.connect(f"sqlite:///{tmp_path / name}.db") for name in ("maker", "taker", "late"))
        yield made
        for one in made:
            one.dispose()
