"""The HTTP edge keeps its promises over SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common import orm
from libs.common.orm import Database
from tests.contract.web_suite import BacklogSuite, WebSuite


class TestWebOnSqlite(WebSuite):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Iterator[Database]:
        database = orm.connect(f"sqlite:///{tmp_path / 'boxes.db'}")
        yield database
        database.dispose()


class TestBacklogOnSqlite(BacklogSuite):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Iterator[Database]:
        database = orm.connect(f"sqlite:///{tmp_path / 'boxes.db'}")
        yield database
        database.dispose()
