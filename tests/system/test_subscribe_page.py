"""docs/subscribe.md does what it says: its programs, taken out of the page, against a real broker."""

import base64
import contextlib
import http.client
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from standardwebhooks import Webhook as Signing
from werkzeug.serving import make_server

from embedded.testing import Bench
from libs.common.contracts.commands import COMMANDS, decode
from libs.common.rabbit.management import Binding
from libs.common.rabbit.subscribers import LIMITS
from libs.common.rabbit.topology import EVENTS, HISTORY
from libs.common.web import load
from libs.local.broker import Broker
from libs.local.ports import free_port
from services.leads.schemas.incoming import LeadIn
from tests.service.bookings_world import Orders
from tests.system import toolbox
from tests.system.strangers import Company, Stranger, every_fact, provisioned, until

PAGE = Path(__file__).parents[2] / "docs" / "subscribe.md"
BOOKINGS = "plumbline.booking.#"
FACTS = {name: body for name, body in every_fact().items() if name.startswith("plumbline.booking.")}


@pytest.fixture(scope="module")
def company(rabbit: Broker) -> Iterator[Company]:
    with provisioned(rabbit) as company:
        yield company


def program(heading: str) -> str:
    """The code under a heading."""
    return PAGE.read_text().partition(f"## {heading}\n")[2].partition("```")[2].partition("\n")[2].partition("```")[0]


class Running:
    """A program of another system's, and what it has printed."""

    def __init__(self, folder: Path, url: str, *command: str) -> None:
        self.said = folder / "said"
        env = {**os.environ, "SUBSCRIBER_URL": url}
        with self.said.open("a") as output:
            self.process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env=env)

    def lines(self) -> list[str]:
        assert self.process.poll() in (None, 0), self.said.read_text()
        return self.said.read_text().splitlines()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def run(url: str, *command: str) -> Running:
        started.append(Running(tmp_path, url, *command))
        return started[-1]

    yield run
    for one in started:
        one.stop()


def line(body: bytes) -> str:
    fact = json.loads(body)
    return f"{fact['type']} {fact['subject']} {fact['sequence']}"


def is_bound(company: Company, url: str) -> bool:
    user = url.partition("//")[2].partition(":")[0]
    return Binding(f"{user}.bookings", BOOKINGS, mark="") in company.management.bindings(EVENTS)


def remembered(folder: Path) -> set[str]:
    """The ids that the consumer in Python has committed."""
    with contextlib.closing(sqlite3.connect(folder / "seen.db")) as database:
        return {ident for (ident,) in database.execute("SELECT id FROM seen")}


def reads_each_fact_once(company: Company, running: Running, url: str) -> bytes:
    """Publishes everything, bookings twice; returns the last fact."""
    until(lambda: running.lines() is None or is_bound(company, url), "its queue is bound")
    company.publish(*every_fact().values())
    company.publish(*FACTS.values())
    company.publish(last := another("plumbline.booking.held.v1"))
    until(lambda: line(last) in running.lines(), "the last fact")
    assert running.lines() == [*map(line, FACTS.values()), line(last)]
    return last


def test_the_consumer_in_python(company: Company, start: Callable[..., Running], tmp_path: Path) -> None:
    url = company.add("--pattern", BOOKINGS)
    (tmp_path / "bookings.py").write_text(program("In Python"))
    running = start(url, sys.executable, "bookings.py")
    last = reads_each_fact_once(company, running, url)

    until(lambda: json.loads(last)["id"] in remembered(tmp_path), "what was printed is kept as well")
    running.stop()
    before = len(running.said.read_text().splitlines())
    company.publish(*FACTS.values(), next_one := another("plumbline.booking.started.v1"))
    start(url, sys.executable, "bookings.py")

    until(lambda: line(next_one) in running.said.read_text(), "it goes on where it was")
    assert running.said.read_text().splitlines()[before:] == [line(next_one)]


