"""`up --distributed` for real: services apart, behind one gateway, and nothing lost when any process is killed."""

import http.client
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
import yaml

import services
from demo.client import Client
from libs.common.rabbit.topology import queue_of
from libs.local.broker import given
from libs.local.debian import Tree
from libs.local.ports import free_port
from libs.local.process import Process
from tests.contract.freeze import ASKED
from tests.system.distributed_world import ROOT, STOPS_S, Distributed, exists, until, until_taken
from tests.system.strangers import Stranger

# One system for the module; one worker of xdist has all of it.
pytestmark = [pytest.mark.xdist_group("distributed"), pytest.mark.timeout(240)]
NUMBERS = itertools.count()  #: nobody's telephone twice: that would be a duplicate
VICTIMS = ("rabbitmq", "leads-worker", "leads-api", "opportunities-worker", "postgres", "gateway")


@pytest.fixture(scope="module")
def running() -> Iterator[Distributed]:
    """In a folder whose name is one that people give."""
    with tempfile.TemporaryDirectory(prefix="plumbline-test-") as made:
        system = Distributed(Path(made) / "our data")
        yield system
        system.stop()


def valid_lead(office: Client, name: str) -> str:
    """Enquiry and verdict, each repeated under its key until it is taken."""
    body = {"channel": "phone", "person_name": name, "request": "a boiler", "phones": [f"+1615555{next(NUMBERS):04d}"]}
    lead = until_taken(lambda key: office.post("/api/v1/leads", body, key=key))["id"]
    until_taken(lambda key: office.post(f"/api/v1/leads/{lead}/validate", key=key))
    return str(lead)


def opportunities_of(office: Client, lead: str) -> list[Any]:
    found: list[Any] = office.get(f"/api/v1/opportunities?lead_id={lead}")["items"]
    return found


def newest_cards(office: Client) -> list[Any]:
    found: list[Any] = office.get("/api/v1/pipeline/cards")["items"]
    return found


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def demand_well(anybody: Client, name: str) -> bool:
    """Raises an OSError that names what is not well."""
    parts = anybody.get(f"/api/v1/{name}/readyz")["parts"]
    if ill := {part: about for part, about in parts.items() if not about["ok"]}:
        raise OSError(str(ill))
    return True


def test_every_service_is_ready_and_well(running: Distributed) -> None:
    anybody = running.client()
    for name in services.NAMES:
        until(lambda: demand_well(anybody, name), f"{name} is well")  # noqa: B023 - called at once
    own = {f"{name}-{role}" for name in services.NAMES for role in ("api", "worker")}
    assert set(running.said["pids"]) == {"postgres", "rabbitmq", "epmd", "gateway", "topology"} | own


def test_a_prometheus_set_up_as_ours_asks_every_service_and_has_something_to_show_everywhere(
    running: Distributed, prometheus: Tree, tmp_path: Path
) -> None:
    ports = json.loads((running.data / "ports.json").read_text())
    told = yaml.safe_load((ROOT / "deploy/monitoring/prometheus.yml").read_text())
    [job] = told["scrape_configs"]
    [named] = job.pop("dns_sd_configs")  # no engine here says where they are
    assert {f"{name}-api" for name in services.NAMES} == set(named["names"])
    at = {name: f"127.0.0.1:{ports[name.removesuffix('-api')]}" for name in named["names"]}
    job["static_configs"] = [{"targets": [at[name]], "labels": {"__meta_dns_name": name}} for name in at]
    told |= {"global": {"scrape_interval": "1s"}, "rule_files": [str(ROOT / "deploy/monitoring/alerts.yml")]}
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(told))
    here = f"127.0.0.1:{free_port()}"
    words = [prometheus.program("prometheus"), f"--config.file={tmp_path}/prometheus.yml"]
    words += [f"--storage.tsdb.path={tmp_path}/data", f"--web.listen-address={here}"]
    watching = Process(words, log=tmp_path / "prometheus.log")

    def shown(expression: str) -> list[Any]:
        """Of one that Grafana would show; a blank one of something that no service tells."""
        running.client().get("/api/v1/staff/jwks")
        query = urlencode({"query": expression.replace("$__rate_interval", "10s")})
        with urllib.request.urlopen(f"http://{here}/api/v1/query?{query}", timeout=10) as answer:
            return list(json.load(answer)["data"]["result"])

    try:
        up = "sum by (service) (up) > 0"
        until(lambda: {one["metric"]["service"] for one in shown(up)} == set(services.NAMES), "all are asked")
        for panel in json.loads((ROOT / "deploy/monitoring/dashboard.json").read_text())["panels"]:
            for one in panel["targets"]:
                until(lambda: shown(one["expr"]), panel["title"])  # noqa: B023 - called at once
        with urllib.request.urlopen(f"http://{here}/api/v1/rules", timeout=10) as answer:
            [group] = json.load(answer)["data"]["groups"]
        for name in {name for rule in group["rules"] for name in re.findall(r"plumbline_\w+", rule["query"])}:
            assert shown(name), f"no service tells {name}"
    finally:
        watching.stop()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 303),
        ("GET", "/sign-in", 200),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/leads/metrics", 404),
        ("DELETE", "/api/v1/leads", 405),
        ("GET", "/api/v1/status-bar", 401),
        ("GET", "/e/unknown", 404),
        ("GET", "/api/v1/staff/jwks", 200),
    ],
)
def test_one_address_for_all(running: Distributed, method: str, path: str, status: int) -> None:
    answer, body = until(lambda: asked(running, method, path), path)
    assert answer.status == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if status == 405:
        assert "POST" in answer.headers["Allow"]
    if status >= 400 and not path.startswith("/e/"):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.loads(body)["status"] == status


