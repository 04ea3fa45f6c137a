"""A broker and a database in containers, where an engine answers. testcontainers is imported only then."""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path

from libs.local.broker import Broker
from libs.local.database import DatabaseServer

# The versions docker-compose.yml runs.
POSTGRES_IMAGE = "postgres:17-alpine"
RABBIT_IMAGE = "rabbitmq:4-management-alpine"


@functools.cache
def engine_answers() -> bool:
    """Whether there is one that we may use; at most a second. Without a socket nothing is imported."""
    if not (os.environ.get("DOCKER_HOST") or Path("/var/run/docker.sock").exists()):
        return False
    try:
        import docker

        return bool(docker.from_env(timeout=5).ping())
    except Exception:  # noqa: BLE001 - whatever stands in the way, the answer is no
        return False


@contextlib.contextmanager
def database_server() -> Iterator[DatabaseServer]:
    from testcontainers.community.postgres import PostgresContainer

    with PostgresContainer(POSTGRES_IMAGE, driver="psycopg") as container:
        yield DatabaseServer(
            host=container.get_container_host_ip(),
            port=int(container.get_exposed_port(5432)),
            user=container.username,
            password=container.password,
        )


@contextlib.contextmanager
def message_broker() -> Iterator[Broker]:
    from testcontainers.community.rabbitmq import RabbitMqContainer

    with RabbitMqContainer(RABBIT_IMAGE).with_exposed_ports(5672, 15672) as container:
        host = container.get_container_host_ip()
        yield Broker(
            host=host,
            port=int(container.get_exposed_port(5672)),
            management_url=f"http://{host}:{container.get_exposed_port(15672)}",
            admin=(container.username, container.password),
        )
