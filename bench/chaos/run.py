"""The run: a system of its own, funnels driven through it while a monkey is at it, then rest, and the auditor."""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

import services
from bench.auditor import audit, fact_ids
from bench.chaos.alive import Alive
from bench.chaos.disorder import Disorder
from bench.chaos.monkey import Monkey
from bench.chaos.wire import Redeliveries, broker_of, history, left_over
from bench.funnels import Walker
from bench.ledger import Careful, Ledger
from bench.reckoning import reckon
from demo.client import Client, Refused
from demo.loader import PASSWORD
from embedded.system import System
from libs.common import orm
from libs.common.errors import DomainError
from libs.local.database import DatabaseServer
from tests.system.distributed_world import Distributed

PATIENCE_S, RESTS_S = 180.0, 240.0
PAUSE_S = 0.3  #: before a client asks again: who asks more often only takes the processor from who gets up
REPEATS = 0.05  #: how many of the answered requests are asked once more


@dataclass(frozen=True)
class Plan:
    """How much of what; times in seconds between two of a kind. It goes on until each kind has happened.

    ``down``: how many may be getting up when another is killed; the machine may take longer for that than ``kill``.
    """

    funnels: int = 300
    clients: int = 8
    kill: float = 3.0
    broker: float = 40.0
    database: float = 60.0
    down: int = 2
    seed: int = 1


@dataclass
class Report:
    """What happened and what is wrong. A run in which something never happened proves nothing, and fails."""

    funnels: int = 0
    seconds: float = 0.0
    rest_seconds: float = 0.0
    requests: int = 0
    unanswered: int = 0
    replayed: int = 0
    facts: int = 0
    kills: int = 0
    seconds_a_kill: float = 0.0
    broker_restarts: int = 0
    database_stops: int = 0
    restarts: int = 0
    redeliveries: int = 0
    held: int = 0
    tried_alone: int = 0
    duplicates: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def check(self) -> None:
        must = (
            "funnels", "unanswered", "kills", "broker_restarts", "database_stops", "restarts", "redeliveries", "held",
            "duplicates",
        )  # fmt: skip
        self.faults += [f"{name} is 0: this run proves nothing" for name in must if not getattr(self, name)]

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1)


class Load:
    """Clients that each walk whole funnels until there are enough, whatever happens."""

    def __init__(self, url: str, plan: Plan, ledger: Ledger, enough: Callable[[int], bool]) -> None:
        self.url, self.ledger, self.enough = url, ledger, enough
        self.done, self.trouble, self._guard = 0, list[str](), threading.Lock()
        self.ready = threading.Barrier(plan.clients + 1)
        self.threads = [threading.Thread(target=self._walk, daemon=True) for _ in range(plan.clients)]
        for thread in self.threads:
            thread.start()
        with suppress(threading.BrokenBarrierError):
            self.ready.wait()

    def _client(self, url: str, token: str | None) -> Client:
        return Careful(
            url, token, ledger=self.ledger, revive=lambda: time.sleep(PAUSE_S), patience=PATIENCE_S, unready=PATIENCE_S,
            repeats=REPEATS,
        )  # fmt: skip

    def _sign_in(self, role: str, client: Client) -> str | None:
        body = {"email": f"{role}@demo.example", "password": PASSWORD}
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                with closing(Client(self.url)) as door:
                    client.token = door.call("POST", "/api/v1/staff/sessions", body).body["access_token"]
            except (Refused, OSError):
                time.sleep(PAUSE_S)
            else:
                return client.token
        return None

    def _walker(self) -> Walker:
        """Signed in before anything goes wrong, and again whenever that has run out."""
        walker = Walker(self.url, self._client, PATIENCE_S)
        for role, client in walker.as_.items():
            assert isinstance(client, Careful)
            client.renew = lambda role=role, client=client: self._sign_in(role, client)  # type: ignore[misc]
        return walker

    def _walk(self) -> None:
        try:
            with closing(self._walker()) as walker:
                self.ready.wait()
                self._walk_funnels(walker)
        except Exception as trouble:  # noqa: BLE001 - who cannot even begin
            self.trouble.append(f"nobody walked: {type(trouble).__name__}: {trouble}")
            self.ready.abort()

    def _walk_funnels(self, walker: Walker) -> None:
        while not self.enough(self.done) and not self.trouble:
            try:
                walker.funnel()
            except Exception as trouble:  # noqa: BLE001 - a funnel that cannot be walked to its end is a fault
                self.trouble.append(f"a funnel ended: {type(trouble).__name__}: {trouble}")
            else:
                with self._guard:
                    self.done += 1

    def join(self) -> None:
        for thread in self.threads:
            thread.join()


