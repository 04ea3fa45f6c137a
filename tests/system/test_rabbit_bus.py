"""RabbitMQ keeps the promises that every bus makes, with PostgreSQL behind each service."""

from collections.abc import Callable, Iterator

import pytest

from libs.local.broker import Broker, VirtualHost
from tests.contract.bus_suite import BusSuite
from tests.contract.throwaway import throwaway_facts  # noqa: F401 - an autouse fixture
from tests.system.rabbit_world import RabbitWorld


@pytest.fixture
def world(rabbit: Broker, vhost: VirtualHost, new_database: Callable[[str], str]) -> Iterator[RabbitWorld]:
    world = RabbitWorld(rabbit, vhost, [new_database(name) for name in ("maker", "taker", "other")])
    world.read()
    try:
        yield world
    finally:
        world.close()


class TestRabbitBus(BusSuite):
    pass
