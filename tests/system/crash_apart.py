"""Three services as processes of their own, on databases of a real PostgreSQL and a virtual host of a real RabbitMQ."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import services
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import Account, provision
from libs.local.broker import Broker, VirtualHost
from libs.local.database import DatabaseServer
from tests.system.crash_world import NAMES, CrashWorld
from tests.system.post_office import Post, post_office
from tests.system.postgres_world import NewDatabases


class Apart(CrashWorld):
    """``leads-api`` is the only api; each service has its worker, between them a real broker."""

    standing = ("leads-api", *(f"{name}-worker" for name in NAMES))

    def __init__(
        self, broker: Broker, vhost: VirtualHost, folder: Path, databases: dict[str, str], post: Post,
        around: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.broker, self.vhost = broker, vhost
        system = secrets.token_hex(4)
        self.accounts = {name: Account(f"{name}.{system}", secrets.token_hex(8)) for name in NAMES}
        specs = [services.spec(name) for name in NAMES]
        provision(Management(broker.management_url, vhost.url), specs, self.accounts, PUBLISHERS)
        super().__init__(folder, databases, post, around)

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
            "PLUMBLINE_WEBHOOK_NETWORKS": "127.0.0.0/8",
        }
        return {
            "role": role, "service": service, "databases": self.databases, "key": self.key, "environment": environment,
        }  # fmt: skip

    def close(self) -> None:
        super().close()
        for account in self.accounts.values():
            self.broker.manage("DELETE", f"/api/users/{account.name}")


@contextmanager
def apart(
    folder: Path, server: DatabaseServer, rabbit: Broker, around: Mapping[str, str] | None = None
) -> Iterator[Apart]:
    """``around``: what all processes find in their environment besides."""
    with NewDatabases(server, {}) as make, post_office() as post, rabbit.vhost() as vhost:
        world = Apart(rabbit, vhost, folder, {name: make(name) for name in NAMES}, post, around or {})
        yield world
        world.close()
