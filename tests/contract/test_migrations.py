"""A database that the migrations made is the one that the classes expect."""

from pathlib import Path

import pytest

import services
from libs.common import migrate, orm


@pytest.mark.parametrize("name", services.NAMES)
def test_migrations_and_classes_agree(tmp_path: Path, name: str) -> None:
    service, database = services.spec(name), orm.connect(f"sqlite:///{tmp_path / 'empty.db'}", durable=False)
    migrate.upgrade(service, database)
    migrate.upgrade(service, database)  # again changes nothing
    with database.engine.connect() as connection:
        assert migrate.difference(service, connection) == []
        assert migrate.current(connection) == migrate.head(service)
    database.dispose()
