"""What programs that are made from our OpenAPI documents find in them."""

from collections.abc import Iterator
from typing import Any

import pytest

import services
from embedded import described
from libs.common.service import Service
from libs.common.web.openapi import document, operation_id
from libs.common.web.openapi_words import BOUNDS

DOCUMENTS = {name: document(described.app(services.spec(name))) for name in services.NAMES}


def acts(of: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in of["paths"].items():
        for method, act in methods.items():
            yield path, method, act


def parts(of: Any) -> Iterator[dict[str, Any]]:
    """Every schema in this one."""
    if isinstance(of, dict):
        yield of
    for inner in of.values() if isinstance(of, dict) else of if isinstance(of, list) else ():
        yield from parts(inner)


def test_no_two_acts_of_the_company_have_one_name() -> None:
    names = [act["operationId"] for one in DOCUMENTS.values() for _, _, act in acts(one)]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("GET /api/v1/leads", "leads_list"),
        ("POST /api/v1/leads", "leads_create"),
        ("GET /api/v1/leads/<uuid:lead_id>", "lead_get"),
        ("PATCH /api/v1/leads/<uuid:lead_id>", "lead_update"),
        ("POST /api/v1/leads/<uuid:lead_id>/validate", "lead_validate"),
        ("GET /api/v1/opportunities/<uuid:opportunity_id>/appointments", "opportunity_appointments_list"),
        ("GET /api/v1/opportunities/appointments", "opportunities_appointments_list"),
        ("PUT /api/v1/estimates/<uuid:estimate_id>/draft", "estimate_draft_put"),
        ("GET /api/v1/estimates/<uuid:estimate_id>/estimate.pdf", "estimate_pdf_get"),
        ("POST /api/v1/staff/people/<uuid:person_id>/password", "staff_person_password"),
        ("POST /api/v1/shared/<token>/accept", "shared_accept"),
    ],
)
def test_what_an_act_is_called_follows_from_its_address_alone(call: str, name: str) -> None:
    method, path = call.split()
    lists = name.endswith("_list")

    assert operation_id(path, method, many=lists, makes=name.endswith("_create")) == name


@pytest.mark.parametrize("service", services.NAMES)
def test_a_choice_that_may_be_null_is_a_choice_or_null(service: str) -> None:
    """With both in one schema, a client for Python got three kinds of each choice, and one for a body had no null."""
    for part in parts(DOCUMENTS[service]["components"]["schemas"]):
        if "enum" in part and isinstance(part["enum"], list):
            assert isinstance(part.get("type"), str), part
            assert None not in part["enum"], part


@pytest.mark.parametrize("service", services.NAMES)
def test_what_an_answer_holds_always_is_never_null_and_nothing_in_it_has_bounds(service: str) -> None:
    """The bounds of what is taken in are none of what is shown: a chain of two thousand million rows broke them."""
    said = DOCUMENTS[service]
    schemas = said["components"]["schemas"]
    for name in {name for name in schemas if name.endswith(("Out", "Row", "Whole"))} - _taken(said):
        for field, part in schemas[name]["properties"].items():
            assert not set(BOUNDS) & set(part), (name, field)
            if field in ("id", "state", "number", "version", "allowed", "phones", "emails"):
                assert isinstance(part["type"], str), (name, field)


def _taken(said: dict[str, Any]) -> set[str]:
    bodies = [act.get("requestBody", {}) for _, _, act in acts(said)]
    return {part["$ref"].rpartition("/")[2] for part in parts(bodies) if "$ref" in part}


@pytest.mark.parametrize("service", [one for one in services.every() if one.preferences], ids=lambda one: one.name)
def test_a_setting_may_be_null_in_the_document_where_it_may_be(service: Service) -> None:
    """All were said to be null that are shown, also where null is refused."""
    assert service.preferences is not None
    schema = service.preferences.schema
    said = DOCUMENTS[service.name]["components"]["schemas"][schema.__name__]["properties"]

    assert {name for name, part in said.items() if _null(part)} == {
        name for name, field in schema().fields.items() if field.allow_none
    }


def _null(part: dict[str, Any]) -> bool:
    return isinstance(part.get("type"), list) or {"type": "null"} in part.get("anyOf", [])


