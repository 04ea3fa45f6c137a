"""Migrations over PostgreSQL: of a large table, and from two places at once."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from libs.common import migrate, orm
from libs.common.orm import Database
from libs.common.service import Service
from tests.contract.throwaway import MAKER
from tests.system.postgres_world import until_one_waits

SLOW = """
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.execute("CREATE TABLE large (id int)")
    op.execute("SELECT pg_sleep(0.6)")
"""


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """Its one migration is slow, as an index over a large table is."""
    (tmp_path / "0001_slow.py").write_text(SLOW)
    return replace(MAKER, migrations=tmp_path)


def at(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return migrate.current(connection)


@pytest.mark.usefixtures("in_a_hurry")
def test_a_migration_may_take_longer_than_a_request_may(new_database: Callable[[str], str], service: Service) -> None:
    database = orm.connect(new_database("maker"), pool_size=1)

    migrate.upgrade(service, database)

    assert at(database) == "0001"
    with pytest.raises(sa.exc.OperationalError, match="statement timeout"), database.engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(0.6)")  # the same connection, back in a request's hands
    database.dispose()


@pytest.mark.usefixtures("in_a_hurry")
def test_who_migrates_as_well_waits_for_as_long_as_the_first_takes(
    new_database: Callable[[str], str], service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orm, "LOCK_WAIT_S", 0.2)
    url = new_database("maker")
    here, there = orm.connect(url), orm.connect(url)
    with migrate._locked(here):
        second = threading.Thread(target=migrate.upgrade, args=[service, there], daemon=True)
        second.start()
        until_one_waits(here.engine)
        second.join(0.5)
        assert second.is_alive()
    second.join(60)
    assert at(here) == "0001"
    here.dispose()
    there.dispose()
