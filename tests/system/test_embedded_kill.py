"""The embedded system as a user starts it: killed at any moment it loses nothing, and it says plainly why it cannot."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

import services
from demo.client import Client, Refused
from demo.loader import PASSWORD, ident
from embedded.balance import balance
from embedded.system import System
from libs.common import orm
from libs.common.bus import Delivery
from libs.common.consumer import Consumer
from libs.common.store import Store
from libs.common.tokens import Signer
from libs.local.ports import free_port

ROOT = Path(__file__).parents[2]
STARTS_S, HEALS_S = 120, 60
STOPS_S = 15  #: less than it has: nothing in it has to be killed
ROLES = ("office", "salesperson")
FUNNELS = 3  #: at once
KILLS = int(os.environ.get("PLUMBLINE_TEST_KILLS", "3"))  #: by hand more

pytestmark = [pytest.mark.xdist_group("embedded"), pytest.mark.timeout(120 + KILLS * 10)]


class Running:
    """`./plumbline up --empty` on a folder and a port of its own."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.empty = True
        self.process: subprocess.Popen[str] | None = None

    def command(self, *more: str) -> list[str]:
        up = [sys.executable, "-m", "commands", "up", *(["--empty"] if self.empty else []), "--json"]
        return [*up, "--port", str(self.port), "--data", str(self.data), *more]

    def start(self) -> dict[str, Any]:
        log = self.data.with_suffix(".log")
        with log.open("a") as errors:
            self.process = subprocess.Popen(
                self.command(), stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, start_new_session=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, log.read_text()
        said: dict[str, Any] = json.loads(line)
        return said

    def refused(self, *more: str) -> tuple[int, str]:
        """Its exit code and what it says when it does not start."""
        done = subprocess.run(
            self.command(*more), capture_output=True, text=True, cwd=ROOT, timeout=STARTS_S, check=False
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done.returncode, done.stderr

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(STOPS_S)
        self.process.stdout.close()
        return code

    def serving(self) -> list[int]:
        """gunicorn's arbiter and its worker."""
        arbiter = int((self.data / "log" / "embedded.pid").read_text().split()[0])
        workers = Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split()
        return [arbiter, *map(int, workers)]

    def client(self, *roles: str, person: UUID | None = None) -> Client:
        """Somebody with these roles, or nobody in particular."""
        signer = Signer((self.data / "signing-key.pem").read_bytes())
        token = signer.issue(person or ident(f"test {roles}"), roles=roles, life=3600)
        return Client(f"http://127.0.0.1:{self.port}", token if roles else None)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    system = Running(tmp_path / "data")
    yield system
    if system.process is not None:
        system.end()  # also where it ended by itself: its pipe is ours


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that nobody kills: Ctrl-C ends it."""
    system = Running(tmp_path_factory.mktemp("idle") / "data")
    system.start()
    yield system
    assert system.end(signal.SIGINT) == 0
    assert "Traceback" not in (system.data / "log" / "embedded.log").read_text()


def until(found: Callable[[], Any], what: str, *, unless: tuple[int, ...] = (503,)) -> Any:
    """As a good client does: again while nobody answers or 503 says so; any other refusal ends the test."""
    deadline, trouble = time.monotonic() + HEALS_S, ""
    while time.monotonic() < deadline:
        try:
            if result := found():
                return result
        except Refused as refusal:
            if refusal.status not in unless:
                raise
            trouble = str(refusal)
        except (OSError, http.client.HTTPException) as away:
            trouble = str(away)
        time.sleep(0.05)
    raise AssertionError(f"not within {HEALS_S} s: {what}; {trouble}")


class Ledger:
    """Funnels that do not give up, and all that was acknowledged to them."""

    def __init__(self, running: Running) -> None:
        self.running, self.stop, self.lock = running, threading.Event(), threading.Lock()
        self.leads: dict[str, str] = {}  #: name → id
        self.acceptances: dict[str, str] = {}  #: id → opportunity
        self.names: list[str] = []  #: of every lead that was asked for
        self.trouble: list[BaseException] = []
        self.salesperson = self._hired()

    def _hired(self) -> UUID:
        admin = self.running.client("admin")
        body = {"name": "Sam", "email": "sam@test.example", "roles": ROLES}
        hired = admin.post("/api/v1/staff/people", body)["id"]
        admin.close()
        return UUID(hired)

    def walk(self, number: int) -> None:
        anybody, sam = self.running.client(), self.running.client(*ROLES, person=self.salesperson)
        try:
            turn = 0
            while not self.stop.is_set():
                self._funnel(f"{number}-{turn}-{uuid4().hex}", anybody, sam)
                turn += 1
        except BaseException as trouble:  # noqa: BLE001 - told by the test's own thread
            self.trouble.append(trouble)
        finally:
            anybody.close()
            sam.close()

    def _funnel(self, name: str, anybody: Client, sam: Client) -> None:
        def post(path: str, body: Any = None, by: Client = sam) -> Any:
            key = str(uuid4())
            return until(lambda: by.post(f"/api/v1{path}", body, key=key), path)

        body = {"channel": "phone", "person_name": name, "request": "a boiler", "emails": [f"{name}@{name}.example"]}
        with self.lock:
            self.names.append(name)
        lead = post("/leads", body)["id"]
        with self.lock:
            self.leads[name] = lead
        post(f"/leads/{lead}/validate")
        listed = f"/api/v1/opportunities?lead_id={lead}"
        opportunity = until(lambda: sam.get(listed)["items"], "its opportunity")[0]["id"]
        path, to = f"/api/v1/opportunities/{opportunity}/assign", {"salesperson_id": str(self.salesperson)}
        until(lambda: sam.post(path, to), "Sam is known to everyone", unless=(422, 503))
        post(f"/opportunities/{opportunity}/convert")
        listed = f"/api/v1/estimates?opportunity_id={opportunity}"
        estimate = until(lambda: sam.get(listed)["items"], "its estimate")[0]["id"]
        lines = [{"description": "a boiler", "qty": "1", "unit_price": "8400.00"}]
        draft = {"options": [{"name": "Standard", "lines": lines}]}
        path = f"/api/v1/estimates/{estimate}"
        until(lambda: sam.edit("PUT", f"{path}/draft", draft, read=path), "its price")
        token = post(f"/estimates/{estimate}/send", {"to": ["customer@example.com"]})["share_url"].rpartition("/")[2]
        option = until(lambda: anybody.get(f"/api/v1/shared/{token}"), "its offer")["options"][0]["id"]
        yes = {"option": option, "typed_name": "A Customer", "consent": True}
        accepted = post(f"/shared/{token}/accept", yes, by=anybody)["acceptance_id"]
        with self.lock:
            self.acceptances[accepted] = opportunity


def test_what_was_acknowledged_outlives_every_kill_and_happened_once(running: Running) -> None:
    running.start()
    ledger = Ledger(running)
    walkers = [threading.Thread(target=ledger.walk, args=(number,)) for number in range(FUNNELS)]
    for walker in walkers:
        walker.start()
    for turn in range(KILLS):
        sold = len(ledger.acceptances)
        until(lambda: len(ledger.acceptances) > sold or ledger.trouble, "another sale")  # noqa: B023 - called at once
        _kill(running, turn)
    ledger.stop.set()
    for walker in walkers:
        walker.join(2 * HEALS_S)
    assert not ledger.trouble, ledger.trouble

    office = running.client("office")
    listed = [lead["person_name"] for lead in office.items("/api/v1/leads?limit=200")]
    assert sorted(listed) == sorted(ledger.names)
    assert {lead["id"] for lead in office.items("/api/v1/leads?limit=200")} == set(ledger.leads.values())
    until(lambda: len(list(office.items("/api/v1/bookings?limit=200"))) >= len(ledger.acceptances), "the bookings")
    orders = list(office.items("/api/v1/bookings?limit=200"))
    assert sorted(one for order in orders for one in order["acceptance_ids"]) == sorted(ledger.acceptances)
    assert len({order["number"] for order in orders}) == len(orders)
    for acceptance in ledger.acceptances:
        sale = f"/api/v1/bookings/sales/{acceptance}"
        until(lambda: {one["state"] for one in office.get(sale)["steps"]} == {"done"}, "each step")  # noqa: B023
    office.close()
    assert running.end() == 0

    system = System.on_files(running.data, services.every())
    system.settle()
    faults = balance(system).faults
    system.close()
    assert faults == []


def _kill(running: Running, turn: int) -> None:
    """The worker, then the arbiter, then the supervisor and all, and again."""
    arbiter, *workers = until(running.serving, "its processes")
    if turn % 3 == 0:
        os.kill(workers[0] if workers else arbiter, signal.SIGKILL)
    elif turn % 3 == 1:
        os.kill(arbiter, signal.SIGKILL)
    else:
        running.end(signal.SIGKILL)
        running.start()


def test_another_on_its_folder_or_port_is_refused(idle: Running) -> None:
    code, said = idle.refused()
    assert (code, "in use" in said) == (2, True), said
    code, said = idle.refused("--data", str(idle.data.with_name("other")))
    assert (code, f"port {idle.port} is taken" in said) == (3, True), said


def test_what_is_no_http_gets_a_problem_and_never_a_page(idle: Running) -> None:
    url = urlsplit(f"http://127.0.0.1:{idle.port}")
    for request, status in (
        (b"GET /api/v1/leads/" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /api/v1/leads HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"NONSENSE\r\n\r\n", 400),
        (b"POST /api/v1/leads HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /api/v1/leads HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    ):
        with socket.create_connection((url.hostname, url.port), timeout=10) as wire:
            wire.sendall(request)
            answer = http.client.HTTPResponse(wire)
            answer.begin()
            assert answer.status in (status, 401), request[:60]
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert json.loads(answer.read())["status"] == answer.status
            answer.close()
    knock = http.client.HTTPConnection(url.netloc, timeout=10)
    knock.request("GET", "/api/v1/nothing/" + "1" * 4500)
    assert knock.getresponse().status == 404
    knock.close()


def test_a_folder_that_cannot_be_used_is_named(running: Running) -> None:
    running.data.mkdir()
    (running.data / "leads.db").write_bytes(b"this was a database once " * 400)
    code, said = running.refused()
    assert code == 2
    assert "leads.db" in said, said
    assert len(said.splitlines()) == 1, said

    (running.data / "leads.db").unlink()
    (running.data / "signing-key.pem").write_bytes(b"no key")
    code, said = running.refused()
    assert code == 2
    assert "signing-key.pem" in said, said

    file = running.data.with_name("file")
    file.write_text("")
    for wrong in (file, file / "below", Path("/proc/nowhere")):
        code, said = running.refused("--data", str(wrong))
        assert code == 2
        assert str(wrong) in said, said


def test_a_system_that_was_begun_without_the_demo_company_never_gets_it(running: Running) -> None:
    """Everybody knows the demo's password: it has no business among a company's own data."""
    running.start()
    running.end()
    running.empty = False

    running.start()

    with contextlib.closing(running.client()) as anybody, pytest.raises(Refused) as refused:
        anybody.post("/api/v1/staff/sessions", {"email": "admin@demo.example", "password": PASSWORD})
    assert refused.value.status == 401


def test_an_operator_finds_the_running_system_by_its_folder(idle: Running) -> None:
    def asked(*words: str) -> Any:
        command = [sys.executable, "-m", "commands", *words, "--data", str(idle.data), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=STARTS_S, check=False)
        assert done.returncode == 0, done.stderr
        assert "not running" not in done.stderr
        return json.loads(done.stdout)

    branch = {"name": "Nashville", "time_zone": "America/Chicago", "currency": "USD"}
    with contextlib.closing(idle.client("admin")) as admin:
        admin.post("/api/v1/staff/branches", branch)
    file = orm.connect(f"sqlite:///{idle.data / 'bookings.db'}")
    spec = services.spec("bookings")
    Consumer(Store("bookings", file, spec.tables), spec.subscriptions).deliver([Delivery(b"no fact")])
    file.dispose()

    [parked] = asked("parked", "list")
    assert (parked["service"], parked["reason"]) == ("bookings", "malformed")
    assert asked("parked", "discard", f"bookings:{parked['id']}", "--yes")["discarded"]
    assert asked("parked", "list") == []
    assert asked("replay", "--service", "staff", "--since", "first")["count"] >= 1
    assert asked("events", "tail", "--from", "first", "--limit", "1")["type"].startswith("plumbline.")