def asked(running: Distributed, method: str, path: str) -> tuple[http.client.HTTPResponse, bytes] | None:
    """The answer; None while a service finds its way back after what other tests did to it."""
    wire = http.client.HTTPConnection(urlsplit(running.said["url"]).netloc, timeout=10)
    wire.request(method, path)
    answer = wire.getresponse()
    body = answer.read()
    wire.close()
    return None if answer.status in (502, 503) else (answer, body)


def test_nobody_else_on_the_machine_reads_what_it_keeps(running: Distributed) -> None:
    harmless = {"demo-company", "lock", "ports.json", "running.json"}
    assert {path.name for path in open_to_anybody(running.data)} <= harmless


def open_to_anybody(folder: Path) -> Iterator[Path]:
    """Files that any user of this machine may read, in folders that any may pass through."""
    for path in folder.iterdir():
        if path.is_dir() and path.stat().st_mode & 0o001:
            yield from open_to_anybody(path)
        elif path.is_file() and path.stat().st_mode & 0o004 and not path.name.endswith(".pid"):
            yield path


def test_no_service_gets_into_anothers_database(running: Distributed) -> None:
    for who in services.NAMES:
        url = (running.data / "secrets" / f"{who}-database-url").read_text().replace("+psycopg", "")
        for whose in (*services.NAMES, "postgres", "template1"):
            there = f"{url.rpartition('/')[0]}/{whose}"
            if who == whose:
                psycopg.connect(there, connect_timeout=5).close()
                continue
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                psycopg.connect(there, connect_timeout=5)


def test_no_service_may_read_anothers_queue_or_publish_in_its_name(running: Distributed) -> None:
    """By the rights that the broker keeps; that it holds them is the broker's own matter."""
    ports = json.loads((running.data / "ports.json").read_text())
    broker = given(running.said["amqp_url"], f"http://127.0.0.1:{ports['management']}")
    for who in services.NAMES:
        [rights] = broker.manage("GET", f"/api/users/{who}/permissions")
        for whose in services.NAMES:
            assert bool(re.search(rights["read"], queue_of(whose))) == (who == whose)
            assert bool(re.search(rights["write"], queue_of(whose))) == (who == whose)
        assert not re.search(rights["configure"], "anything")
        [topics] = broker.manage("GET", f"/api/users/{who}/topic-permissions")
        assert bool(re.search(topics["write"], "plumbline.lead.captured.v1")) == (who == "leads")
        assert "administrator" not in broker.manage("GET", f"/api/users/{who}")["tags"]


def test_another_system_reads_along_and_sends_enquiries(running: Distributed) -> None:
    """`subscribers add --data`, then nothing but the address that it prints."""
    command = [sys.executable, "-m", "commands", "subscribers", "add", "crm", "--data", str(running.data)]
    command += ["--pattern", "plumbline.opportunity.#", "--command", "plumbline.lead.capture.v1"]
    added, again = (subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT) for _ in range(2))
    assert again.stdout == added.stdout
    wish = json.loads((ASKED / "samples" / "plumbline.lead.capture.v1.json").read_text())
    del wish["data"]["branch"]  # there is none in this system, and the company's own is everybody's
    crm = Stranger(added.stdout.strip())
    opened = crm.queue("plumbline.opportunity.opened.v1")
    for _ in range(2):
        crm.send("plumbline.commands", wish["type"], json.dumps(wish).encode())
    office = running.client("office")

    [lead] = until(lambda: office.get("/api/v1/leads?q=castellan")["items"], "the enquiry")
    until_taken(lambda key: office.post(f"/api/v1/leads/{lead['id']}/validate", key=key))

    def its_own(found: list[Any]) -> list[Any]:
        return [body for _, _, body in found if json.loads(body)["correlationid"] == lead["id"]]

    assert its_own(crm.read(opened, its_own))
    crm.channel.queue_delete(opened)
    crm.close()
    assert len(office.get("/api/v1/leads?q=castellan")["items"]) == 1