@contextmanager
def started() -> Iterator[Distributed]:
    """A system with the demo company."""
    with tempfile.TemporaryDirectory(prefix="plumbline-chaos-") as made:
        system = Distributed(Path(made) / "data", empty=False)
        try:
            yield system
        finally:
            system.stop()


@contextmanager
def looked_into(data: Path) -> Iterator[System]:
    """The services' databases, for the auditor; nothing of it runs."""
    urls = {name: (data / "secrets" / f"{name}-database-url").read_text() for name in services.NAMES}
    system = System.over({name: (services.spec(name), orm.connect(url)) for name, url in urls.items()})
    try:
        yield system
    finally:
        system.close()


def run(plan: Plan) -> Report:
    report = Report()
    with started() as system, looked_into(system.data) as seen:
        ledger = Ledger(system.data.with_name("ledger"))
        broker = broker_of(system.data)
        disorder = Disorder(server_of(system.data), {name: part.store for name, part in seen.parts.items()})
        monkey = Monkey(
            Alive(system), disorder, Redeliveries(broker), lambda: list(ledger.open.values()), kill=plan.kill,
            broker=plan.broker, database=plan.database, down=plan.down, seed=plan.seed,
        )  # fmt: skip

        def proves() -> bool:
            return monkey.done_each and any(one.broken for one in list(ledger.entries.values()))

        began = time.monotonic()
        load = Load(system.said["url"], plan, ledger, lambda done: done >= plan.funnels and proves())
        monkey.start()
        load.join()
        monkey.stop.set()
        monkey.join()
        report.funnels, report.seconds = load.done, round(time.monotonic() - began, 1)
        report.faults += load.trouble + ([f"the monkey fell: {monkey.failure}"] if monkey.failure else [])
        insist(disorder.end)
        rest(report, seen, ledger, lambda: left_over(broker))
        told = {str(ident) for some in fact_ids(seen).values() for ident in some}
        wire = history(broker)
        if missing := told - wire.keys():
            report.faults.append(f"{len(missing)} facts never went over the broker")
        monkey.redeliveries.look()
        _count(report, monkey, ledger, disorder)
        report.facts, report.duplicates = len(told), wire.total() - len(wire)
        ledger.close()
        disorder.close()
    report.check()
    return report


def _count(report: Report, monkey: Monkey, ledger: Ledger, disorder: Disorder) -> None:
    entries = ledger.entries.values()
    report.requests, report.unanswered = len(entries), sum(one.broken for one in entries)
    report.replayed = sum(one.replayed for one in entries)
    report.kills, report.killed = monkey.did["kills"], dict(sorted(monkey.died.items()))
    report.seconds_a_kill = round(report.seconds / max(1, report.kills), 1)
    report.broker_restarts, report.database_stops = monkey.did["broker"], monkey.did["database"]
    report.restarts, report.redeliveries = monkey.restarts, monkey.redeliveries.total
    report.held, report.tried_alone = disorder.held()


def server_of(data: Path) -> DatabaseServer:
    ports = json.loads((data / "ports.json").read_text())
    url = make_url((data / "secrets" / "database-admin-url").read_text())
    return DatabaseServer(host="127.0.0.1", port=ports["database"], user=str(url.username), password=str(url.password))


def insist(act: Callable[[], object]) -> None:
    """Until the database is there for it."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            act()
        except (psycopg.Error, DomainError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def rest(report: Report, seen: System, ledger: Ledger, left: Callable[[], list[str]]) -> None:
    """Waits, without a human, until the auditor has nothing to say and the reports agree; then what is said counts."""
    began = time.monotonic()
    faults = ["the auditor never got to look"]
    while faults and time.monotonic() - began < RESTS_S:
        time.sleep(1.0)
        try:
            faults = left() or audit(seen, ledger) + reckon(seen)  # while there is more to come the auditor can wait
        except (DomainError, OSError) as away:
            faults = [f"somebody is still away: {away}"]
    report.rest_seconds = round(time.monotonic() - began, 1)
    report.faults += faults
