"""A large company's read model over PostgreSQL is quick to ask."""

from collections.abc import Callable

import pytest

from libs.common import migrate, orm
from libs.common.orm import Database
from services.console.service import SPEC
from tests.contract import crowd
from tests.contract.size_suite import SizeSuite


class TestSizeOnPostgres(SizeSuite):
    most_ms = 100  # the server's part is not this process's processor time alone

    @pytest.fixture
    def crowd(self, new_database: Callable[[str], str]) -> Database:
        database = orm.connect(new_database("console"), durable=False)
        migrate.upgrade(SPEC, database)
        crowd.load(database)
        return database
