"""A real broker and a real database server, one of each for all workers; a virtual host and databases for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from libs.common import orm, pgtimeouts
from libs.local.broker import Broker, VirtualHost
from libs.local.database import DatabaseServer
from libs.local.debian import Tree, tree_of
from libs.local.shared import shared_database_server, shared_message_broker
from tests.system.postgres_world import NewDatabases

if TYPE_CHECKING:
    from tests.system.faulty_world import FaultyWorld
    from tests.system.rabbit_world import RabbitWorld


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The same for all workers of this run, and for no other run."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def postgres(session_folder: Path) -> Iterator[DatabaseServer]:
    with shared_database_server(session_folder / "shared") as server:
        yield server


@pytest.fixture(scope="session")
def rabbit(session_folder: Path) -> Iterator[Broker]:
    with shared_message_broker(session_folder / "shared") as broker:
        yield broker


@pytest.fixture(scope="session")
def prometheus() -> Tree:
    """Where ``prometheus`` and ``promtool`` are."""
    return tree_of("prometheus")


@pytest.fixture(scope="session")
def new_databases(postgres: DatabaseServer) -> Iterator[Callable[[], NewDatabases]]:
    """For what lasts longer than a test: ``with new_databases() as new_database``."""
    hired: dict[str, tuple[str, str]] = {}
    yield lambda: NewDatabases(postgres, hired)
    for name, _ in hired.values():
        postgres.drop_database(name, owner=name)


@pytest.fixture
def new_database(new_databases: Callable[[], NewDatabases]) -> Iterator[NewDatabases]:
    """``new_database("leads")``: the URL of an empty database; ``bench_over(SPEC, new_database)`` takes a full one."""
    with new_databases() as make:
        yield make


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a request's statements may take is a fraction of a second: nobody waits half a minute for a test."""
    monkeypatch.setattr(orm, "STATEMENT_S", 0.3)
    monkeypatch.setattr(pgtimeouts, "FIRST_LOOK_S", 0.1)
    monkeypatch.setattr(pgtimeouts, "NEXT_LOOK_S", 0.1)
    monkeypatch.setattr(pgtimeouts, "LONGEST_S", 0.4)


@pytest.fixture
def vhost(rabbit: Broker) -> Iterator[VirtualHost]:
    """A broker to oneself: ``vhost.url``, ``vhost.name``, ``vhost.user``, ``vhost.password``; gone after the test."""
    with rabbit.vhost() as own:
        yield own


@pytest.fixture
def world(rabbit: Broker, vhost: VirtualHost, new_database: NewDatabases) -> Iterator["RabbitWorld"]:
    """A maker and two takers, whose readers do not read yet."""
    from tests.system.rabbit_world import RabbitWorld

    world = RabbitWorld(rabbit, vhost, [new_database(name) for name in ("maker", "taker", "other")])
    try:
        yield world
    finally:
        world.close()


@pytest.fixture(scope="session")
def faulty() -> Iterator["FaultyWorld"]:
    from tests.system.faulty_world import faulty_world

    with faulty_world() as world:
        yield world


@pytest.fixture
def faults(faulty: "FaultyWorld") -> Iterator["FaultyWorld"]:
    """Two services whose broker and database a test may spoil; each test begins and ends with everything well."""
    faulty.until_well()
    yield faulty
    faulty.to_database.well()
    faulty.to_broker.well()
    faulty.until_well()
