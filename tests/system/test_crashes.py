"""Processes that die at every named point, in both modes: started again, nothing is lost, repeated or stuck."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import services
from commands import ROOT
from libs.common.contracts.schemas import PUBLISHERS
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import Account, provision
from libs.local.broker import Broker, VirtualHost
from libs.local.database import DatabaseServer
from tests.system.crash_points import POINTS
from tests.system.crash_world import NAMES, CrashWorld
from tests.system.post_office import Post, post_office

FEW, MANY = 2, 25  #: kills a point


class InOneProcess(CrashWorld):
    standing = ("embedded",)

    def process(self, dies: str) -> str:
        return "embedded"

    def about(self, process: str) -> dict[str, Any]:
        environment = {"PLUMBLINE_SMTP_URL": self.post.url}
        return {
            "role": "embedded", "service": "leads", "databases": self.databases, "key": self.key,
            "environment": environment,
        }  # fmt: skip


class Apart(CrashWorld):
    """``leads-api`` is the only api; each service has its worker, between them a real broker."""

    standing = ("leads-api", *(f"{name}-worker" for name in NAMES))

    def __init__(self, broker: Broker, vhost: VirtualHost, folder: Path, databases: dict[str, str], post: Post) -> None:
        self.broker, self.vhost = broker, vhost
        system = secrets.token_hex(4)
        self.accounts = {name: Account(f"{name}.{system}", secrets.token_hex(8)) for name in NAMES}
        specs = [services.spec(name) for name in NAMES]
        provision(Management(broker.management_url, vhost.url), specs, self.accounts, PUBLISHERS)
        super().__init__(folder, databases, post)

    def process(self, dies: str) -> str:
        return dies

    def about(self, process: str) -> dict[str, Any]:
        service, _, role = process.partition("-")
        account = self.accounts[service]
        environment = {
            "PLUMBLINE_DATABASE_URL": self.databases[service],
            "PLUMBLINE_AMQP_URL": self.broker.url(account.name, account.password, self.vhost.name),
            "PLUMBLINE_MANAGEMENT_URL": self.broker.management_url,
            "PLUMBLINE_SMTP_URL": self.post.url,
        }
        return {
            "role": role, "service": service, "databases": self.databases, "key": self.key, "environment": environment,
        }  # fmt: skip

    def close(self) -> None:
        super().close()
        for account in self.accounts.values():
            self.broker.manage("DELETE", f"/api/users/{account.name}")


@pytest.fixture(scope="module")
def in_one_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashWorld]:
    folder = tmp_path_factory.mktemp("crashes")
    with post_office() as post:
        world = InOneProcess(folder, {name: f"sqlite:///{folder / name}.db" for name in NAMES}, post)
        yield world
        world.close()


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory, postgres: DatabaseServer, rabbit: Broker) -> Iterator[CrashWorld]:
    made = {name: f"{name}_{secrets.token_hex(4)}" for name in NAMES}
    urls = {name: postgres.create_database(own, owner=own, password=secrets.token_hex(8)) for name, own in made.items()}
    with post_office() as post, rabbit.vhost() as vhost:
        world = Apart(rabbit, vhost, tmp_path_factory.mktemp("crashes"), urls, post)
        yield world
        world.close()
    for own in made.values():
        postgres.drop_database(own, owner=own)


def dies_at(world: CrashWorld, name: str, kills: int) -> None:
    """Each time it is driven to rest and audited before it dies again."""
    turns = Random(name)
    for kill in range(kills):
        asked = set(world.ledger.entries)
        world.kill_at(name, 1 + (kill if kill < 2 else turns.randrange(9)) % POINTS[name].most)
        world.settle()
        broken = [one for key, one in world.ledger.entries.items() if key not in asked and one.broken]
        if POINTS[name].dies == "leads-api":
            assert [one.replayed for one in broken] == [name == "after_commit"], "what the repeated request is told"


def test_every_crash_point_is_in_the_table() -> None:
    named = {
        point
        for package in ("libs", "services", "embedded")
        for module in (ROOT / package).rglob("*.py")
        for point in re.findall(r'\bcrash\("(\w+)"\)', module.read_text())
    }
    assert named == set(POINTS)
    assert len(named) == 18


@pytest.mark.parametrize("point", POINTS)
def test_the_embedded_process_dies_at(in_one_process: CrashWorld, point: str) -> None:
    dies_at(in_one_process, point, FEW)


@pytest.mark.parametrize("point", POINTS)
def test_a_process_of_a_service_dies_at(apart: CrashWorld, point: str) -> None:
    dies_at(apart, point, FEW)
