"""Every fact that was ever shipped stays readable: frozen samples, frozen schemas, and strangers' readings of both."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_structured_event

from libs.common.contracts.base import CONTENT_TYPE, Event, decode
from libs.common.contracts.catalogue import command_schema, envelope_schema, events_markdown, facts, schema
from libs.common.contracts.commands import COMMANDS
from libs.common.contracts.commands import decode as decode_command
from tests.contract import freeze
from tests.contract.freeze import ASKED, HERE, SAMPLES, SCHEMAS, breaks, documents, frozen

FACTS = {fact.name: fact for fact in facts()}
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
DOCUMENTS = documents()
FREEZE = "run `python -m tests.contract.freeze` and commit what it writes"


def sample(name: str) -> dict[str, Any]:
    found = frozen(SAMPLES, name)
    assert found is not None, f"{name} has no sample: {FREEZE}"
    return found


def raw(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def lost(said: Any, heard: Any, at: str = "") -> list[str]:
    """What was said and did not come through; what came on top, by default, is no loss."""
    if isinstance(said, dict) and isinstance(heard, dict):
        return [one for key in said for one in lost(said[key], heard.get(key, "nothing"), f"{at}/{key}")]
    if isinstance(said, list) and isinstance(heard, list) and len(said) == len(heard):
        pairs = enumerate(zip(said, heard, strict=True))
        return [one for number, (a, b) in pairs for one in lost(a, b, f"{at}/{number}")]
    return [] if said == heard else [f"{at}: {said!r} became {heard!r}"]


def test_every_fact_is_frozen_and_nothing_else_is() -> None:
    """A sample whose fact is gone means that yesterday's history cannot be read any more."""
    assert set(FACTS) == set(NAMES), FREEZE
    assert set(FACTS) == {path.stem for path in SCHEMAS.glob("*.json")}, FREEZE
    for kind in ("samples", "schemas"):
        assert set(COMMANDS) == {path.stem for path in (ASKED / kind).glob("*.json")}, FREEZE


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_sample_means_today_what_it_meant_then(name: str) -> None:
    message = decode(raw(name))
    event = message.event()

    assert type(event) is FACTS[name]
    assert lost(sample(name)["data"], json.loads(json.dumps(event.data()))) == []
    assert lost(sample(name), json.loads(message.encode())) == []
    assert type(event).read(event.subject, event.data()) == event


@pytest.mark.parametrize("name", NAMES)
def test_a_fact_of_before_a_field_was_added_says_it_by_its_default(name: str) -> None:
    """The console looked for it in what was read, and parked every such fact."""
    kind, said = FACTS[name], sample(name)
    message = decode(json.dumps(said | {"data": {key: said["data"][key] for key in schema(kind)["required"]}}).encode())

    event = message.event()

    assert event is not None
    assert set(event.data()) == set(kind.data_fields())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(HERE)))
def test_a_fact_a_command_and_the_envelope_only_ever_gain_fields_that_have_a_default(path: Path) -> None:
    before, after = frozen(path.parent, path.stem), DOCUMENTS[path]
    assert before is not None, f"{path.stem} has no frozen schema: {FREEZE}"

    wrong = breaks(before, after)

    assert not wrong, f"{path.stem}: {'; '.join(wrong)}. Leave it as it was and publish a .v2 beside it."
    assert before == after, f"{path.stem} says more, or says it better, than was frozen: {FREEZE}"


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_a_cloud_event_to_a_stranger(name: str) -> None:
    event = from_structured_event(RabbitMQMessage({}, CONTENT_TYPE, raw(name)))

    assert (event.get_type(), event.get_specversion(), event.get_datacontenttype()) == (name, "1.0", "application/json")
    assert event.get_subject() == sample(name)["subject"]
    assert event.get_extension("sequence") == "1"
    assert event.get_data() == sample(name)["data"]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_fits_the_schemas_we_hand_out(name: str) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    for document, what in ((envelope_schema(), sample(name)), (schema(FACTS[name]), sample(name)["data"])):
        jsonschema.Draft202012Validator.check_schema(document)
        jsonschema.Draft202012Validator(document, format_checker=checker).validate(what)


