"""The bus as an AsyncAPI 3 document, for tools that other systems use. All from the classes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from libs.common.contracts.base import CONTENT_TYPE, Event, Message
from libs.common.contracts.commands import COMMANDS, EXCHANGE, Command
from libs.common.contracts.schemas import (
    Json,
    data_of,
    envelope_of,
    exact,
    facts,
    publisher,
    reactors,
    receiver,
    spoken,
)

#: a fact's samples as frozen by the tests; an image without them shows no examples
SAMPLES = Path(__file__).resolve().parents[3] / "tests" / "contract" / "samples"
ASKED = SAMPLES.parent / "commands" / "samples"
EVENTS, HISTORY = "plumbline.events", "plumbline.history"
BINDING = "0.3.0"  #: of AsyncAPI's words for AMQP
SERVER: Json = {
    "host": "{host}:{port}",
    "pathname": "/{vhost}",
    "protocol": "amqp",
    "protocolVersion": "0.9.1",
    "description": "RabbitMQ, where Plumbline runs distributed: embedded there is none. `subscribers add` prints"
    " the whole address; amqps where the company has it.",
    "variables": {
        "host": {"default": "localhost"},
        "port": {"default": "5672"},
        "vhost": {"default": "%2F", "description": "The virtual host, percent-encoded."},
    },
    "security": [{"$ref": "#/components/securitySchemes/user"}],
}


def samples() -> dict[str, Json]:
    """An envelope of each fact and command as it was frozen, by wire name."""
    paths = sorted([*SAMPLES.glob("*.json"), *ASKED.glob("*.json")])
    return {path.stem: json.loads(path.read_text("utf-8")) for path in paths}


def asyncapi(service: str | None = None, subscribers: Mapping[str, Sequence[str]] | None = None) -> Json:
    """The AsyncAPI 3 document of the whole bus, or of what one service says on it and takes from it.

    ``subscribers`` has, by service, the wire names of the facts it reacts to.
    """
    every, subscribers = list(facts()), subscribers or {}
    said = [fact for fact in every if service in (None, publisher(fact))]
    heard = [fact for fact in every if service in reactors(fact, subscribers)]
    asked = {name: kind for name, kind in COMMANDS.items() if service in (None, receiver(name))}
    shown = [fact for fact in every if fact in said or fact in heard]
    _, parts = msgspec.json.schema_components(
        [*shown, *asked.values(), Message, Command], ref_template="#/components/schemas/{name}"
    )
    for fact in shown:
        parts[fact.__name__] = data_of(parts[fact.__name__])
    parts["Message"] = envelope_of(parts["Message"])
    known = samples()
    messages = {fact.name: _message(fact, known.get(fact.name), reactors(fact, subscribers)) for fact in shown}
    messages |= {name: _command(kind, known.get(name)) for name, kind in asked.items()}
    parts |= {_whole(fact): _of_message(fact) for fact in shown}
    parts |= {_whole(kind): _of_command(kind) for kind in asked.values()}
    channels = {EVENTS: _exchange(EVENTS, "Every fact, as it happened.", [fact.name for fact in shown])}
    operations = {}
    if said:
        operations["tellFacts"] = _operation("send", EVENTS, [fact.name for fact in said])
    if heard:
        operations["hearFacts"] = _operation("receive", EVENTS, [fact.name for fact in heard])
    if service is None:
        channels[HISTORY] = _stream(HISTORY, [fact.name for fact in said])
        operations["tellHistory"] = _operation("send", HISTORY, [fact.name for fact in said])
    if asked:
        channels[EXCHANGE] = _exchange(EXCHANGE, "What other systems ask for; it may be refused.", list(asked))
        operations["takeCommands"] = _operation("receive", EXCHANGE, list(asked))
    return exact(
        {
            "asyncapi": "3.0.0",
            "info": {
                "title": f"Plumbline {service}" if service else "Plumbline",
                "version": "1.0.0",
                "description": "Facts are CloudEvents 1.0 in structured JSON; the routing key is the type. New fields "
                "come with defaults and are to be ignored by who does not know them; anything else is a new version "
                "beside the old one.",
            },
            "defaultContentType": CONTENT_TYPE,
            "servers": {"broker": SERVER},
            "channels": channels,
            "operations": operations,
            "components": {
                "messages": messages,
                "schemas": parts,
                "securitySchemes": {"user": {"type": "userPassword", "description": "One for each other system."}},
            },
        }
    )


def _operation(action: str, channel: str, types: Sequence[str]) -> Json:
    """``action`` is Plumbline's: what it sends, others receive. Read with acknowledgements, ask persistently."""
    bound: Json = {"ack": True} if action == "send" else {"deliveryMode": 2, "mandatory": True}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{one}"} for one in types],
        "bindings": {"amqp": bound | {"bindingVersion": BINDING}},
    }


def _whole(kind: type[Any]) -> str:
    """What generated code calls a whole message: without a name of its own it would be AnonymousSchema_124."""
    return f"{kind.__name__}Message"


def _of_message(fact: type[Event]) -> Json:
    data = {"$ref": f"#/components/schemas/{fact.__name__}"}
    return {
        "allOf": [
            {"$ref": "#/components/schemas/Message"},
            {"type": "object", "properties": {"type": {"const": fact.name}, "data": data}, "required": ["data"]},
        ]
    }


def _of_command(kind: type[Any]) -> Json:
    data = {"$ref": f"#/components/schemas/{kind.__name__}"}
    known = {"specversion": {"const": "1.0"}, "type": {"const": kind.name}, "data": data}
    return {
        "allOf": [
            {"$ref": "#/components/schemas/Command"},
            {"type": "object", "properties": known, "required": ["specversion", "data"]},
        ]
    }


def _message(fact: type[Event], sample: Json | None, receivers: Sequence[str]) -> Json:
    return {
        "name": fact.name,
        "title": fact.__name__,
        "summary": spoken(fact),
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "tags": [{"name": fact.aggregate()}],
        "bindings": {"amqp": {"messageType": fact.name, "bindingVersion": BINDING}},
        "payload": {"$ref": f"#/components/schemas/{_whole(fact)}"},
        "x-publisher": publisher(fact),
        "x-receivers": list(receivers),
    } | ({"examples": [{"payload": sample}]} if sample else {})


def _command(kind: type[Any], sample: Json | None) -> Json:
    return {
        "name": kind.name,
        "title": kind.__name__,
        "summary": spoken(kind),
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"#/components/schemas/{_whole(kind)}"},
    } | ({"examples": [{"payload": sample}]} if sample else {})


def _exchange(name: str, description: str, types: Sequence[str]) -> Json:
    exchange = {"name": name, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": "{type}",
        "title": name,
        "description": description,
        "servers": [{"$ref": "#/servers/broker"}],
        "parameters": {"type": {"enum": list(types), "location": "$message.payload#/type"}},
        "messages": {one: {"$ref": f"#/components/messages/{one}"} for one in types},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": BINDING}},
    }


def _stream(name: str, types: Sequence[str]) -> Json:
    queue = {"name": name, "durable": True, "exclusive": False, "autoDelete": False}
    return {
        "address": name,
        "title": name,
        "description": "Every fact of the last 30 days, in a stream: read it with a prefetch, acknowledgements and the "
        "argument x-stream-offset (first, a time, or the offset after the last one read).",
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": {one: {"$ref": f"#/components/messages/{one}"} for one in types},
        "bindings": {"amqp": {"is": "queue", "queue": queue, "bindingVersion": BINDING}},
    }
