"""Far more callers than a service can answer: some are told to come later, nobody is lied to, and memory is bounded."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

import services
from bench.auditor import audit
from embedded.system import System
from libs.common import orm
from libs.local import nginx
from tests.system.distributed_world import until
from tests.system.faulty_world import NAMES, FaultyWorld, gateway_to

# One world for all files of the group; one worker of xdist has all of it.
pytestmark = pytest.mark.xdist_group("faults")
CALLERS = 160  #: the api has four threads, and the gateway lets 128 of one address in
GROWTH_MB, PAUSE_S, BEGIN_S, ARRIVE_S = 50, 0.05, 120.0, 120.0
REFUSED = {429, 502, 503, 504}


class Caller(threading.Thread):
    """Enters an enquiry and its verdict, again and again, each under its key until it is taken."""

    def __init__(self, world: FaultyWorld, port: int, stop: threading.Event) -> None:
        super().__init__()
        self.world, self.port, self.stop, self.token = world, port, stop, world.token()
        self.told, self.wrong, self.promised = Counter[int](), list[str](), list[str]()
        self.slowest = 0.0

    def run(self) -> None:
        self.wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stop.is_set():
            if lead := self.insist("", self.world.enquiry()):
                self.promised.append(lead["id"])
                self.insist(f"/{lead['id']}/validate", {})
        self.wire.close()

    def insist(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers["Idempotency-Key"] = str(uuid4())
        while not self.stop.is_set():
            began = time.monotonic()
            self.wire.request("POST", f"/api/v1/leads{path}", json.dumps(body), headers)
            answer = self.wire.getresponse()
            said = answer.read()
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.told[answer.status] += 1
            if answer.status < 300:
                return json.loads(said)
            if answer.status not in REFUSED or "Retry-After" not in answer.headers:
                self.wrong.append(f"{path}: {answer.status} {said[:200]!r}")
            self.stop.wait(PAUSE_S)  # sooner than it was asked to come again
        return None


@pytest.fixture
def gateway(faults: FaultyWorld, tmp_path: Path) -> Iterator[nginx.Gateway]:
    with gateway_to([faults.binds["leads"]], tmp_path) as running:
        yield running


@pytest.fixture
def books(faults: FaultyWorld) -> Iterator[System]:
    """Both services' databases, for the auditor."""
    system = System.over({name: (services.spec(name), orm.connect(faults.urls[name])) for name in NAMES})
    yield system
    system.close()


def memory_mb(world: FaultyWorld) -> dict[str, float]:
    """What each process and what it has started hold, by name."""
    return {name: sum(map(resident_mb, family(process.pid))) for name, process in world.processes.items()}


def family(pid: int) -> list[int]:
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def resident_mb(pid: int) -> float:
    [line] = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seconds", [2, 300])
def test_who_comes_too_much_is_told_when_to_come_again(
    faults: FaultyWorld, books: System, gateway: nginx.Gateway, measured: Callable[[str], None], seconds: float
) -> None:
    stop = threading.Event()
    callers = [Caller(faults, gateway.port, stop) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        until(lambda: sum(len(caller.promised) for caller in callers) > CALLERS, "all are at it", BEGIN_S)
        before, began = memory_mb(faults), time.monotonic()
        stop.wait(seconds)
        grown = {name: held - before[name] for name, held in memory_mb(faults).items()}
        lasted = time.monotonic() - began
    finally:
        stop.set()
        for caller in callers:
            caller.join()

    told = sum((caller.told for caller in callers), Counter[int]())
    slowest = max(caller.slowest for caller in callers)
    measured(f"{lasted:.0f} s, answers {dict(told)}, slowest {slowest:.1f} s, MB {grown}")
    assert [wrong for caller in callers for wrong in caller.wrong] == []
    assert sum(told[status] for status in REFUSED) > 0
    assert max(grown.values()) < GROWTH_MB
    promised = [lead for caller in callers for lead in caller.promised]
    found: list[str] = []

    def balanced() -> bool:
        found[:] = audit(books)
        return not found

    until(balanced, f"the books balance: {found}", ARRIVE_S)
    assert set(promised) <= known(books)


def known(books: System) -> set[str]:
    leads = books.parts["leads"]
    with leads.store.reading() as tx:
        return {str(ident) for ident in tx.session.scalars(sa.select(leads.service.metadata.tables["leads"].c.id))}
