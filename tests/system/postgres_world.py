"""What the tests of a real database share: a service's bench over it, and waiting for another session's lock."""

import secrets
import time
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from psycopg import sql

import services
from embedded.system import System
from embedded.testing import Bench, Clock, hire
from libs.common import migrate, orm
from libs.common.deployment import Deployment
from libs.common.service import Service
from libs.common.store import Store
from libs.local.database import DatabaseServer


class NewDatabases:
    """``make("leads")``: the URL of an empty database with an owner of its own. ``make.hired(SPEC)``: of one that is up
    to date and knows the cast, copied from the ``hired`` one of this process. All that were made go with the block."""

    def __init__(self, server: DatabaseServer, hired: dict[str, tuple[str, str]]) -> None:
        self.server, self._hired, self._made = server, hired, list[str]()

    def __enter__(self) -> "NewDatabases":
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._made:
            self.server.drop_database(name, owner=name)

    def __call__(self, name: str) -> str:
        return self.server.create_database(self._named(name), owner=self._made[-1], password=secrets.token_urlsafe(12))

    def hired(self, spec: Service) -> str:
        if spec.name not in self._hired:
            name, password = f"{spec.name}_{secrets.token_hex(4)}", secrets.token_urlsafe(12)
            database = orm.connect(self.server.create_database(name, owner=name, password=password), durable=False)
            migrate.upgrade(spec, database)
            hire(Store(spec.name, database, spec.tables))
            database.dispose()
            self._hired[spec.name] = name, password
        owner, password = self._hired[spec.name]
        names = [sql.Identifier(one) for one in (self._named(spec.name), owner, owner)]
        with self.server.connect() as db:
            db.execute(sql.SQL("create database {} template {} owner {}").format(*names))
        return self.server.url(self._made[-1], user=owner, password=password)

    def _named(self, name: str) -> str:
        self._made.append(f"{name}_{secrets.token_hex(4)}")
        return self._made[-1]


def bench_over(spec: Service, new_database: NewDatabases) -> Bench:
    """The same bench as everywhere, with one service over a new database."""
    return _bench({spec.name: (spec, orm.connect(new_database.hired(spec), pool_size=10))}, Clock())


def bench_of_all(new_database: NewDatabases, clock: Clock) -> Bench:
    """The whole system over PostgreSQL and the in-process bus, in the test's own time."""
    around = Deployment(public_url="http://plumbline.example")
    databases = {
        one.name: (one, replace(orm.connect(new_database.hired(one), durable=False), clock=None))
        for one in services.every()
    }
    return _bench(databases, clock, clock=clock, deployment=around)


def _bench(databases: dict[str, tuple[Service, orm.Database]], now: Clock, **how: Any) -> Bench:
    bench = Bench.__new__(Bench)
    bench.clock, bench._sequences, bench._tokens = now, {}, {}
    bench.system = System.over(databases, **how)
    return bench


def until_one_waits(engine: sa.Engine, *, many: int = 1) -> None:
    """Returns when another session, or so many, wait for a lock; fails when they do not for long."""
    wait = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    deadline = time.monotonic() + 60
    with engine.connect() as connection:
        while connection.execute(sa.text(wait)).scalar_one() < many:
            assert time.monotonic() < deadline, "nobody waits"
            connection.rollback()  # within a transaction the server tells what it told first


def looked_at(node: dict[str, Any]) -> int:
    """How many rows and entries of indexes a plan that was carried out (EXPLAIN ANALYZE, as JSON) looked at."""
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) if "Scan" in node["Node Type"] else 0
    return int(own * node["Actual Loops"]) + sum(map(looked_at, node.get("Plans", ())))
