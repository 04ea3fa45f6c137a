"""Workers as they run in production: threads of their own, one active relay, woken by the database."""

import threading
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from libs.common import config, loops, status, worker
from libs.common.locks import SLEEPING
from libs.common.service import Service
from libs.common.store import Store
from libs.common.wake import Listener
from libs.common.worker import run_worker
from libs.local.broker import Broker, VirtualHost
from tests.contract.throwaway import (
    MAKER,
    TAKER_METADATA,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)
from tests.system import rabbit_world
from tests.system.rabbit_world import RabbitWorld


class Company(RabbitWorld):
    """Workers do what the test did by hand elsewhere."""

    def __init__(self, broker: Broker, vhost: VirtualHost, urls: list[str]) -> None:
        super().__init__(broker, vhost, urls)
        self.urls = dict(zip(("maker", "taker", "other"), urls, strict=True))
        self.stops: list[threading.Event] = []

    def step(self) -> None:
        pass

    def work(self, service: Service) -> threading.Event:
        environment = {
            "PLUMBLINE_DATABASE_URL": self.urls[service.name],
            "PLUMBLINE_AMQP_URL": self.url(service.name),
            "PLUMBLINE_MANAGEMENT_URL": self.broker.management_url,
        }
        stop = threading.Event()
        thread = threading.Thread(target=run_worker, args=(service, config.load(environment, "worker"), stop))
        self.stops.append(stop)
        self.threads.append(thread)
        thread.start()
        return stop

    def close(self) -> None:
        for stop in self.stops:
            stop.set()
        super().close()

    def rename_tables(self, before: str, after: str) -> None:
        """Those of the taker, all at one moment."""
        with self.databases[1].engine.begin() as database:
            for name in TAKER_METADATA.tables:
                database.execute(sa.text(f"ALTER TABLE {before.format(name)} RENAME TO {after.format(name)}"))

    def asleep(self) -> bool:
        """Whether the maker's relay is."""
        question = sa.text(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND objid = :lock AND granted AND datname = current_database()"
        )
        with self.databases[0].engine.connect() as database:
            return database.execute(question, {"lock": SLEEPING}).scalar_one() == 1


@pytest.fixture
def company(rabbit: Broker, vhost: VirtualHost, new_database: Callable[[str], str]) -> Iterator[Company]:
    company = Company(rabbit, vhost, [new_database(name) for name in ("maker", "taker", "other")])
    try:
        yield company
    finally:
        company.close()


def test_facts_travel_between_workers_and_each_part_says_that_it_is_well(company: Company) -> None:
    for service in company.services:
        company.work(service)
    subject = company.make("made", "changed")

    company.until_heard(subject, "made", "changed")

    table = company.taker.store.tables.worker_status

    def said() -> dict[str, bool]:
        with company.taker.store.reading() as tx:
            return {row.part: row.ok for row in tx.session.execute(sa.select(table))}

    everyone = {"relay", "broker", "consumer", "timers", "bindings", "bindings_seen", "dead letters", "unrouted"}
    everyone |= {"audit", "idempotency", "retention", "history"}
    company.until(lambda: said() == dict.fromkeys(everyone, True), "every part of the taker's worker is well")


def test_a_sleeping_relay_is_woken_by_the_commit(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "POLL_S", 99.0)  # looking by itself would be too late
    monkeypatch.setattr(rabbit_world, "PATIENCE_S", 50.0)
    company.work(MAKER)
    company.read()

    for note in ("once", "twice", "thrice"):
        company.until(company.asleep, "the relay sleeps")
        company.until_heard(company.make(note), note)
    company.stops[0].set()
    company.make("so that it wakes, and stops")


def test_one_relay_is_active_and_the_next_takes_over(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, look = list[bool](), Listener.become_active
    monkeypatch.setattr(Listener, "become_active", lambda listener: looks.append(look(listener)) or looks[-1])
    monkeypatch.setattr(worker, "STANDBY_S", 0.05)
    company.work(company.taker.service)
    company.work(company.other.service)
    first = company.work(MAKER)
    company.until_heard(company.make("first"), "first")
    company.work(MAKER)
    company.until(lambda: looks.count(False) >= 2, "the next one stands by")

    first.set()

    company.until_heard(company.make("second"), "second")


def test_a_worker_told_to_stop_ends_soon_with_nothing_half_done(company: Company) -> None:
    for service in company.services:
        company.work(service)
    subject = company.make(*map(str, range(50)))
    company.until(lambda: bool(company.taker.heard(subject)), "the taker has begun")

    for stop in company.stops:
        stop.set()
    for thread in company.threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in company.threads)

    heard = company.taker.heard(subject)
    assert heard == [str(note) for note in range(len(heard))]
    assert company.taker.position(subject) == len(heard)
    company.work(company.taker.service)
    company.work(company.other.service)
    company.work(MAKER)
    company.until_heard(subject, *map(str, range(50)))


def test_a_worker_goes_on_after_its_tables_were_away(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """As while a dump is restored over its database: the tables go, and come back."""
    unheard: set[str] = set()
    write = status.write

    def listening(store: Store, part: str, ok: bool, detail: str, **more: bool) -> bool:
        try:
            return write(store, part, ok, detail, **more)
        except sa.exc.ProgrammingError:
            unheard.add(part)
            raise

    monkeypatch.setattr(status, "write", listening)
    for service in company.services:
        company.work(service)
    company.until_heard(company.make("before"), "before")
    company.rename_tables("{0}", "away_{0}")
    meanwhile = company.make("meanwhile")
    company.until(lambda: unheard >= {"timers", "consumer"}, "they could not even say that they are in trouble")

    company.rename_tables("away_{0}", "{0}")

    company.until_heard(meanwhile, "meanwhile")
    company.until_heard(company.make("after"), "after")