def test_what_a_process_was_given_is_not_there_to_read_and_people_find_it_by_its_name(running: Distributed) -> None:
    for name in running.said["pids"]:
        about = Path(f"/proc/{running.pid(name)}")
        assert "://" not in (about / "cmdline").read_text()
        if name.endswith(("-api", "-worker")):
            assert "PLUMBLINE_" not in (about / "environ").read_text()
            assert (about / "comm").read_text().strip() == name[:15]
    assert {path.stat().st_mode & 0o077 for path in (running.data / "secrets").iterdir()} == {0}


def command(running: Distributed, *words: str) -> subprocess.CompletedProcess[str]:
    """An operator's, who knows the system's folder and nothing else."""
    asked = [sys.executable, "-m", "commands", *words, "--data", str(running.data)]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_an_operator_makes_the_broker_ready_with_the_folder_alone(running: Distributed) -> None:
    done = command(running, "topology")

    assert (done.returncode, "The broker is ready" in done.stderr) == (0, True), done.stderr
    until(lambda: demand_well(running.client(), "leads"), "leads is well")


def test_the_history_is_followed_from_any_fact_on_and_each_is_shown_whole(running: Distributed) -> None:
    lead = valid_lead(running.client("office"), "in the history")

    def of_lead() -> list[dict[str, Any]]:
        done = command(
            running, "events", "tail", "--type", "plumbline.lead.#", "--from", "10m", "--no-follow", "--json"
        )
        assert done.returncode == 0, done.stderr
        return [one for one in map(json.loads, done.stdout.splitlines()) if one["subject"] == lead]

    facts = until(lambda: len(found := of_lead()) >= 2 and found, "the lead's facts are in the history")
    assert [one["sequence"] for one in facts] == [str(number) for number in range(1, len(facts) + 1)]
    shown = command(running, "events", "show", facts[1]["id"], "--json")
    assert json.loads(shown.stdout) == facts[1]
    onward = command(running, "events", "tail", "--from", facts[1]["id"], "--limit", "1", "--json")
    assert json.loads(onward.stdout) == facts[1]
    for ask in (["show"], ["tail", "--no-follow", "--from"]):
        unknown = command(running, "events", *ask, "01a2078e-0000-7000-8000-000000000000")
        assert (unknown.returncode, "no fact" in unknown.stderr) == (1, True)


