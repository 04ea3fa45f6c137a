"""A read model built anew, over SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common import orm
from libs.common.orm import Database
from tests.contract.rebuild_suite import RebuildSuite


class TestRebuildOnSqlite(RebuildSuite):
    @pytest.fixture
    def databases(self, tmp_path: Path) -> Iterator[tuple[Database, ...]]:
        made = tuple(orm.connect(f"sqlite:///{tmp_path / name}.db") for name in ("maker", "taker", "late"))
        yield made
        for one in made:
            one.dispose()
