"""A version that begins to read a stream which has a past: what happened before is there, once, and is no news."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from embedded import backfill
from embedded.run import Threads
from embedded.system import System
from embedded.testing import CAST, Bench
from libs.common import backfill as kept
from libs.common import migrate, orm
from libs.common.contracts.base import facts
from libs.common.contracts.opportunities import OpportunityOpened
from libs.common.service import Service, Subscriptions
from libs.common.store import Store
from tests.flow.funnel import API, Funnel


def deaf(service: Service, *streams: str) -> Service:
    """As a version before that did not read these."""
    reads = Subscriptions()
    for fact in facts():
        handler = service.subscriptions.handler(fact.name)
        if handler is not None and fact.aggregate() not in streams:
            reads.on(fact)(handler)
    return replace(service, subscriptions=reads)


def over(bench: Bench, **instead: tuple[Service, orm.Database]) -> System:
    """A system of other versions, or other databases, of some services, and else the same."""
    same = {name: (part.service, part.store.database) for name, part in bench.system.parts.items()}
    around = bench.system.parts["leads"].store.deployment
    return System.over(same | instead, signer=bench.system.signer, clock=bench.clock, deployment=around)


@pytest.fixture
def funnel(bench: Callable[..., Bench]) -> Funnel:
    return Funnel(bench())


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str], orm.Database]]:
    """A service's database of this name in the test's folder."""
    with contextlib.ExitStack() as stack:

        def open_(name: str) -> orm.Database:
            database = orm.connect(f"sqlite:///{tmp_path / name}", durable=False)
            stack.callback(database.dispose)
            return database

        yield open_


def copy(database: orm.Database, there: Path) -> None:
    with closing(sqlite3.connect(str(database.engine.url.database))) as now, closing(sqlite3.connect(there)) as then:
        now.backup(then)


def before(funnel: Funnel, name: str, *streams: str) -> System:
    """Lets the version before run; returns the one that is to come."""
    later, part = funnel.bench.system, funnel.bench.system.parts[name]
    funnel.bench.system = over(funnel.bench, **{name: (deaf(part.service, *streams), part.store.database)})
    return later


def valid(funnel: Funnel) -> str:
    lead = str(funnel.lead()["id"])
    funnel.do("csr", f"/leads/{lead}/validate")
    return lead


def upgrade(funnel: Funnel, later: System) -> int:
    """How many facts each service took in that were told before."""
    funnel.bench.system = later
    told = backfill.told(later)
    counts = [count for name in later.parts for count in [0, *backfill.take_in(later, name, told)][-1:]]
    funnel.settle()
    return sum(counts)


def test_what_was_told_before_a_service_listened_takes_effect_once_when_it_does(funnel: Funnel) -> None:
    later = before(funnel, "opportunities", "lead")
    leads = [valid(funnel) for _ in range(3)]
    assert funnel.see("/opportunities")["items"] == []

    assert upgrade(funnel, later) > 0
    funnel.do("csr", f"/leads/{leads[0]}/assign", {"owner_id": str(CAST["salesperson"][0])})

    opened = [funnel.one(f"/opportunities?lead_id={lead}") for lead in leads]
    assert opened[0]["salesperson_id"] == str(CAST["salesperson"][0]), "what came since waits behind nothing"
    assert upgrade(funnel, later) == 0
    assert len(funnel.bench.told("opportunities", OpportunityOpened)) == 3


def test_it_is_taken_in_while_the_system_serves(funnel: Funnel, monkeypatch: pytest.MonkeyPatch) -> None:
    later = before(funnel, "opportunities", "lead")
    lead = valid(funnel)
    funnel.bench.system = later
    taken, finish = threading.Event(), kept.finish

    def finished(store: Store, streams: Collection[str]) -> None:
        finish(store, streams)
        taken.set()

    monkeypatch.setattr(kept, "finish", finished)

    threads = Threads(later)
    assert taken.wait(60)
    threads.stop()

    assert funnel.one(f"/opportunities?lead_id={lead}")["lead_id"] == lead


def test_what_was_interrupted_goes_on_at_the_next_start(funnel: Funnel, monkeypatch: pytest.MonkeyPatch) -> None:
    later = before(funnel, "opportunities", "lead")
    leads = [valid(funnel) for _ in range(3)]
    monkeypatch.setattr(backfill, "BATCH", 2)
    funnel.bench.system = later

    assert next(backfill.take_in(later, "opportunities", {})) == 2  # and here it is killed
    upgrade(funnel, over(funnel.bench))

    assert len([funnel.one(f"/opportunities?lead_id={lead}") for lead in leads]) == 3
    assert len(funnel.bench.told("opportunities", OpportunityOpened)) == 3


def test_nobody_is_told_today_of_what_happened_before_their_news_were_listened_for(funnel: Funnel) -> None:
    later = before(funnel, "notifications", "opportunity")
    opportunity = funnel.opportunity()
    funnel.bench.clock.forward(days=1)

    upgrade(funnel, later)
    assert funnel.alerts("salesperson", opportunity) == []
    assert funnel.see(f"/opportunities/{opportunity}")["salesperson_id"] == str(CAST["salesperson"][0])

    funnel.do("csr", f"/opportunities/{opportunity}/assign", {"salesperson_id": str(CAST["colleague"][0])})
    assert len(funnel.alerts("colleague", opportunity)) == 1


def test_a_database_that_is_gone_is_said_and_not_made_up_anew(
    funnel: Funnel, tmp_path: Path, opened: Callable[[str], orm.Database]
) -> None:
    upgrade(funnel, funnel.bench.system)
    opportunity = funnel.opportunity()
    spec = funnel.bench.system.parts["opportunities"].service
    empty = opened("empty.db")
    migrate.upgrade(spec, empty)

    assert upgrade(funnel, over(funnel.bench, opportunities=(spec, empty))) == 0

    said = funnel.as_("admin").get(f"{API}/opportunities/readyz").get_json()
    assert (said["status"], "restore its backup" in said["parts"]["new database"]["detail"]) == ("degraded", True)
    assert funnel.bench.told("opportunities", OpportunityOpened) == [], f"another one than {opportunity}"

    with closing(
        sqlite3.connect(tmp_path / "empty.db", isolation_level=None)
    ) as by_hand:  # docs/operations.md: begin anew
        by_hand.execute("DELETE FROM worker_status WHERE part = 'new database'")
    assert upgrade(funnel, over(funnel.bench)) > 0
    assert len(funnel.bench.told("opportunities", OpportunityOpened)) == 1


def test_a_file_of_an_earlier_time_than_the_others_is_said_where_all_are_of_one_moment_nothing_is(
    funnel: Funnel, tmp_path: Path, opened: Callable[[str], orm.Database]
) -> None:
    funnel.booked()
    system = funnel.bench.system
    spec, leads = system.parts["leads"].service, system.parts["leads"].store.database
    copy(leads, tmp_path / "yesterday.db")
    funnel.lead()
    assert [name for name, told in backfill.told(system).items() if backfill.forgotten(system, told)] == []
    assert funnel.see("/leads/readyz", "admin")["status"] == "ok"

    backup = opened("yesterday.db")
    funnel.bench.system = over(funnel.bench, leads=(spec, backup))
    pause = threading.Event()
    threads = Threads(funnel.bench.system)
    try:
        for _ in range(100):
            parts = funnel.see("/leads/readyz", "admin")["parts"]
            if "restored" in parts:
                break
            pause.wait(0.1)
    finally:
        threads.stop()
    assert "others know 1 facts" in parts["restored"]["detail"]
    assert parts["restored"]["ok"] is False


def test_a_restored_file_catches_up_with_what_the_others_told_since(
    funnel: Funnel, tmp_path: Path, opened: Callable[[str], orm.Database]
) -> None:
    upgrade(funnel, funnel.bench.system)
    card = funnel.lead()["id"]
    console = funnel.bench.system.parts["console"]
    copy(console.store.database, tmp_path / "then.db")
    funnel.do("csr", f"/leads/{card}/validate")
    late = funnel.lead()["id"]

    backup = opened("then.db")
    later = over(funnel.bench, console=(console.service, backup))
    assert upgrade(funnel, later) > 0

    lanes = {one["id"]: one["lane"] for one in funnel.as_("office").items(f"{API}/pipeline/cards")}
    assert lanes == {card: "opportunity.new", late: "lead.new"}
    assert upgrade(funnel, later) == 0