def test_the_receiver_of_webhooks(tmp_path: Path, start: Callable[..., Running]) -> None:
    """Over HTTP, from a sender of the standard's; what others post it, or post it again, it takes as it should."""
    secret, port = f"whsec_{base64.b64encode(os.urandom(32)).decode()}", free_port()
    (tmp_path / "hooks.py").write_text(program("Webhooks"))
    env = ["env", f"WEBHOOK_SECRET={secret}", f"PORT={port}"]
    running = start("", *env, sys.executable, "hooks.py")
    body = next(iter(FACTS.values())).decode()

    def post(ident: str, key: str = secret, at: float | None = None) -> int:
        when = datetime.fromtimestamp(at or time.time(), UTC)
        headers = {"webhook-id": ident, "webhook-timestamp": str(int(when.timestamp()))}
        headers["webhook-signature"] = f"v1,bm90IG91cnM= {Signing(key).sign(ident, when, body)}"
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        line.request("POST", "/", body, headers)
        return line.getresponse().status

    def listens() -> bool:
        with contextlib.suppress(OSError):
            return post("first") == 204
        return False

    until(listens, "it listens")
    forged, old = post("second", "whsec_Zm9yZ2Vk"), post("third", at=time.time() - 3600)
    assert [post("first"), forged, old] == [204, 401, 401]
    assert post("fourth") == 204
    assert [one for one in running.lines() if one.startswith("plumbline.")] == [line(body.encode())] * 2


def another(name: str) -> bytes:
    """The same fact, once more: with an id and a number of its own."""
    return json.dumps(json.loads(FACTS[name]) | {"id": str(uuid4()), "sequence": "9"}).encode()


@pytest.mark.long
def test_the_consumer_in_node(company: Company, start: Callable[..., Running], tmp_path: Path) -> None:
    node = toolbox.node(tmp_path, "amqplib")
    url = company.add("--pattern", BOOKINGS)
    (tmp_path / "bookings.mjs").write_text(program("In Node"))

    reads_each_fact_once(company, start(url, node, "bookings.mjs"), url)


@pytest.mark.parametrize(
    ("heading", "pause", "runner"),
    [
        ("In Python", "time.sleep(2)", lambda _: sys.executable),
        pytest.param(
            "In Node", "setTimeout(resolve, 2000)", lambda place: toolbox.node(place, "amqplib"), marks=pytest.mark.long
        ),
    ],
    ids=["python", "node"],
)
def test_a_consumer_that_is_refused_tries_until_it_is_not(
    company: Company,
    start: Callable[..., Running],
    tmp_path: Path,
    heading: str,
    pause: str,
    runner: Callable[[Path], str],
) -> None:
    """So it goes on when a wiped broker has its exchange again; it leaves no connection behind, as it may have few."""
    name = f"s{uuid4().hex[:8]}"
    url = company.run("add", name, "--pattern", "plumbline.lead.#").stdout.strip()
    (tmp_path / "hasty.mjs").write_text(program(heading).replace(pause, pause.replace("2", "0.02")))
    running = start(url, runner(tmp_path), "hasty.mjs")  # Python does not mind the name
    until(lambda: len(running.lines()) > 4 * LIMITS["max-connections"], "many refusals")

    company.run("add", name, "--pattern", BOOKINGS)

    until(lambda: running.lines() and is_bound(company, url), "its queue is bound")


def test_the_history(company: Company, start: Callable[..., Running], tmp_path: Path) -> None:
    (tmp_path / "history.py").write_text(program("What was before"))
    company.publish(*FACTS.values())
    url = company.add("--pattern", BOOKINGS)
    crm = Stranger(url)
    last = crm.history("first", FACTS.values())[-1]
    crm.close()
    offset = last[1].headers["x-stream-offset"]
    a_minute_ago = datetime.fromtimestamp(time.time() - 60, UTC).isoformat()

    for begin in ("first", str(offset), a_minute_ago):
        running = start(url, sys.executable, "history.py", begin)
        until(lambda: f"{offset} {last[0]}" in running.lines(), f"the last, from {begin}")  # noqa: B023 - this round's
        running.stop()
        running.said.write_text("")


