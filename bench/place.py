"""Where it is measured: a durable PostgreSQL and RabbitMQ of our own, the toy company in them, processes beside."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pika
import psycopg
import sqlalchemy as sa

import services
from bench import toy
from bench.noise import Meter
from commands import ROOT
from libs.common import migrate, orm
from libs.common.bus import Outgoing
from libs.common.contracts.base import Message
from libs.common.rabbit import RabbitPublisher
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import Account, provision, queue_of
from libs.common.service import Service
from libs.common.store import Store
from libs.local import postgres, rabbit

WAIT_S = 60.0


@dataclass
class Place:
    """The servers and what stands in them.

    ``ours`` is the interpreter of our own processes, ``peers`` the one that has them; None where there is none.
    """

    home: Path
    server: postgres.Postgres
    broker: rabbit.Rabbit
    ours: Path
    peers: Path | None = None
    accounts: dict[str, Account] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)
    _connections: dict[str, Any] = field(default_factory=dict)
    _channel: Any = None

    def set_up(self) -> None:
        self.services = {**toy.SERVICES, "leads": services.spec("leads")}
        self.accounts = {name: Account(name, secrets.token_hex(8)) for name in self.services}
        self.management = Management(self.broker.management_url, self.broker.url())
        provision(self.management, self.services.values(), self.accounts, toy.PUBLISHERS | {"lead": "leads"})
        for name, service in self.services.items():
            self.urls[name] = self.server.create_database(name, owner=name, password=secrets.token_hex(8))
            database = orm.connect(self.urls[name])
            if name in toy.SERVICES:
                service.metadata.create_all(database.engine)
            else:
                migrate.upgrade(service, database)
            self.stores[name] = Store(name, database, service.tables)

    def close(self) -> None:
        for store in self.stores.values():
            store.database.dispose()
        for connection in self._connections.values():
            connection.close()
        if self._channel is not None:
            self._channel.connection.close()

    def meter(self) -> Meter:
        return Meter(broker=self.broker.pid, database=self.server.pid)

    # -- the database

    def sql(self, service: str, statement: str, *given: Any) -> list[Any]:
        """Over a connection that stays open: opening one costs the server more than most questions."""
        if service not in self._connections:
            address = sa.engine.make_url(self.urls[service]).set(drivername="postgresql")
            url = address.render_as_string(hide_password=False)
            self._connections[service] = psycopg.connect(url, autocommit=True)
        cursor = self._connections[service].execute(statement, given)
        return cursor.fetchall() if cursor.description else []

    def empty(self, *services: str) -> None:
        for name in services:
            tables = ", ".join(self.services[name].metadata.tables)
            self.sql(name, f"TRUNCATE {tables}")

    # -- the broker

    def url(self, service: str) -> str:
        account = self.accounts[service]
        return self.broker.url(account.name, account.password)

    def purge(self, *services: str) -> None:
        for name in services:
            path = f"queues/{self.management.here}/{quote(queue_of(name), safe='')}/contents"
            self.management.call("DELETE", path)

    def queue(self, service: str) -> str:
        return queue_of(service)

    def tell(self, rows: Sequence[Outgoing], publisher: str = "desk") -> None:
        """Straight to the bus, as a relay does it."""
        bus = RabbitPublisher(self.url(publisher))
        try:
            assert bus.send(rows) == len(rows)
        finally:
            bus.close()

    def depth(self, service: str) -> int:
        """How many messages wait in its queue."""
        return int(self._declared(service).message_count)

    def readers(self, service: str) -> int:
        return int(self._declared(service).consumer_count)

    def _declared(self, service: str) -> Any:
        if self._channel is None:
            wanted = pika.URLParameters(self.broker.url())
            wanted.heartbeat = 0  # it is used now and then
            self._channel = pika.BlockingConnection(wanted).channel()
        return self._channel.queue_declare(queue_of(service), passive=True).method

    # -- processes

    def environment(self, service: str, **more: str) -> dict[str, str]:
        ours = {key: value for key, value in os.environ.items() if not key.startswith("PLUMBLINE_")}
        return {
            **ours,
            "PYTHONPATH": str(ROOT),
            "PLUMBLINE_DATABASE_URL": self.urls[service],
            "PLUMBLINE_AMQP_URL": self.url(service),
            "PLUMBLINE_LOG_LEVEL": "warning",
            **more,
        }

    @contextlib.contextmanager
    def running(
        self, args: Sequence[object], env: Mapping[str, str], cwd: Path = ROOT
    ) -> Iterator["subprocess.Popen[str]"]:
        """A process that is told to end with the block; its words are in ``home``/said when something goes wrong."""
        said = self.home / "said"
        with said.open("w") as output:
            process = subprocess.Popen(
                [str(arg) for arg in args],
                env=dict(env),
                cwd=cwd,
                stdout=output,
                stderr=output,
                start_new_session=True,
                text=True,
            )
        try:
            yield process
        except Exception as wrong:
            raise RuntimeError(f"{wrong}; it said: {said.read_text()[-600:]}") from wrong
        finally:
            end(process)

    def role(self, name: str, service: str) -> tuple[list[object], dict[str, str]]:
        """The command of one of our own processes (role.py) and its environment."""
        return self.module("bench.role", name, service), self.environment(service)

    def module(self, name: str, *args: object) -> list[object]:
        return [self.ours, "-m", name, *args]

    def result(self, name: str, service: str) -> dict[str, Any]:
        """Runs one of our own to its end; the JSON it printed last."""
        return self.result_of(self.role(name, service)[0], service)

    def result_of(self, command: Sequence[object], service: str) -> dict[str, Any]:
        done = subprocess.run(
            [str(one) for one in command],
            env=self.environment(service),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-600:])
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def end(process: "subprocess.Popen[str]") -> None:
    """Tells a process and those it started to end, and sees to it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], bool], what: str, *, every: float = 0.05, process: Any = None) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"never: {what}")
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the process ended before {what}")
        time.sleep(every)


def facts(store: Store, count: int, kind: Any = toy.EnquiryMade) -> list[Outgoing]:
    """So many facts, each the first of its own record, as their producer's outbox would have them."""
    rows = []
    for number in range(count):
        fact = kind(subject=store.ids(), **toy.enquiry(number))
        ident = store.ids()
        message = Message(
            id=ident,
            source=f"/plumbline/{store.producer}",
            type=fact.name,
            subject=fact.subject,
            sequence="1",
            time=store.clock(),
            dataschema=f"/api/v1/{store.producer}/schemas/{fact.name}.json",
            correlationid=fact.subject,
            causationid=str(ident),
            actor="system",
            data=fact.data(),
        )
        rows.append(Outgoing(number + 1, ident, fact.name, message.encode()))
    return rows


@contextlib.contextmanager
def place(home: Path, ours: Path, peers: Path | None) -> Iterator[Place]:
    """Servers as a company would run them: durable. NotReady where there are none to run."""
    with postgres.running(home / "database") as server, rabbit.running(home / "broker") as broker:
        here = Place(home, server, broker, ours, peers)
        here.set_up()
        try:
            yield here
        finally:
            here.close()
