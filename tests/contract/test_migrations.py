"""A database that the migrations made is the one that the classes expect, and a process tells when it is not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

import services
from embedded.testing import Bench
from libs.common import migrate, orm
from tests.system.tomorrow import tomorrow


@pytest.mark.parametrize("name", services.NAMES)
def test_migrations_and_classes_agree(tmp_path: Path, name: str) -> None:
    service, database = services.spec(name), orm.connect(f"sqlite:///{tmp_path / 'empty.db'}", durable=False)
    migrate.upgrade(service, database)
    migrate.upgrade(service, database)  # again changes nothing
    with database.engine.connect() as connection:
        assert migrate.difference(service, connection) == []
        assert migrate.current(connection) == migrate.head(service)
    database.dispose()


@pytest.mark.parametrize(("at", "status"), [("0001", 503), ("9999", 200), ("another program's", 503)])
def test_a_database_older_than_the_code_or_of_another_program_makes_a_running_process_unready(
    bench: Callable[..., Bench], at: str, status: int
) -> None:
    """A newer one is the next version's, whose migrations leave this one at work until it is replaced."""
    leads = bench("leads")
    with leads.system.parts["leads"].store.begin() as tx:
        tx.session.execute(sa.text(f"UPDATE {migrate.VERSIONS} SET version_num = :at"), {"at": at})

    assert leads.public.get("/api/v1/leads/readyz").status_code == status


def test_the_version_that_is_rolled_out_before_a_release_can_still_be_made_of_this_one(tmp_path: Path) -> None:
    """The roll-out itself takes its time (test_two_versions.py); that what it changes is there is known at once."""
    code = tomorrow(tmp_path / "tomorrow")

    for name in ("leads", "opportunities"):
        service = services.spec(name)
        after = migrate.head(replace(service, migrations=code / "services" / name / "migrations"))
        assert after.isdecimal()
        assert after > migrate.head(service)
