"""What the tests of a real database share: a service's bench over it, and waiting for another session's lock."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import sqlalchemy as sa

from embedded.system import System
from embedded.testing import Bench, Clock, hire
from libs.common import migrate, orm
from libs.common.service import Service
from libs.common.surroundings import Surroundings


def bench_over(spec: Service, url: str) -> Bench:
    """The same bench as everywhere, with one service over the empty database at ``url``."""
    database = orm.connect(url, pool_size=10)
    migrate.upgrade(spec, database)
    bench = Bench.__new__(Bench)
    bench.clock, bench._sequences = Clock(), {}
    bench.system = System.over({spec.name: (spec, database)})
    hire(bench.system.parts[spec.name].store)
    return bench


def bench_of_all(specs: Iterable[Service], new_database: Callable[[str], str], clock: Clock) -> Bench:
    """The whole system over PostgreSQL and the in-process bus, in the test's own time."""
    databases = {
        one.name: (one, replace(orm.connect(new_database(one.name), durable=False), clock=None)) for one in specs
    }
    for spec, database in databases.values():
        migrate.upgrade(spec, database)
    bench = Bench.__new__(Bench)
    bench.clock, bench._sequences = clock, {}
    around = Surroundings(public_url="http://plumbline.example")
    bench.system = System.over(databases, clock=clock, surroundings=around)
    for part in bench.system.parts.values():
        hire(part.store)
    return bench


def until_one_waits(engine: sa.Engine, *, many: int = 1) -> None:
    """Returns when another session, or so many, wait for a lock; fails when they do not for long."""
    wait = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    deadline = time.monotonic() + 60
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.execute(sa.text(wait)).scalar_one() < many:
            assert time.monotonic() < deadline, "nobody waits"
