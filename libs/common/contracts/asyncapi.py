"""The bus as an AsyncAPI 3 document, for tools that other systems use. All from the classes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from libs.common.contracts.base import CONTENT_TYPE, Event, Message
from libs.common.contracts.commands import COMMANDS, EXCHANGE, Command
from libs.common.contracts.schemas import Json, data_of, envelope_of, exact, facts, publisher, reactors, spoken

#: a fact's samples as frozen by the tests; an image without them shows no examples
SAMPLES = Path(__file__).resolve().parents[3] / "tests" / "contract" / "samples"


def samples() -> dict[str, Json]:
    """An envelope of each fact as it was frozen, by wire name."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("*.json"))}


def asyncapi(service: str | None = None, subscribers: Mapping[str, Sequence[str]] | None = None) -> Json:
    """The AsyncAPI 3 document of the whole bus, or of what one service says on it and takes from it."""
    said = [fact for fact in facts() if service in (None, publisher(fact))]
    asked = COMMANDS if service in (None, "leads") else {}
    _, parts = msgspec.json.schema_components(
        [*said, *asked.values(), Message, Command], ref_template="#/components/schemas/{name}"
    )
    for fact in said:
        parts[fact.__name__] = data_of(parts[fact.__name__])
    parts["Message"] = envelope_of(parts["Message"])
    shown = samples()
    messages = {fact.name: _message(fact, shown.get(fact.name), reactors(fact, subscribers or {})) for fact in said}
    messages |= {name: _command(kind) for name, kind in asked.items()}
    channels = {"plumbline.events": _channel("plumbline.events", "Every fact, as it happened.", [f.name for f in said])}
    if asked:
        channels[EXCHANGE] = _channel(EXCHANGE, "What other systems ask for.", list(asked))
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
            "channels": channels,
            "operations": {
                name: {"action": "receive" if name == EXCHANGE else "send", "channel": {"$ref": f"#/channels/{name}"}}
                for name in channels
            },
            "components": {"messages": messages, "schemas": parts},
        }
    )


def _message(fact: type[Event], sample: Json | None, receivers: Sequence[str]) -> Json:
    data = {"$ref": f"#/components/schemas/{fact.__name__}"}
    return {
        "name": fact.name,
        "title": fact.__name__,
        "summary": spoken(fact),
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "tags": [{"name": fact.aggregate()}],
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Message"},
                {"type": "object", "properties": {"type": {"const": fact.name}, "data": data}, "required": ["data"]},
            ]
        },
        "x-publisher": publisher(fact),
        "x-receivers": list(receivers),
    } | ({"examples": [{"payload": sample}]} if sample else {})


def _command(kind: type[Any]) -> Json:
    data = {"$ref": f"#/components/schemas/{kind.__name__}"}
    known = {"type": {"const": kind.name}, "data": data}
    return {
        "name": kind.name,
        "title": kind.__name__,
        "summary": spoken(kind),
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Command"},
                {"type": "object", "properties": known, "required": ["specversion", "data"]},
            ]
        },
    }


def _channel(name: str, description: str, types: Sequence[str]) -> Json:
    exchange = {"name": name, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": "{type}",
        "title": name,
        "description": description,
        "parameters": {"type": {"enum": list(types), "location": "$message.payload#/type"}},
        "messages": {one: {"$ref": f"#/components/messages/{one}"} for one in types},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }
