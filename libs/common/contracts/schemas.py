"""The contract as JSON Schema: every fact, the envelope they come in and the commands. All from the classes."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from inspect import getdoc
from typing import Any

import msgspec

from libs.common.contracts import (
    appointments,
    bookings,
    estimates,
    leads,
    notifications,
    opportunities,
    sales,
    staff,
    webhooks,
)
from libs.common.contracts.base import Event, Message
from libs.common.contracts.commands import COMMANDS
from libs.common.contracts.publishers import PUBLISHERS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MODULES = (
    leads,
    opportunities,
    appointments,
    estimates,
    sales,
    bookings,
    notifications,
    webhooks,
    staff,
)  #: in funnel order
DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"

Json = dict[str, Any]


def facts() -> Iterator[type[Event]]:
    """Every fact there is, in the order of the funnel."""
    for module in MODULES:
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Event) and "name" in vars(value):
                yield value


def publisher(fact: type[Event]) -> str:
    """The one service that may say it."""
    return PUBLISHERS[fact.aggregate()]


def receiver(command: str) -> str:
    """The one service that a command asks."""
    return PUBLISHERS[command.split(".")[1]]


def reactors(fact: type[Event], subscribers: Mapping[str, Sequence[str]]) -> list[str]:
    """The services that do something about a fact; ``subscribers`` has each one's wire names or patterns."""
    return [who for who, names in subscribers.items() if any(fnmatchcase(fact.name, name) for name in names)]


def spoken(kind: type) -> str:
    """A class's docstring as one line of prose."""
    return " ".join((getdoc(kind) or "").replace("``", "`").split())


def schema(fact: type[Event]) -> Json:
    """JSON Schema of a fact's ``data``. Readers ignore fields they do not know, so more are allowed."""
    [top], parts = msgspec.json.schema_components([fact], ref_template="#/$defs/{name}")
    body = data_of(parts.pop(top["$ref"].rpartition("/")[2]))
    head = {"$schema": DRAFT, "$id": f"/api/v1/{publisher(fact)}/schemas/{fact.name}.json", "title": fact.name}
    whole = head | {"description": spoken(fact)} | body | ({"$defs": parts} if parts else {})
    return exact(whole)


def envelope_schema() -> Json:
    """JSON Schema of the envelope that every fact comes in: a CloudEvent, structured."""
    [top], parts = msgspec.json.schema_components([Message], ref_template="#/$defs/{name}")
    return {"$schema": DRAFT, **envelope_of(parts[top["$ref"].rpartition("/")[2]])}


def command_schema(name: str) -> Json:
    """JSON Schema of a command's ``data``, which has no other fields."""
    [top], parts = msgspec.json.schema_components([COMMANDS[name]], ref_template="#/$defs/{name}")
    body = parts.pop(top["$ref"].rpartition("/")[2])
    head = {"$schema": DRAFT, "$id": f"/api/v1/{receiver(name)}/schemas/{name}.json"}
    return exact(head | body | {"title": name, "description": spoken(COMMANDS[name]), "$defs": parts})


def schema_of(service: str, name: str) -> Json | None:
    """The schema behind a ``dataschema``: of a fact the service publishes, or a command it takes. None for others."""
    if name in COMMANDS and receiver(name) == service:
        return command_schema(name)
    said = next((fact for fact in facts() if fact.name == name and publisher(fact) == service), None)
    return None if said is None else schema(said)


def data_of(body: Json) -> Json:
    """A fact's own fields; its subject is the envelope's."""
    kept = {name: field for name, field in body["properties"].items() if name != "subject"}
    required = [name for name in body["required"] if name != "subject"]
    return {"type": "object", "properties": kept, "required": required}


def envelope_of(body: Json) -> Json:
    known = body["properties"] | {
        "specversion": {"const": "1.0"},
        "source": {"type": "string", "pattern": "^/plumbline/[a-z][a-z0-9_-]*$"},
        "type": {"type": "string", "pattern": r"^plumbline\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*$"},
        "sequence": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$", "description": "1, 2, … for its subject"},
        "datacontenttype": {"const": "application/json"},
    }
    known["time"] = {"type": "string", "format": "date-time"}
    required = ["specversion", *body["required"]]
    return {"title": "Envelope", "type": "object", "properties": known, "required": required}


def exact(node: Json) -> Json:
    """Decimals get their pattern, since no validator knows the format ``decimal``; docstrings become prose."""
    if node.get("format") == "decimal":
        return {name: value for name, value in node.items() if name != "format"} | {"pattern": DECIMAL}
    said = {name: _exact_in(value) for name, value in node.items()}
    if isinstance(said.get("description"), str):
        said["description"] = " ".join(said["description"].replace("``", "`").split())
    return said


def _exact_in(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_exact_in(one) for one in value]
    return exact(value) if isinstance(value, dict) else value