def test_what_is_refused_for_its_size_is_said_to_have_one() -> None:
    mail = DOCUMENTS["bookings"]["components"]["schemas"]["PaperIn"]["properties"]["to"]
    discount = DOCUMENTS["estimates"]["components"]["schemas"]["LineIn"]["properties"]["discount_percent"]
    consent = DOCUMENTS["estimates"]["components"]["schemas"]["AcceptIn"]["properties"]["consent"]

    assert (mail["minItems"], mail["maxItems"]) == (1, 10)
    assert discount["description"] == "A number from 0 to 100, as text."
    assert not discount["pattern"].startswith("^-")
    assert consent["enum"] == [True]


@pytest.mark.parametrize("service", services.NAMES)
def test_no_query_that_the_document_allows_is_too_long_for_an_address(service: str) -> None:
    for _, _, act in acts(DOCUMENTS[service]):
        asked = [one["schema"] for one in act["parameters"] if one["in"] == "query"]
        texts = [one for one in asked if one.get("type") == "string" and not {"format", "enum"} & set(one)]
        assert sum(one["maxLength"] for one in texts) < 4000, act["operationId"]


@pytest.mark.parametrize("service", services.NAMES)
def test_every_answer_says_what_it_is(service: str) -> None:
    """A PDF is a file, and a document is told where it was asked for."""
    said = DOCUMENTS[service]
    for _, _, act in acts(said):
        for answer in act["responses"].values():
            assert all("schema" in one for one in answer.get("content", {}).values()), act["operationId"]
    assert said["servers"][0]["url"] == "/"


@pytest.mark.parametrize("service", services.NAMES)
def test_a_program_made_from_the_document_reads_lists_as_records_and_knows_what_is_in_each(service: str) -> None:
    """Generators take the first kind of answer for what comes, and leave out what has a list of nobody knows what."""
    said = DOCUMENTS[service]
    for _, _, act in acts(said):
        for answer in act["responses"].values():
            kinds = list(answer.get("content", {}))
            assert "application/json" not in kinds[1:], act["operationId"]
    assert not [
        one for one in parts(said) if "array" in one.get("type", ()) and not {"items", "prefixItems"} & set(one)
    ]


@pytest.mark.parametrize(
    ("service", "schema", "field", "part"),
    [
        ("leads", "LeadOut", "address", "Address"),
        ("opportunities", "OpportunityOut", "prospect", "Prospect"),
        ("opportunities", "AppointmentOut", "contact", "Contact"),
        ("estimates", "EstimateOut", "bill_to", "BillTo"),
        ("bookings", "BookingOut", "materials", "Material"),
        ("bookings", "BookingOut", "hold", "Held"),
        ("leads", "LeadOut", "validity", "Validity"),
        ("opportunities", "AppointmentOut", "chain", "Stood"),
        ("opportunities", "SheetOut", "questions", "Question"),
        ("estimates", "EstimateOut", "decision", "Decision"),
        ("console", "WholeCardOut", "estimates", "CardEstimateOut"),
    ],
)
def test_what_a_record_carries_says_what_it_is(service: str, schema: str, field: str, part: str) -> None:
    """An address, a contact, a list of material: each was anything at all."""
    schemas = DOCUMENTS[service]["components"]["schemas"]

    assert f"#/components/schemas/{part}" in str(schemas[schema]["properties"][field])
    assert set(schemas[part]["properties"]) >= {"Address": {"line1", "city"}, "Material": {"qty"}}.get(part, set())


#: what may hold anything at all, since it is of every kind of record
OF_ANY_KIND = {"AuditOut.changes", "ToldOut.words", "ReportOut.rows"}


@pytest.mark.parametrize("service", services.NAMES)
def test_nothing_that_is_taken_in_or_shown_is_said_to_be_anything_at_all(service: str) -> None:
    """Why it was lost, who approved it, what was asked: a program that was made from the document knew of none."""
    schemas = DOCUMENTS[service]["components"]["schemas"]
    said = {
        f"{name}.{field}": part for name, one in schemas.items() for field, part in one.get("properties", {}).items()
    }

    assert [at for at, part in said.items() if at not in OF_ANY_KIND and any(map(anything, parts(part)))] == []


def anything(part: dict[str, Any]) -> bool:
    """Whether a schema lets everything pass, or everything inside of an object or a list."""
    if part.keys() <= {"description", "readOnly"}:
        return True
    kinds = part.get("type", [])
    bare = {"object": ("properties", "additionalProperties"), "array": ("items",)}
    return any(kind in kinds and not any(part.get(name) for name in names) for kind, names in bare.items())
