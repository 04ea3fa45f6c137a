"""Other systems, as they are: plain AMQP clients that know an address and what docs/subscribe.md tells them."""

import contextlib
import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pika
import pytest
from click.testing import CliRunner, Result

import services
from commands import subscribers
from libs.common.bus import BusDown, Outgoing
from libs.common.contracts.base import CONTENT_TYPE
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rabbit import RabbitPublisher
from libs.common.rabbit.connection import Line
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import EVENTS, HISTORY, Account, provision
from libs.local.broker import Broker, VirtualHost
from tests.contract.freeze import SAMPLES

PATIENCE_S = 60.0
Frame = tuple[str, pika.BasicProperties, bytes]  #: routing key, properties, body


@dataclass(frozen=True)
class Company:
    """A broker with everything that Plumbline needs on it, and its administrator."""

    broker: Broker
    vhost: VirtualHost
    accounts: dict[str, Account]

    @classmethod
    def on(cls, broker: Broker, vhost: VirtualHost) -> "Company":
        company = cls(broker, vhost, {"leads": Account(f"leads.{vhost.name}", uuid4().hex)})
        company.provision()
        return company

    def provision(self) -> None:
        provision(self.management, services.every(), self.accounts, PUBLISHERS)

    @property
    def management(self) -> Management:
        return Management(self.broker.management_url, self.vhost.url)

    def run(self, *args: str, **environ: str) -> Result:
        """`./plumbline subscribers …`, as an administrator of this broker would."""
        told = {"PLUMBLINE_AMQP_URL": self.vhost.url, "PLUMBLINE_MANAGEMENT_URL": self.broker.management_url}
        return CliRunner().invoke(subscribers.command, args, env=told | environ, catch_exceptions=False)

    def add(self, *args: str) -> str:
        """The address that a new subscriber is given."""
        done = self.run("add", f"s{uuid4().hex[:8]}", *args)
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    def publish(self, *bodies: bytes) -> list[str]:
        """Facts as a service would publish them; their types."""
        publisher = RabbitPublisher(self.vhost.url)
        told = [json.loads(body) for body in bodies]
        try:
            rows = [Outgoing(1, one["id"], one["type"], body) for one, body in zip(told, bodies, strict=True)]
            assert publisher.send(rows) == len(rows)
        finally:
            publisher.close()
        return [one["type"] for one in told]

    def stops(self, body: bytes) -> bool:
        """Whether a service that publishes this is told that it was not taken.

        A RabbitMQ that deletes a queue just as a fact is on its way there may say that something inside it went wrong,
        and close the connection: a relay tries again.
        """
        one, publisher = json.loads(body), RabbitPublisher(self.vhost.url)
        try:
            return not publisher.send([Outgoing(1, one["id"], one["type"], body)])
        except BusDown:
            return True
        finally:
            publisher.close()

    def close(self) -> None:
        """Users belong to the whole broker: those of this virtual host go before it does."""
        for one in self.broker.manage("GET", f"/api/vhosts/{self.vhost.name}/permissions"):
            if one["user"].startswith(("leads.", "subscriber.")):
                self.broker.manage("DELETE", f"/api/users/{one['user']}")


@contextlib.contextmanager
def provisioned(broker: Broker) -> Iterator[Company]:
    with broker.vhost() as own:
        company = Company.on(broker, own)
        try:
            yield company
        finally:
            company.close()


def every_fact() -> dict[str, bytes]:
    """A message of each fact there is, as its bytes are frozen."""
    return {path.stem: path.read_bytes() for path in sorted(SAMPLES.glob("*.json"))}


class Stranger:
    """A plain pika client. ``name`` is its user's."""

    def __init__(self, url: str) -> None:
        self.parameters = pika.URLParameters(url)
        self.name = self.parameters.credentials.username
        self.connection = pika.BlockingConnection(self.parameters)
        self.channel = self.connection.channel()

    def queue(self, *keys: str, suffix: str = "inbox") -> str:
        queue = f"{self.name}.{suffix}"
        self.channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        for key in keys:
            self.channel.queue_bind(queue, EVENTS, key)
        return queue

    def read(self, queue: str, enough: Callable[[list[Frame]], object]) -> list[Frame]:
        """What comes from a queue until it is enough, acknowledged."""
        return read(self.connection, queue, enough)

    def history(self, offset: object, wanted: Collection[bytes]) -> list[Frame]:
        """The history from there on, until all that is wanted has come.

        pika gives back what it has not handed over when it stops, and a stream ends the connection for that.
        """
        own = pika.BlockingConnection(self.parameters)
        found: list[Frame] = []
        with contextlib.suppress(pika.exceptions.ConnectionClosedByBroker):
            read(own, HISTORY, lambda now: set(wanted) <= {body for _, _, body in now}, found, offset)
            own.close()
        assert set(wanted) <= {body for _, _, body in found}
        return found

    def send(self, exchange: str, key: str, body: bytes = b"{}", user_id: str | None = None) -> None:
        self.channel.confirm_delivery()
        said = pika.BasicProperties(content_type=CONTENT_TYPE, user_id=user_id)
        self.channel.basic_publish(exchange, key, body, said, mandatory=True)

    def refused(self, act: Callable[[Any], object]) -> str:
        """What the broker says to an act on a channel of its own; fails where it lets it happen."""
        channel = self.connection.channel()
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as no:
            channel.confirm_delivery()
            act(channel)
        return str(no.value.reply_text)

    def close(self) -> None:
        with contextlib.suppress(pika.exceptions.AMQPError):
            self.connection.close()


def read(
    connection: pika.BlockingConnection,
    queue: str,
    enough: Callable[[list[Frame]], object],
    found: list[Frame] | None = None,
    offset: object = None,
) -> list[Frame]:
    """Into ``found``, on a channel of its own; from an ``offset`` where the queue is a stream."""
    found = [] if found is None else found

    def heard(channel: Any, method: Any, properties: Any, body: bytes) -> None:
        found.append((method.routing_key, properties, body))
        channel.basic_ack(method.delivery_tag)

    channel = connection.channel()
    channel.basic_qos(prefetch_count=50)
    channel.basic_consume(queue, heard, arguments=None if offset is None else {"x-stream-offset": offset})
    deadline = time.monotonic() + PATIENCE_S
    while not enough(found) and time.monotonic() < deadline:
        connection.process_data_events(time_limit=0.1)
    assert enough(found), f"after {len(found)} messages nothing more came"
    channel.close()
    return found


def until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


def is_refused(url: str) -> bool:
    """Whether the broker lets nobody in with this; pika's own connection would leave its sockets lying about."""
    with pytest.raises(BusDown) as away:
        Line(url, "somebody")
    return "ACCESS_REFUSED" in str(away.value)
