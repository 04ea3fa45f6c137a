"""docs/events.md: what happens, who says so and who reacts, in the business's words. All from the classes."""

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from libs.common.contracts.base import Event
from libs.common.contracts.commands import COMMANDS
from libs.common.contracts.schemas import facts, publisher, reactors, spoken

INTRODUCTION = """\
# Events

<!-- Written by `./plumbline` from libs/common/contracts; edit the classes, not this page. -->

Every fact is a CloudEvent 1.0 on the topic exchange `plumbline.events`; its type is its routing key, its subject the
record it is about, its `sequence` counts 1, 2, … for that record. Money and quantities are strings, times carry their
offset. A field with `?` may be missing. Fields you do not know are to be ignored: new ones may come, with defaults; any
other change becomes a `.v2` beside the `.v1`.
"""
WORDS: dict[Any, str] = {
    UUID: "id",
    str: "text",
    int: "number",
    bool: "yes or no",
    Decimal: "amount",
    datetime: "time",
    date: "day",
    time: "time of day",
}


def events_markdown(subscribers: Mapping[str, Sequence[str]]) -> str:
    """The whole page. ``subscribers`` has, by service, the wire names of the facts it has a handler for."""
    parts: dict[str, type] = {}
    lines = [INTRODUCTION]
    groups: dict[str, list[type[Event]]] = {}
    for fact in facts():
        groups.setdefault(fact.aggregate(), []).append(fact)
    for aggregate, group in groups.items():
        lines += _aggregate(aggregate, group, subscribers, parts)
    lines += ["## Commands", "", "Asked for on the exchange `plumbline.commands`; they may be refused.", ""]
    lines += [f"- `{name}`: {spoken(kind)}" for name, kind in COMMANDS.items()]
    lines += ["", "## Parts", "", "What several facts are made of.", ""]
    for kind in _closure(parts):
        lines += [f"### {kind.__name__}", ""]
        if not (kind.__doc__ or "").startswith(f"{kind.__name__}("):  # what dataclass writes where nobody did
            lines += [spoken(kind), ""]
        lines += [_listed(kind, [field.name for field in fields(kind)], {}), ""]
    return "\n".join(lines).rstrip() + "\n"


def _closure(parts: Mapping[str, type]) -> list[Any]:
    """The parts and what they are made of themselves, by name."""
    known, fresh = dict(parts), dict(parts)
    while fresh:
        found: dict[str, type] = {}
        for kind in fresh.values():
            for hint in get_type_hints(kind).values():
                _word(hint, found)
        fresh = {name: kind for name, kind in found.items() if name not in known}
        known |= fresh
    return [known[name] for name in sorted(known)]


def _aggregate(
    aggregate: str, group: Sequence[type[Event]], subscribers: Mapping[str, Sequence[str]], parts: dict[str, type]
) -> Iterator[str]:
    head = group[0].__mro__[1]
    yield from [f"## {aggregate}", "", f"Published by `{publisher(group[0])}`."]
    common = head.data_fields() if head is not Event and issubclass(head, Event) else []
    if common:
        yield from [f"{spoken(head)}", "", f"Each carries {_listed(head, common, parts)}."]
    yield from ["", "| fact | when | it also carries | who reacts |", "| --- | --- | --- | --- |"]
    for fact in group:
        own = [name for name in fact.data_fields() if name not in common]
        who = ", ".join(reactors(fact, subscribers)) or "–"
        yield f"| `{fact.name}` | {spoken(fact)} | {_listed(fact, own, parts) or '–'} | {who} |"
    yield ""


def _listed(kind: type, names: Sequence[str], parts: dict[str, type]) -> str:
    assert is_dataclass(kind)
    hints, known = get_type_hints(kind), {field.name: field for field in fields(kind)}
    return ", ".join(f"`{name}{_mark(known[name])}` {_word(hints[name], parts)}" for name in names)


def _mark(field: "Field[Any]") -> str:
    return "" if field.default is MISSING and field.default_factory is MISSING else "?"


def _word(hint: Any, parts: dict[str, type]) -> str:
    """A type in words; parts that it mentions are noted, to be explained below."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _word(next(one for one in inner if one is not type(None)), parts)
    if origin is tuple:
        return f"list of {_word(inner[0], parts)}"
    if origin is dict:
        return f"{_word(inner[1], parts)} by {_word(inner[0], parts)}"
    if is_dataclass(hint) and isinstance(hint, type):
        parts[hint.__name__] = hint
        return hint.__name__
    return WORDS[hint]
