"""A large company's read model over SQLite is quick to ask."""

import time
from pathlib import Path

import pytest

from libs.common import migrate, orm
from libs.common.orm import Database
from services.console.service import SPEC
from tests.contract import crowd
from tests.contract.size_suite import SizeSuite


class TestSizeOnSqlite(SizeSuite):
    clock = staticmethod(time.thread_time)  # all of it is this thread's work, whoever else is at work here

    @pytest.fixture
    def crowd(self, tmp_path: Path) -> Database:
        database = orm.connect(f"sqlite:///{tmp_path / 'console.db'}", durable=False)
        migrate.upgrade(SPEC, database)
        crowd.load(database)
        return database