TEXT = {"type": "string"}
NOTE = {"type": "string", "default": ""}
SIDE = {"enum": ["us", "customer"]}
#: what somebody made of a fact with a required total and a note: its fields, which are required, whether that may be
CHANGES: dict[str, tuple[dict[str, Any], list[str], bool]] = {
    "none": ({"total": TEXT, "note": NOTE, "side": SIDE}, ["total"], True),
    "added with a default": ({"total": TEXT, "note": NOTE, "side": SIDE, "currency": NOTE}, ["total"], True),
    "better described": ({"total": {**TEXT, "description": "in all"}, "note": NOTE, "side": SIDE}, ["total"], True),
    "removed": ({"total": TEXT, "side": SIDE}, ["total"], False),
    "renamed": ({"sum": TEXT, "note": NOTE, "side": SIDE}, ["sum"], False),
    "retyped": ({"total": {"type": "number"}, "note": NOTE, "side": SIDE}, ["total"], False),
    "reshaped": ({"total": {**TEXT, "pattern": "^[0-9]+$"}, "note": NOTE, "side": SIDE}, ["total"], False),
    "new and required": ({"total": TEXT, "note": NOTE, "side": SIDE, "tax": TEXT}, ["total", "tax"], False),
    "now required": ({"total": TEXT, "note": NOTE, "side": SIDE}, ["total", "note"], False),
    "no longer required": ({"total": TEXT, "note": NOTE, "side": SIDE}, [], False),
    "another default": ({"total": TEXT, "note": {**NOTE, "default": "none"}, "side": SIDE}, ["total"], False),
    "nullable": ({"total": {"anyOf": [TEXT, {"type": "null"}]}, "note": NOTE, "side": SIDE}, ["total"], False),
    "a word fewer": ({"total": TEXT, "note": NOTE, "side": {"enum": ["us"]}}, ["total"], False),
    "a word more": ({"total": TEXT, "note": NOTE, "side": {"enum": [*SIDE["enum"], "other"]}}, ["total"], False),
}


def version(change: str, nested: bool) -> dict[str, Any]:
    properties, required, _ = CHANGES[change]
    part = {"type": "object", "properties": properties, "required": required}
    if not nested:
        return part
    items = {"type": "array", "items": {"$ref": "#/$defs/Part"}}
    return {"type": "object", "properties": {"parts": items}, "required": ["parts"], "$defs": {"Part": part}}


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_what_counts_as_another_version(change: str, nested: bool) -> None:
    wrong = breaks(version("none", nested), version(change, nested))

    assert (wrong == []) is CHANGES[change][2], wrong


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(HERE)))
def test_the_gate_sees_each_field_of_what_was_really_frozen(path: Path) -> None:
    now = DOCUMENTS[path]
    for name in now["properties"]:
        gone = now | {"properties": {key: value for key, value in now["properties"].items() if key != name}}
        other = now | {"properties": now["properties"] | {name: {"type": "integer", "minimum": -1}}}
        assert breaks(now, gone), f"{name} could go"
        assert breaks(now, other), f"{name} could become a number"
    more = now | {"properties": now["properties"] | {"loyalty": TEXT}, "required": [*now["required"], "loyalty"]}
    assert breaks(now, more) == ["/loyalty is new and required"]


def test_freezing_writes_nothing_over_what_others_rely_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = SCHEMAS / "plumbline.estimate.accepted.v1.json"
    kept = tmp_path / path.name
    promised = json.loads(path.read_text("utf-8"))
    promised["properties"]["loyalty"] = TEXT
    kept.write_text(json.dumps(promised))
    monkeypatch.setattr(freeze, "documents", lambda: {kept: DOCUMENTS[path]})
    monkeypatch.setattr(freeze, "examples", dict)

    assert freeze.main() == 1

    assert json.loads(kept.read_text()) == promised
    assert "/loyalty is gone" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_of_yesterday_is_one_today(name: str) -> None:
    said = (ASKED / "samples" / f"{name}.json").read_bytes()
    command = decode_command(said)

    assert (command.type, command.data) == (name, json.loads(said)["data"])
    jsonschema.Draft202012Validator(command_schema(name)).validate(command.data)
    event = from_structured_event(RabbitMQMessage({}, CONTENT_TYPE, said))
    assert (event.get_type(), event.get_id()) == (name, command.id)


def test_a_reader_of_today_ignores_what_tomorrow_adds() -> None:
    said = sample("plumbline.estimate.accepted.v1")
    more = copy.deepcopy(said)
    more["data"]["loyalty_points"] = 12
    more["data"]["lines"][0]["colour"] = "white"
    more["tenant"] = "acme"

    assert decode(json.dumps(more).encode()).event() == decode(json.dumps(said).encode()).event()


def test_the_secret_link_is_never_on_the_bus() -> None:
    for fact in FACTS.values():
        assert not [name for name in json.dumps(schema(fact)).split('"') if "token" in name or "share" in name], fact


def test_no_fact_hides_the_words_of_its_envelope() -> None:
    for fact in FACTS.values():
        assert not set(fact.data_fields()) & {"name", "read", "data", "aggregate", "data_fields"}, fact
        assert fact.__doc__, f"{fact.name} does not say when"
        assert not fact.__doc__.startswith(f"{fact.__name__}("), f"{fact.name} does not say when"


def test_the_events_page_names_every_fact_and_who_reacts() -> None:
    page = events_markdown({"estimates": ["plumbline.opportunity.converted.v1"]})

    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `plumbline.")}
    assert set(rows) == set(FACTS)
    assert rows["plumbline.opportunity.converted.v1"].endswith("| estimates |")
    assert rows["plumbline.lead.typed.v1"].endswith("| – |")


def test_facts_come_from_one_publisher_each() -> None:
    kinds: dict[str, set[str]] = {}
    for fact in FACTS.values():
        kinds.setdefault(fact.aggregate(), set()).add(sample(fact.name)["source"])

    assert all(len(sources) == 1 for sources in kinds.values())
    assert issubclass(FACTS["plumbline.lead.captured.v1"], Event)