def test_a_copy_of_ones_own_goes_on_and_finds_a_history_that_was_begun_anew(
    company: Company, start: Callable[..., Running], tmp_path: Path
) -> None:
    url = company.add("--pattern", BOOKINGS)
    hasty = program("A copy of one's own").replace("inactivity_timeout=30", "inactivity_timeout=1")
    (tmp_path / "orders.py").write_text(hasty)
    running = start(url, sys.executable, "orders.py")
    company.publish(said("one", 1), said("one", 2), said("one", 1), said("other", 1))
    until(lambda: copied(tmp_path) == {"one": 2, "other": 1}, "the copy is there")
    running.stop()
    company.publish(said("one", 3))
    running = start(url, sys.executable, "orders.py")
    until(lambda: copied(tmp_path)["one"] == 3, "it goes on where it was")
    assert not [one for one in running.lines() if one.startswith("another history")]
    running.stop()

    company.management.call("DELETE", f"queues/{company.management.here}/{HISTORY}")
    company.provision()
    company.publish(said("one", 4))
    running = start(url, sys.executable, "orders.py")

    until(lambda: copied(tmp_path) == {"one": 4, "other": 1}, "what was said in the new one")
    assert [one for one in running.lines() if one.startswith("another history")]


def said(subject: str, sequence: int) -> bytes:
    fact = json.loads(FACTS["plumbline.booking.held.v1"])
    ours = {"id": str(uuid4()), "subject": str(uuid5(NAMESPACE_URL, subject)), "sequence": str(sequence)}
    return json.dumps(fact | ours).encode()


def copied(folder: Path) -> dict[str, int]:
    """How far the copy is, of what this test said."""
    names = {str(uuid5(NAMESPACE_URL, name)): name for name in ("one", "other")}
    with contextlib.closing(sqlite3.connect(folder / "copy.db")) as database, contextlib.suppress(sqlite3.Error):
        rows = database.execute("SELECT subject, sequence FROM bookings")
        return {names[subject]: sequence for subject, sequence in rows if subject in names}
    return {}


def test_a_system_that_asks_by_http(tmp_path: Path, bench: Callable[..., Bench]) -> None:
    company = bench("staff", "leads", "bookings")
    account = {"name": "The web site", "email": "site@oak.example", "roles": ["service"]}
    made = company.as_("admin").post("/api/v1/staff/people", account).get_json()["id"]
    secret = {"password": "a long one of no person's"}
    company.as_("admin").post(f"/api/v1/staff/people/{made}/password", secret)
    sold = [Orders(company).sell(total=total)["number"] for total in ("8400.00", "12.50", "0.99")]
    (tmp_path / "ask.py").write_text(program("By HTTP").replace("limit=200", "limit=2"))

    with served(company) as url:
        env = {"PLUMBLINE_URL": url, "PLUMBLINE_EMAIL": account["email"], "PLUMBLINE_PASSWORD": secret["password"]}
        run = [sys.executable, "ask.py"]
        first, again = (
            subprocess.run(run, cwd=tmp_path, env={**os.environ, **env}, check=True, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        )

    assert again.stdout == first.stdout, "the enquiry is in once"
    [enquiry] = company.as_("csr").items("/api/v1/leads")
    assert enquiry["emails"] == ["ivy@castellan.example"]
    totals = ["0.99", "12.50", "8400.00"]
    orders = [f"{number} draft {total} USD" for number, total in zip(reversed(sold), totals, strict=True)]
    assert first.stdout.splitlines() == [enquiry["number"], *orders]


@contextlib.contextmanager
def served(company: Bench) -> Iterator[str]:
    """Its address, while it is at one."""

    def app(environ: dict[str, Any], begin: Any) -> Any:
        return company.part_of(environ["PATH_INFO"]).app(environ, begin)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_enquiry_is_sent(company: Company, tmp_path: Path) -> None:
    (tmp_path / "ask.py").write_text(program("Sending enquiries"))
    [command] = COMMANDS
    url = company.add("--command", command)

    subprocess.run([sys.executable, "ask.py"], cwd=tmp_path, env={**os.environ, "SUBSCRIBER_URL": url}, check=True)

    administrator = Stranger(company.vhost.url)
    [(key, properties, body)] = administrator.read("plumbline.commands", len)
    administrator.close()
    assert key == command
    assert load(LeadIn, decode(body, properties.content_type).data)["person_name"] == "Ivy Castellan"
