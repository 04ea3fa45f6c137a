"""A new version is rolled out: one instance after the other is stopped and started, and no caller notices."""

import http.client
import itertools
import json
import logging
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from libs.local import nginx
from libs.local.ports import free_port
from tests.system.distributed_world import until
from tests.system.faulty_world import NAMES, STARTS_S, FaultyWorld, gateway_to

# One world for all files of the group; one worker of xdist has all of it.
pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(240)]
INSTANCE = "-2"
A_SECOND, CALLERS = 50, 5
LOG = logging.getLogger(__name__)


class Caller(threading.Thread):
    """Asks ten times a second, whatever the answers, and never again for the same; ``failed``: what was no success."""

    def __init__(self, world: FaultyWorld, port: int, stop: threading.Event) -> None:
        super().__init__()
        self.world, self.stop, self.token = world, stop, world.token()
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.asked, self.failed, self.valid = 0, list[str](), list[str]()

    def run(self) -> None:
        due = time.monotonic()
        for ask in itertools.cycle((self.enquire, self.read, self.list, self.validate)):
            if self.stop.wait(max(0.0, due - time.monotonic())):
                break
            ask()
            due = max(due + CALLERS / A_SECOND, time.monotonic() - 1.0)  # what a pause left undone is not made up for
        self.wire.close()

    def enquire(self) -> None:
        self.lead = (self.ask("POST", "", self.world.enquiry()) or {}).get("id", "")

    def read(self) -> None:
        self.ask("GET", f"/{self.lead}")

    def list(self) -> None:
        self.ask("GET", "?limit=10")

    def validate(self) -> None:
        if self.ask("POST", f"/{self.lead}/validate", {}):
            self.valid.append(self.lead)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        self.asked += 1
        try:
            self.wire.request(method, f"/api/v1/leads{path}", None if body is None else json.dumps(body), headers)
            answer = self.wire.getresponse()
            said = answer.read()
        except (http.client.HTTPException, OSError) as broken:
            self.failed.append(f"{method} {path}: {broken!r}")
            self.wire.close()
            return None
        if answer.status >= 300:
            self.failed.append(f"{method} {path}: {answer.status} {said[:200]!r}")
            return None
        return json.loads(said)


@pytest.fixture
def instances(faults: FaultyWorld) -> Iterator[dict[str, str]]:
    """Two of leads' api, and where they listen."""
    second = f"127.0.0.1:{free_port()}"
    process = faults.serve("leads", second, INSTANCE)
    until(lambda: numbers(second), "the second instance answers", STARTS_S)
    yield {"": faults.binds["leads"], INSTANCE: second}
    faults.processes.pop(f"leads-api{INSTANCE}", process).kill()


@pytest.fixture
def gateway(instances: dict[str, str], tmp_path: Path) -> Iterator[nginx.Gateway]:
    with gateway_to(instances.values(), tmp_path) as running:
        yield running


def numbers(bind: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{bind}/api/v1/leads/metrics", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(3000)])])
def test_a_rolling_restart_fails_no_request(
    faults: FaultyWorld, instances: dict[str, str], gateway: nginx.Gateway, times: int
) -> None:
    """Both apis and the workers in turn, each when the one before is back. What was answered is there and arrives."""
    stop = threading.Event()
    callers = [Caller(faults, gateway.port, stop) for _ in range(CALLERS)]
    began = time.monotonic()
    for caller in callers:
        caller.start()
    try:
        until(lambda: all(caller.valid for caller in callers), "the load has begun")
        for _ in range(times):
            for instance, bind in instances.items():
                faults.processes[f"leads-api{instance}"].stop()
                faults.serve("leads", bind, instance)
                until(lambda: 'route="/api/v1/leads"' in numbers(bind), "the gateway asks it again", STARTS_S)  # noqa: B023
            for name in NAMES:
                faults.processes[f"{name}-worker"].stop()
                faults.work(name)
    finally:
        stop.set()
        for caller in callers:
            caller.join()

    asked, seconds = sum(caller.asked for caller in callers), time.monotonic() - began
    LOG.info("%d rolling restarts, %d requests, %.0f a second", times, asked, asked / seconds)
    assert [failure for caller in callers for failure in caller.failed] == []
    faults.until_arrived(*(lead for caller in callers for lead in caller.valid), seconds=STARTS_S)
