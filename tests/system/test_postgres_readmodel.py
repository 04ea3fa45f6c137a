"""The console's read model over PostgreSQL: the same in any order, built anew, or begun late."""

from collections.abc import Callable

import pytest

from libs.common import migrate, orm
from libs.common.orm import Database
from services.console.service import SPEC
from tests.contract.readmodel_suite import Console, ReadModelSuite


class TestReadModelOnPostgres(ReadModelSuite):
    times = 3

    @pytest.fixture
    def database(self, new_database: Callable[[str], str]) -> Database:
        return orm.connect(new_database("console"))

    def test_the_migrated_database_is_what_the_classes_say(self, console: Console) -> None:
        with console.store.database.engine.connect() as connection:
            assert migrate.difference(SPEC, connection) == []
