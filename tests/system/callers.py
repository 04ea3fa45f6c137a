"""Callers who ask at the gateway without pause, and count what was no success."""

import contextlib
import http.client
import itertools
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from tests.system.distributed_world import until
from tests.system.faulty_world import FaultyWorld

A_SECOND, CALLERS = 50, 5
AS_BEFORE = 10  #: a second's share of one of two
COUNT, LEADS = "plumbline_http_request_seconds_count", 'route="/api/v1/leads"'


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


@contextlib.contextmanager
def callers(world: FaultyWorld, port: int) -> Iterator[list[Caller]]:
    """Fifty requests a second, from before the block until after it."""
    stop = threading.Event()
    crowd = [Caller(world, port, stop) for _ in range(CALLERS)]
    for caller in crowd:
        caller.start()
    try:
        until(lambda: all(caller.valid for caller in crowd), "the load has begun")
        yield crowd
    finally:
        stop.set()
        for caller in crowd:
            caller.join()


def asked(bind: str) -> int:
    """How many requests for leads, or to take one in, this instance has answered."""
    counts = [line for line in numbers(bind).splitlines() if LEADS in line and line.startswith(COUNT)]
    return sum(int(float(line.rpartition(" ")[2])) for line in counts)


def asked_again(bind: str) -> bool:
    """Whether the gateway counts on this instance. One request alone may be one that has knocked since before."""
    return asked(bind) >= AS_BEFORE


def numbers(bind: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{bind}/api/v1/leads/metrics", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
