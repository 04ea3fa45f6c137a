"""Two services as they run in production, with lines to their broker and database that a test may spoil."""

import contextlib
import http.server
import json
import os
import re
import secrets
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import services
from demo.client import Client, Refused
from demo.loader import home_branch
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import Account, provision
from libs.common.service import Service
from libs.common.tokens import Signer
from libs.local import nginx
from libs.local.broker import Broker
from libs.local.nursery import Nursery
from libs.local.ports import free_port
from libs.local.process import Process, Program
from tests.system.distributed_world import until, until_taken
from tests.system.faulty_servers import Node, Server
from tests.system.proxy import Proxy

ROOT = Path(__file__).parents[2]
NAMES = ("leads", "opportunities")  #: the first tells, the second reacts
STARTS_S, HEALS_S, TOLD_S = 90.0, 40.0, 60.0
AREAS = (615, 205, 212, 213, 214, 216, 303, 305, 312, 313)  #: each has ten thousand numbers that are nobody's
LOADED = (
    *(f"services.{name}.service" for name in NAMES),
    *("libs.common.cli", "libs.common.worker", "libs.common.web", "libs.common.web.server", "libs.common.migrate"),
)
Parts = dict[str, dict[str, Any]]


class FaultyWorld:
    """``broker`` and ``database`` are the servers; ``to_broker`` and ``to_database`` the lines to them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.code = folder, ROOT  # what is started from here on runs this code
        self.signer = Signer.new()
        self.services: list[Service] = [services.spec(name) for name in NAMES]
        self.accounts = {name: Account(name, secrets.token_hex(12)) for name in NAMES}
        self.binds = {name: f"127.0.0.1:{free_port()}" for name in NAMES}
        self.nursery = Nursery(LOADED, log=folder / "nursery.log", env=self._environment({}))
        self.processes: dict[str, Process] = {}
        self.numbers = iter(range(10_000 * len(AREAS)))

    def start(self) -> None:
        place = self.folder / "postgres"
        place.mkdir(mode=0o755)
        self.database = Server(place, self.folder / "postgres.log")
        self.broker = Node(self.folder / "rabbit")
        self.to_database, self.to_broker = Proxy(self.database._kept), Proxy(self.broker.ports[0])
        self.broker.begin()
        self.database.start()
        self.urls = {name: self.database.create_database(name, name, secrets.token_hex(12)) for name in NAMES}
        self.keys = _Keys(self.signer)
        self.steps = [self.run(name, "migrate", {}) for name in NAMES]
        assert [step.wait(STARTS_S) for step in self.steps] == [0, 0]
        for name in NAMES:
            self.serve(name, self.binds[name])
        self.broker.await_ready(self.broker._process)
        self.provision()
        for name in NAMES:
            self.work(name)
        self.until_well()

    def provision(self) -> None:
        """What `plumbline topology` does."""
        management = Management(self.broker.management_url, self.broker.url())
        provision(management, self.services, self.accounts, PUBLISHERS)

    @contextlib.contextmanager
    def watched(self) -> Iterator[Path]:
        """`plumbline topology --watch` runs; where it writes what it has to say."""
        log = self.folder / "topology.log"
        passwords = " ".join(f"{name}={account.password}" for name, account in self.accounts.items())
        env = {"AMQP_URL": self.broker.url(), "MANAGEMENT_URL": self.broker.management_url}
        env["BROKER_PASSWORDS"] = passwords
        command = [sys.executable, "-m", "commands", "topology", "--watch"]
        told = self._environment({f"PLUMBLINE_{key}": value for key, value in env.items()})
        watch = Program(command, log=log, env=told, cwd=self.code).start()
        try:
            yield log
        finally:
            watch.stop()

    def serve(self, name: str, bind: str, instance: str = "") -> Process:
        """An instance of its api; it may have more than one."""
        web = {"JWKS_URL": self.keys.url, "BIND": bind, "WEB_WORKERS": "1", "WEB_THREADS": "4"}
        process = self.processes[f"{name}-api{instance}"] = self.run(name, "api", web, instance)
        return process

    def work(self, name: str) -> None:
        mine = self.accounts[name]
        line = Broker(host="127.0.0.1", port=self.to_broker.port, management_url="", admin=("", ""))
        given = {"AMQP_URL": line.url(mine.name, mine.password), "MANAGEMENT_URL": self.broker.management_url}
        self.processes[f"{name}-worker"] = self.run(name, "worker", given)

    def run(self, name: str, role: str, given: Mapping[str, str], instance: str = "") -> Process:
        """One of a service's processes; its database is behind the line."""
        url = self.urls[name].replace(f":{self.database.port}/", f":{self.to_database.port}/")
        env = self._environment({f"PLUMBLINE_{key}": value for key, value in {"DATABASE_URL": url, **given}.items()})
        log = self.folder / f"{name}-{role}{instance}.log"
        nursery = self.nursery if self.code == ROOT else None  # it has loaded today's code
        command = [sys.executable, "-m", f"services.{name}", role]
        return Program(command, log=log, env=env, cwd=self.code, nursery=nursery).start()

    def _environment(self, told: Mapping[str, str]) -> dict[str, str]:
        ours = {key: value for key, value in os.environ.items() if not key.startswith("PLUMBLINE_")}
        return {**ours, **told, "PYTHONPATH": str(self.code), "PYTHONUNBUFFERED": "1"}

    def stop(self) -> None:
        self.keys.close()
        for process in self.processes.values():
            process.kill()
        self.nursery.end()
        for server in (self.broker, self.database):
            with contextlib.suppress(AttributeError):
                server.stop()
        self.to_database.close()
        self.to_broker.close()

    # -- the doors

    def token(self) -> str:
        """Somebody of the office whom no service remembers."""
        who: dict[str, Any] = {"name": "Ann", "roles": ["office"], "branch": home_branch(), "life": 3600}
        return self.signer.issue(uuid4(), **who)

    @contextlib.contextmanager
    def client(self, name: str) -> Iterator[Client]:
        """Who leaves lets a thread of the api go: each keeps to its caller while there are others."""
        client = Client(f"http://{self.binds[name]}", self.token())
        try:
            yield client
        finally:
            client.close()

    def get(self, name: str, path: str) -> Any:
        with self.client(name) as office:
            return office.get(f"/api/v1/{path}")

    def enquiry(self) -> dict[str, Any]:
        """Nobody's telephone twice: that would be a duplicate."""
        number = next(self.numbers)
        phone = f"+1{AREAS[number // 10_000]}555{number % 10_000:04d}"
        return {"channel": "phone", "person_name": f"Ann {number}", "request": "a boiler", "phones": [phone]}

    def valid_leads(self, count: int) -> list[str]:
        """Enquiries and their verdicts; opportunities opens an opportunity of each when it hears of it."""
        leads = []
        with self.client("leads") as office:
            for body in [self.enquiry() for _ in range(count)]:
                lead = str(until_taken(lambda key: office.post("/api/v1/leads", body, key=key))["id"])  # noqa: B023
                until_taken(lambda key: office.post(f"/api/v1/leads/{lead}/validate", key=key))  # noqa: B023
                leads.append(lead)
        return leads

    def valid_lead(self) -> str:
        return self.valid_leads(1)[0]

    def validate(self, lead: str) -> None:
        with self.client("leads") as office:
            until_taken(lambda key: office.post(f"/api/v1/leads/{lead}/validate", key=key))

    def opportunities_of(self, lead: str) -> list[Any]:
        found: list[Any] = self.get("opportunities", f"opportunities?lead_id={lead}")["items"]
        return found

    def until_arrived(self, *leads: str, seconds: float = HEALS_S) -> None:
        """Each lead has become one opportunity, and no more than one."""
        until(lambda: all(self.opportunities_of(lead) for lead in leads), "an opportunity of each lead", seconds)
        assert {len(self.opportunities_of(lead)) for lead in leads} == {1}

    def parts(self, name: str) -> Parts:
        """What `/readyz` says of each part."""
        try:
            said = self.get(name, f"{name}/readyz")
        except Refused as refusal:
            said = refusal.problem
        found: Parts = said["parts"]
        return found

    def wrong(self, name: str) -> dict[str, str]:
        """What `/readyz` says is not well, and why."""
        return {part: word.get("detail", "") for part, word in self.parts(name).items() if not word["ok"]}

    def until_told(self, name: str, part: str, why: str, seconds: float = TOLD_S) -> None:
        """`/readyz` and `/metrics` both name the part."""
        until(lambda: why in self.wrong(name).get(part, ""), f"{name} says of {part}: {why}", seconds)
        until(lambda: self.down(name, part), f"{name}'s metrics name {part}", seconds)

    def down(self, name: str, part: str) -> bool:
        with urllib.request.urlopen(f"http://{self.binds[name]}/api/v1/{name}/metrics", timeout=10) as answer:
            return f'plumbline_part_up{{part="{part}",service="{name}"}} 0.0' in answer.read().decode()

    def until_well(self, seconds: float = HEALS_S) -> None:
        """Nothing is wrong with anything, and the workers have spoken."""
        seen: dict[str, dict[str, str]] = {}

        def well(name: str) -> bool:
            seen[name] = self.wrong(name)
            return not seen[name] and "relay" in self.parts(name)

        try:
            until(lambda: all(well(name) for name in NAMES), "everything is well", seconds)
        except AssertionError as never:
            raise AssertionError(f"{never}; wrong is {seen}") from never


class _Keys:
    """Where the services fetch the keys that tokens are signed with."""

    def __init__(self, signer: Signer) -> None:
        content = json.dumps(signer.jwks()).encode()

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def faulty_world() -> Iterator[FaultyWorld]:
    with tempfile.TemporaryDirectory(prefix="plumbline-test-") as made:
        world = FaultyWorld(Path(made))
        try:
            world.start()
            yield world
        finally:
            world.stop()


@contextlib.contextmanager
def gateway_to(leads: Iterable[str], folder: Path) -> Iterator[nginx.Gateway]:
    """As in production, before these instances of leads' api; nobody is at the other services' addresses."""
    site = ROOT / "deploy" / "gateway"
    each = " ".join(rf"server {bind}\1;" for bind in leads)
    config = re.sub(r"server \$\{GATEWAY_LEADS\}([^;]*);", each, (site / "site.conf.template").read_text())
    nobody = {f"GATEWAY_{name.upper()}": f"127.0.0.1:{free_port()}" for name in ("inside", *services.NAMES)}
    with nginx.running(config, folder, variables={**nobody, "GATEWAY_WWW": str(site / "www")}) as running:
        yield running
