"""Other people's clients and CloudEvents libraries read every fact, and their AsyncAPI parser our document.

These fetch what they need with pip, npm and apt, so they run under `./plumbline test --long`.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_rabbitmq_event

import services
from libs.common.contracts.base import CONTENT_TYPE
from libs.common.contracts.catalogue import asyncapi
from libs.local.broker import Broker
from tests.system import toolbox
from tests.system.strangers import Company, Stranger, every_fact, provisioned

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
PROGRAMS = Path(__file__).parent / "clients"
FACTS = every_fact()
READ_S = 120


@pytest.fixture(scope="module")
def company(rabbit: Broker) -> Iterator[Company]:
    with provisioned(rabbit) as company:
        yield company


def amqp_tools(folder: Path) -> tuple[list[str], dict[str, str]]:
    root = toolbox.debian(folder / "debian", "amqp-tools", r"librabbitmq\d+|libpopt0")
    libraries = ":".join(str(path) for path in root.glob("usr/lib/*-linux-*"))
    return ["sh", str(PROGRAMS / "amqp-tools.sh"), str(root / "usr/bin/amqp-consume")], {"LD_LIBRARY_PATH": libraries}


def amqplib(folder: Path) -> tuple[list[str], dict[str, str]]:
    node = toolbox.node(folder, "amqplib", "cloudevents")
    (folder / "read.mjs").write_text((PROGRAMS / "amqplib.mjs").read_text())  # it finds packages where it lies
    return [node, str(folder / "read.mjs")], {}


def java(folder: Path) -> tuple[list[str], dict[str, str]]:
    root = toolbox.debian(folder / "debian", "librabbitmq-client-java", "libslf4j-java")
    jars = ":".join(str(path) for path in (root / "usr/share/java").glob("*.jar"))
    return [toolbox.java(), "-cp", jars, str(PROGRAMS / "Read.java")], {}


def kombu(folder: Path) -> tuple[list[str], dict[str, str]]:
    return [sys.executable, str(PROGRAMS / "with_kombu.py")], toolbox.python(folder, "kombu")


CLIENTS = {"amqp-tools": amqp_tools, "amqplib": amqplib, "the Java client": java, "kombu": kombu}


@pytest.mark.parametrize("client", CLIENTS)
def test_every_fact_is_read_by_other_peoples_clients(company: Company, tmp_path: Path, client: str) -> None:
    """Each prints a line a message: its content type, where the client tells it, and its body in base64."""
    command, environ = CLIENTS[client](tmp_path)
    url = company.add("--pattern", "plumbline.#")
    owner = Stranger(url)
    queue = owner.queue("plumbline.#")
    owner.close()
    company.publish(*FACTS.values())

    told = {"SUBSCRIBER_URL": url, "QUEUE": queue, "COUNT": str(len(FACTS))}
    done = subprocess.run(
        command, env={**os.environ, **environ, **told}, check=False, capture_output=True, text=True, timeout=READ_S
    )

    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [base64.b64decode(line[-1]) for line in lines] == list(FACTS.values())
    assert {line[0] for line in lines if len(line) > 1} <= {CONTENT_TYPE}


def test_the_cloudevents_library_for_python_reads_every_fact_off_the_broker(company: Company) -> None:
    reader = Stranger(company.add("--pattern", "plumbline.#"))
    queue = reader.queue("plumbline.#")
    company.publish(*FACTS.values())

    frames = reader.read(queue, lambda found: len(found) == len(FACTS))
    reader.close()

    for key, properties, body in frames:
        event = from_rabbitmq_event(RabbitMQMessage(properties.headers or {}, properties.content_type, body))
        said = json.loads(body)
        assert (event.get_type(), event.get_id(), event.get_data()) == (key, said["id"], said["data"])
        assert event.get_dataschema() == said["dataschema"]


def test_the_cloudevents_library_for_javascript_reads_every_fact(company: Company, tmp_path: Path) -> None:
    """It is strict where others are not: every attribute is checked, the schema's address must be a whole one."""
    node = toolbox.node(tmp_path, "cloudevents")
    (tmp_path / "check.mjs").write_text((PROGRAMS / "cloudevents.mjs").read_text())
    reader = Stranger(company.add("--pattern", "plumbline.#"))
    queue = reader.queue("plumbline.#")
    company.publish(*FACTS.values())
    frames = reader.read(queue, lambda found: len(found) == len(FACTS))
    reader.close()
    messages = [{"type": properties.content_type, "body": body.decode()} for _, properties, body in frames]

    done = subprocess.run(
        [node, "check.mjs"],
        cwd=tmp_path,
        input=json.dumps(messages),
        check=False,
        capture_output=True,
        text=True,
        timeout=READ_S,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == list(FACTS)


def test_the_reference_parser_accepts_the_asyncapi_document(tmp_path: Path) -> None:
    node = toolbox.node(tmp_path, "@asyncapi/parser")
    (tmp_path / "parse.mjs").write_text((PROGRAMS / "asyncapi.mjs").read_text())
    subscribers = {one.name: one.subscriptions.facts for one in services.every()}
    for service in (None, *services.NAMES):
        (tmp_path / "document.json").write_text(json.dumps(document := asyncapi(service, subscribers)))

        done = subprocess.run(
            [node, "parse.mjs", "document.json"],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            timeout=READ_S,
        )

        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.split() == sorted(document["components"]["messages"])
