"""The users that services have on a broker: as they must be whenever somebody looks, and else left alone."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

import services
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rabbit.management import Management, Refusal
from libs.common.rabbit.topology import EVENTS, Account, provision
from libs.local.broker import Broker, VirtualHost

RIGHTS = ("users", "topic-permissions", "permissions")
OTHERS: dict[str, dict[str, Any]] = {
    "users/{user}": {"password": "of yesterday", "tags": "management"},
    "users/{user} ": {"password": "{password}", "tags": "administrator"},
    "permissions/{here}/{user}": {"configure": ".*", "write": ".*", "read": ".*"},
    "topic-permissions/{here}/{user}": {"exchange": "plumbline.events", "write": ".*", "read": ".*"},
}


class Watched(Management):
    """``told`` is what the broker was asked to change of users and their rights."""

    def __init__(self, broker: Broker, vhost: VirtualHost) -> None:
        super().__init__(broker.management_url, vhost.url)
        system = secrets.token_hex(4)
        self.accounts = {name: Account(f"{name}.{system}", secrets.token_hex(8)) for name in services.NAMES}
        self.told: list[str] = []

    def call(self, method: str, path: str, body: object = None) -> Any:
        if method != "GET" and path.startswith(RIGHTS):
            self.told.append(path)
        return super().call(method, path, body)

    def provision(self) -> list[str]:
        """As `plumbline topology --watch` does; returns what it changed of users."""
        self.told.clear()
        provision(self, services.every(), self.accounts, PUBLISHERS)
        return list(self.told)

    def rights(self) -> list[Any]:
        kinds = (f"vhosts/{self.here}/permissions", f"vhosts/{self.here}/topic-permissions")
        users = [self.call("GET", f"users/{one.name}")["tags"] for one in self.accounts.values()]
        return [users, *(self.call("GET", kind) for kind in kinds)]


@pytest.fixture
def watched(rabbit: Broker, vhost: VirtualHost) -> Iterator[Watched]:
    here = Watched(rabbit, vhost)
    yield here
    for account in here.accounts.values():
        rabbit.manage("DELETE", f"/api/users/{account.name}")


def test_a_broker_whose_users_are_as_they_must_be_is_told_nothing_as_it_would_log_that_for_ever(
    watched: Watched,
) -> None:
    told = watched.provision()
    assert len(told) == 3 * len(services.NAMES)
    for one in watched.accounts.values():  # with other rights before those by topic it might say and read everything
        assert [path.split("/")[0] for path in told if path.endswith(f"/{one.name}")] == list(RIGHTS)

    assert watched.provision() == []


@pytest.mark.parametrize("path", OTHERS)
def test_a_user_that_somebody_changed_is_put_right(rabbit: Broker, watched: Watched, path: str) -> None:
    watched.provision()
    before, account = watched.rights(), watched.accounts["leads"]
    there = path.strip().format(user=account.name, here=watched.here)
    watched.call("PUT", there, {key: value.format(password=account.password) for key, value in OTHERS[path].items()})

    assert watched.provision() == [there]

    assert watched.rights() == before
    own = Management(rabbit.management_url, rabbit.url(account.name, account.password))
    assert own.call("GET", "whoami")["name"] == account.name


def test_whose_password_was_changed_reads_whose_it_is(rabbit: Broker, watched: Watched) -> None:
    watched.provision()
    account = watched.accounts["leads"]

    with pytest.raises(Refusal, match=f"{account.name}, with the password that was given here"):
        Management(rabbit.management_url, rabbit.url(account.name, "a former one")).bindings(EVENTS)
