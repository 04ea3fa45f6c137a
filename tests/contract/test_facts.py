"""Every fact that was ever shipped stays readable: frozen samples, frozen schemas, and strangers' readings of both."""

import copy
import json
from typing import Any

import jsonschema
import pytest
from cloudevents.core.bindings.amqp import AMQPMessage, from_structured_event

from libs.common.contracts.base import CONTENT_TYPE, Event, decode
from libs.common.contracts.catalogue import asyncapi, envelope_schema, events_markdown, facts, schema
from tests.contract.freeze import SAMPLES, SCHEMAS, breaks, frozen

FACTS = {fact.name: fact for fact in facts()}
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
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


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_sample_means_today_what_it_meant_then(name: str) -> None:
    message = decode(raw(name))
    event = message.event()

    assert type(event) is FACTS[name]
    assert lost(sample(name)["data"], json.loads(json.dumps(event.data()))) == []
    assert lost(sample(name), json.loads(message.encode())) == []
    assert type(event).read(event.subject, event.data()) == event


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_fact_only_ever_gains_fields_that_have_a_default(name: str) -> None:
    before, after = frozen(SCHEMAS, name), schema(FACTS[name])
    assert before is not None, f"{name} has no frozen schema: {FREEZE}"

    wrong = breaks(before, after)

    assert not wrong, f"{name}: {'; '.join(wrong)}. Leave it as it was and publish a .v2 beside it."
    assert before == after, f"{name} says more, or says it better, than was frozen: {FREEZE}"


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_a_cloud_event_to_a_stranger(name: str) -> None:
    event = from_structured_event(AMQPMessage({}, {"content-type": CONTENT_TYPE}, raw(name)))

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
#: what somebody made of a fact with a required total and a note: its fields, which are required, whether that may be
CHANGES: dict[str, tuple[dict[str, Any], list[str], bool]] = {
    "none": ({"total": TEXT, "note": NOTE}, ["total"], True),
    "added with a default": ({"total": TEXT, "note": NOTE, "currency": NOTE}, ["total"], True),
    "better described": ({"total": {**TEXT, "description": "what it comes to"}, "note": NOTE}, ["total"], True),
    "removed": ({"total": TEXT}, ["total"], False),
    "renamed": ({"sum": TEXT, "note": NOTE}, ["sum"], False),
    "retyped": ({"total": {"type": "number"}, "note": NOTE}, ["total"], False),
    "new and required": ({"total": TEXT, "note": NOTE, "currency": TEXT}, ["total", "currency"], False),
    "now required": ({"total": TEXT, "note": NOTE}, ["total", "note"], False),
    "no longer required": ({"total": TEXT, "note": NOTE}, [], False),
    "another default": ({"total": TEXT, "note": {**NOTE, "default": "none"}}, ["total"], False),
    "nullable": ({"total": {"anyOf": [TEXT, {"type": "null"}]}, "note": NOTE}, ["total"], False),
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


def test_the_asyncapi_document_resolves_and_shows_every_fact() -> None:
    document = asyncapi(subscribers={"notifications": ["plumbline.lead.assigned.v1"], "console": ["plumbline.*"]})

    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]["plumbline.events"]["messages"]) == set(FACTS)
    assert set(document["channels"]["plumbline.commands"]["messages"]) == {"plumbline.lead.capture.v1"}
    assert [ref for ref in _refs(document) if not _resolves(document, ref)] == []
    assigned = document["components"]["messages"]["plumbline.lead.assigned.v1"]
    assert assigned["x-receivers"] == ["notifications", "console"]
    assert assigned["examples"][0]["payload"] == sample("plumbline.lead.assigned.v1")


def test_a_service_shows_what_it_says_and_no_more() -> None:
    said = asyncapi("bookings")["channels"]

    assert list(said) == ["plumbline.events"]
    assert {name.split(".")[1] for name in said["plumbline.events"]["messages"]} == {
        "customer", "job", "sale", "booking"}  # fmt: skip


def _refs(node: Any) -> list[str]:
    if isinstance(node, list):
        return [ref for one in node for ref in _refs(one)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [ref for one in node.values() for ref in _refs(one)]


def _resolves(document: dict[str, Any], ref: str) -> bool:
    node: Any = document
    for step in ref.removeprefix("#/").split("/"):
        node = node.get(step) if isinstance(node, dict) else None
    return node is not None


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