def test_facts_are_sent_again_and_nobody_does_anything_twice(running: Distributed) -> None:
    office = running.client("office")
    lead = valid_lead(office, "told again")
    until(lambda: opportunities_of(office, lead), "the opportunity")

    done = command(running, "replay", "--service", "leads", "--since", "first", "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["count"] >= 2
    anybody = running.client()
    until(lambda: not anybody.get("/api/v1/leads/readyz")["parts"]["outbox"].get("detail"), "all is sent again")
    after = valid_lead(office, "behind them")
    until(lambda: opportunities_of(office, after), "what is new follows behind what is old")
    assert len(opportunities_of(office, lead)) == 1


@pytest.mark.parametrize("service", ["console", "leads", "staff"])
def test_an_operator_builds_a_services_read_models_anew_while_it_works(running: Distributed, service: str) -> None:
    office = running.client("office")
    lead = valid_lead(office, f"before {service} was built anew")
    until(lambda: opportunities_of(office, lead), "the opportunity")

    done = command(running, "rebuild", "--service", service, "--json")

    assert done.returncode == 0, done.stderr
    assert bool(json.loads(done.stdout)["models"]) == (service != "staff"), "people's own service has no copy of them"
    after = valid_lead(office, f"after {service} was built anew")
    until(lambda: opportunities_of(office, after), "the opportunity")
    cards = {lead, after}
    until(lambda: cards <= {one["id"] for one in newest_cards(office)}, "their cards")


def test_what_the_broker_gave_up_is_found_by_the_operator_and_given_up(running: Distributed) -> None:
    ports = json.loads((running.data / "ports.json").read_text())
    broker = given(running.said["amqp_url"], f"http://127.0.0.1:{ports['management']}")
    message = {"payload": "no fact", "payload_encoding": "string", "properties": {}}
    dead = {"plumbline.bookings.dead": "bookings", "plumbline.leads.dead": "leads"}
    for queue in dead:
        broker.manage("POST", "/api/exchanges/%2F/amq.default/publish", {"routing_key": queue, **message})

    def parked() -> list[dict[str, Any]]:
        done = command(running, "parked", "list", "--json", *(f"--service={name}" for name in dead.values()))
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    found = until(lambda: len(all_ := parked()) == 2 and all_, "both are parked")
    assert {(one["service"], one["reason"]) for one in found} == {("bookings", "dead_letter"), ("leads", "dead_letter")}
    said = running.client().get("/api/v1/bookings/readyz")
    assert "./plumbline parked list --service bookings" in said["parts"]["parked"]["detail"]
    done = command(running, "parked", "discard", "--all", "--reason", "dead_letter", "--yes")
    assert (done.returncode, done.stdout) == (0, "2 discarded.\n")
    assert parked() == []


def test_the_funnel_goes_on_whichever_process_is_killed(running: Distributed) -> None:
    office = running.client("office")
    leads = [valid_lead(office, "before")]
    until(lambda: opportunities_of(office, leads[0]), "the first opportunity")
    for victim in VICTIMS:
        killed = running.pid(victim)
        os.kill(killed, signal.SIGKILL)
        leads.append(valid_lead(office, f"while {victim} was away"))
        until(lambda: running.pid(victim) != killed, f"{victim} runs again")  # noqa: B023 - called at once
    for lead in leads:
        until(lambda: opportunities_of(office, lead), f"the opportunity of {lead}")  # noqa: B023 - as above
    assert [len(opportunities_of(office, lead)) for lead in leads] == [1] * len(leads)
    assert len({office.get(f"/api/v1/leads/{lead}")["number"] for lead in leads}) == len(leads)


def test_all_come_back_when_the_process_that_they_are_copies_of_is_killed(running: Distributed) -> None:
    office = running.client("office")
    copies = {name: running.pid(name) for name in running.said["pids"] if name.endswith(("-api", "-worker"))}
    [original] = {parent_of(pid) for pid in copies.values()}
    os.kill(original, signal.SIGKILL)
    lead = valid_lead(office, "while nobody was there")
    until(lambda: opportunities_of(office, lead), "its opportunity")
    until(lambda: not any(running.pid(name) == pid for name, pid in copies.items()), "each runs anew")


def test_sigterm_leaves_no_process_and_a_new_start_has_everything(running: Distributed) -> None:
    lead = valid_lead(running.client("office"), "last before the end")
    before, pids = running.said, [running.pid(name) for name in running.said["pids"]]
    logs = {log: log.stat().st_size for log in (running.data / "log").glob("*.log")}

    assert running.stop() == 0
    told = running.told()
    assert told[0] == "plumbline: starting PostgreSQL and RabbitMQ ..."
    assert told[-1] == "plumbline: stopping; nothing is lost ..."
    assert {log.name for log, begin in logs.items() if b"Traceback" in log.read_bytes()[begin:]} == set()
    left = [pid for pid in pids if exists(pid)]
    refused = command(running, "rebuild", "--service", "console")
    running.start()

    assert not left
    assert (refused.returncode, "is not running; start it first" in refused.stderr) == (3, True), refused.stderr
    assert running.said["amqp_url"] == before["amqp_url"], "outside readers find it where it was"
    office = running.client("office")
    until(lambda: opportunities_of(office, lead), "what was not sent yet is sent now")


def test_who_thinks_better_of_it_ends_it_while_it_starts() -> None:
    with tempfile.TemporaryDirectory(prefix="plumbline-test-") as made:
        Path(made).chmod(0o755)
        system = Distributed(Path(made) / "data", started=False)
        begin = subprocess.Popen(system.command(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert begin.stderr is not None
        assert begin.stderr.readline() == "plumbline: starting PostgreSQL and RabbitMQ ...\n"
        begin.send_signal(signal.SIGINT)
        said, told = begin.communicate(timeout=STOPS_S)
        assert (begin.returncode, said) == (0, "")
        assert told.splitlines()[-1] == "plumbline: stopping; nothing is lost ..."
        assert "starting workers" not in told
        assert [file for file in Path(made).rglob("*.pid") if exists(int(file.read_text().split()[0]))] == []
