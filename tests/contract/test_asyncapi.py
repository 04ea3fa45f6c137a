"""The AsyncAPI document: every fact, command, place and binding, in words that other people's tools understand."""

import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

import services
from commands import asyncapi as printed
from embedded.testing import Bench
from libs.common.contracts.catalogue import asyncapi, facts, publisher
from libs.common.contracts.commands import COMMANDS
from libs.common.rabbit import publisher as rabbit
from libs.common.rabbit import topology
from tests.contract.asyncapi_shape import DOCUMENT
from tests.contract.freeze import examples

SUBSCRIBERS = {one.name: one.subscriptions.facts for one in services.every()}
FACTS = {fact.name: fact for fact in facts()}
FROZEN = {path.stem: json.loads(path.read_bytes()) for path in examples()}
WHOLE = asyncapi(None, SUBSCRIBERS)
PARTS = {None: WHOLE} | {name: asyncapi(name, SUBSCRIBERS) for name in services.NAMES}


@pytest.mark.parametrize("service", PARTS)
def test_the_document_is_one(service: str | None) -> None:
    document = PARTS[service]

    jsonschema.Draft202012Validator(DOCUMENT).validate(document)
    assert [ref for ref in refs(document) if not resolved(document, ref)] == []
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        assert all(one["$ref"].startswith(f"{channel}/messages/") for one in operation["messages"])
    for channel in document["channels"].values():
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == set(channel.get("parameters", ()))
        kinds = channel.get("parameters", {}).get("type", {}).get("enum")
        assert kinds in (None, list(channel["messages"]))
    for server in document["servers"].values():
        assert set(re.findall(r"\{(\w+)\}", server["host"] + server["pathname"])) == set(server["variables"])


def test_it_tells_of_every_fact_and_command_and_where_they_are() -> None:
    channels = WHOLE["channels"]

    assert set(channels) == {rabbit.EVENTS, topology.HISTORY, topology.COMMANDS}
    assert set(channels[rabbit.EVENTS]["messages"]) == set(channels[topology.HISTORY]["messages"]) == set(FACTS)
    assert set(channels[topology.COMMANDS]["messages"]) == set(COMMANDS)
    assert {name: one["action"] for name, one in WHOLE["operations"].items()} == {
        "tellFacts": "send",
        "tellHistory": "send",
        "takeCommands": "receive",
    }
    assigned = WHOLE["components"]["messages"]["plumbline.lead.assigned.v1"]
    assert assigned["x-publisher"] == "leads"
    assert "notifications" in assigned["x-receivers"]


@pytest.mark.parametrize("name", WHOLE["components"]["messages"])
def test_a_messages_example_is_what_was_frozen_and_fits_what_the_document_says(name: str) -> None:
    message = WHOLE["components"]["messages"][name]
    [example] = [one["payload"] for one in message["examples"]]

    assert example == FROZEN[name]
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    whole = message["payload"] | {"components": WHOLE["components"]}
    reader = jsonschema.Draft202012Validator(whole, format_checker=checker)
    reader.validate(example)
    for broken in (example | {"type": "plumbline.other.v1"}, example | {"data": []}, example | {"specversion": "0.3"}):
        assert not reader.is_valid(broken)


@pytest.mark.parametrize("service", services.NAMES)
def test_a_service_shows_what_it_says_and_what_it_takes_and_no_more(bench: Callable[..., Bench], service: str) -> None:
    served: dict[str, Any] = bench(service).public.get(f"/api/v1/{service}/asyncapi.json").get_json()

    own = {name for name, fact in FACTS.items() if publisher(fact) == service}
    assert kinds_of(served, "tellFacts") == own
    assert kinds_of(served, "hearFacts") == set(SUBSCRIBERS[service])
    assert kinds_of(served, "takeCommands") == {name for name in COMMANDS if name in services.spec(service).commands}
    assert set(served["channels"][rabbit.EVENTS]["messages"]) == own | set(SUBSCRIBERS[service])


def test_the_command_prints_the_whole_or_a_part() -> None:
    for service, document in PARTS.items():
        done = CliRunner().invoke(printed.command, ["--service", service] if service else [])

        assert (done.exit_code, json.loads(done.stdout)) == (0, document)


def kinds_of(document: dict[str, Any], operation: str) -> set[str]:
    messages = document["operations"].get(operation, {}).get("messages", [])
    return {one["$ref"].rpartition("/")[2] for one in messages}


def refs(node: Any) -> list[str]:
    if isinstance(node, list):
        return [ref for one in node for ref in refs(one)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [ref for one in node.values() for ref in refs(one)]


def resolved(document: dict[str, Any], ref: str) -> bool:
    node: Any = document
    for step in ref.removeprefix("#/").split("/"):
        node = node.get(step) if isinstance(node, dict) else None
    return node is not None
