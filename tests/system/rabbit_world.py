"""A maker, two takers and a real RabbitMQ between them; each service with its own user, database and threads."""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import quote

import pytest

from libs.common import orm
from libs.common.bus import BusDown, Outgoing
from libs.common.consumer import Consumer
from libs.common.rabbit import RabbitPublisher, RabbitReader
from libs.common.rabbit.bindings import Bindings
from libs.common.rabbit.management import Management
from libs.common.rabbit.publisher import EVENTS
from libs.common.rabbit.topology import Account, provision, queue_of
from libs.common.relay import Relay
from libs.common.service import Service
from libs.local.broker import Broker, VirtualHost
from tests.contract.bus_world import World
from tests.contract.throwaway import MAKER, Killed, Taker, maker, taker

PATIENCE_S, SOON_S = 60.0, 0.02


class RabbitWorld(World):
    def __init__(self, broker: Broker, vhost: VirtualHost, urls: Sequence[str]) -> None:
        self.broker, self.vhost, self.system = broker, vhost, secrets.token_hex(4)
        self.databases = [orm.connect(url) for url in urls]
        self.maker = maker(self.databases[0])
        self.taker, self.other = taker("taker", self.databases[1]), taker("other", self.databases[2])
        self.management = Management(broker.management_url, vhost.url)
        self.services: list[Service] = [MAKER, self.taker.service, self.other.service]
        self.accounts = {one.name: Account(f"{one.name}.{self.system}", secrets.token_hex(8)) for one in self.services}
        self.provision()
        self.publisher = RabbitPublisher(self.url("maker"))
        self.relay = Relay(self.maker, self.publisher)
        self.stop = threading.Event()
        self.said: list[tuple[str, bool, str]] = []
        self.threads: list[threading.Thread] = []

    def provision(self) -> None:
        provision(self.management, self.services, self.accounts, {"thing": "maker"})

    def url(self, service: str) -> str:
        account = self.accounts[service]
        return self.broker.url(account.name, account.password, self.vhost.name)

    def read(self) -> None:
        for each in self.takers:
            thread = threading.Thread(target=self._live, args=(each,), name=each.name)
            self.threads.append(thread)
            thread.start()

    def _live(self, each: Taker) -> None:
        reader = RabbitReader(self.url(each.name), queue_of(each.name), each.consumer.deliver, look_s=SOON_S)
        while not self.stop.is_set():
            try:
                reader.run(self.stop, lambda *word: self.said.append(word))
            except Killed:
                continue  # the process ended; here is the next one

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline, tick = time.monotonic() + PATIENCE_S, threading.Event()
        while time.monotonic() < deadline:
            self.step()
            if condition():
                return
            tick.wait(0.01)
        pytest.fail(f"never: {what}; the readers said {self.said[-6:]}")

    def step(self) -> None:
        try:
            while self.relay.step():
                pass
        except BusDown as down:
            self.said.append(("relay", False, str(down)))

    def send(self, rows: Sequence[Outgoing]) -> None:
        assert self.publisher.send(rows) == len(rows)

    def close(self) -> None:
        self.stop.set()
        self.publisher.close()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), f"{thread.name} did not stop"
        for account in self.accounts.values():
            self.broker.manage("DELETE", f"/api/users/{account.name}")
        for database in self.databases:
            database.dispose()


def unbind(world: RabbitWorld, queue: str) -> None:
    """From the facts, whatever its bindings are marked with."""
    path = f"bindings/{world.management.here}/e/{EVENTS}/q/{queue}"
    for one in world.management.call("GET", path):
        world.management.call("DELETE", f"{path}/{quote(one['properties_key'], safe='')}")


def unbind_all(world: RabbitWorld) -> None:
    for queue in {one.queue for one in world.management.bindings(EVENTS)}:
        unbind(world, queue)


def wipe(world: RabbitWorld) -> None:
    """The broker loses all it has; what there must be is made again, as `topology --watch` does."""
    world.broker.manage("DELETE", f"/api/vhosts/{world.vhost.name}")
    world.broker.manage("PUT", f"/api/vhosts/{world.vhost.name}")
    for user in (world.vhost.user, world.broker.admin[0]):
        world.broker.permit(user, world.vhost.name, configure=".*", write=".*", read=".*")
    world.provision()


class Watch:
    """The taker's look after its queue, with the service's rights and no more; ``said`` is what it reported."""

    def __init__(self, world: RabbitWorld, name: str = "taker") -> None:
        own = Management(world.broker.management_url, world.url(name))
        store = {"maker": world.maker, "taker": world.taker.store}[name]
        service = {one.name: one for one in world.services}[name]
        self.bindings = Bindings(service, Consumer(store, service.subscriptions), own, world.url(name))
        self.said: list[tuple[bool, str]] = []

    def look(self) -> int:
        return self.bindings.step(lambda _part, ok, detail: self.said.append((ok, detail)))
