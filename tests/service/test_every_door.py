"""What holds for the doors of all services alike: each route has its rule, each document is one that tools can read."""

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import openapi_spec_validator
import pytest
from click.testing import CliRunner

import services
from commands import openapi
from embedded.testing import AWAY, HOME, Bench
from libs.common.auth import RULES
from libs.common.contracts.leads import LeadCaptured
from libs.common.service import Service
from libs.common.web import LINK, PUBLIC, SIGNED_IN
from tests.contract.freeze import documents, examples

#: what anybody may do without signing in; a route more here is a decision, not an oversight
OPEN_TO_ALL = {
    "sessions",
    "jwks",
    "livez",
    "readyz",
    "metrics",
    "openapi.json",
    "asyncapi.json",
    "docs",
    "schemas",
    "assets",
}
#: pages that are for whoever comes: the door itself, the way out, and a plain word for what is not there
PAGES_FOR_ALL = {"/sign-in", "/sign-out", "/<path:address>"}


@pytest.mark.parametrize("service", services.every(), ids=lambda service: service.name)
def test_the_document_of_a_service_is_valid_and_names_each_permission(
    bench: Callable[..., Bench], service: Service
) -> None:
    answer = bench(service.name).public.get(f"/api/v1/{service.name}/openapi.json")
    document: dict[str, Any] = json.loads(answer.data)
    openapi_spec_validator.validate(document)
    named = {name for path in document["paths"].values() for act in path.values() for name in act["x-permission"]}
    assert named <= {*RULES, LINK, PUBLIC, SIGNED_IN}


@pytest.mark.parametrize("name", services.NAMES)
def test_the_command_prints_the_document_that_the_service_serves(bench: Callable[..., Bench], name: str) -> None:
    served: dict[str, Any] = bench(name).public.get(f"/api/v1/{name}/openapi.json").get_json()
    done = CliRunner().invoke(openapi.command, ["--service", name])
    assert (done.exit_code, json.loads(done.stdout)) == (0, served)


@pytest.mark.parametrize("service", services.every(), ids=lambda service: service.name)
def test_no_route_is_open_to_all_that_was_not_meant_to_be(bench: Callable[..., Bench], service: Service) -> None:
    app = bench(service.name).system.parts[service.name].app
    views: dict[str, Any] = dict(app.view_functions)
    for route in app.url_map.iter_rules():
        if PUBLIC in (views[route.endpoint].rule.may, *views[route.endpoint].rule.permissions):
            assert OPEN_TO_ALL & set(route.rule.split("/")) or route.rule in PAGES_FOR_ALL, route.rule


@pytest.mark.parametrize("service", services.every(), ids=lambda service: service.name)
def test_an_address_is_built_of_a_routes_name(bench: Callable[..., Bench], service: Service) -> None:
    """What does that is compiled only then."""
    routes = bench(service.name).system.parts[service.name].app.url_map
    for route in routes.iter_rules():
        there = [re.sub("<[^>]+>", "7", one.rule) for one in routes.iter_rules(route.endpoint)]
        assert routes.bind("").build(route.endpoint, dict.fromkeys(route.arguments, 7)) in there


def test_every_message_says_where_its_schema_is_and_there_it_is(bench: Callable[..., Bench]) -> None:
    anybody = bench().public
    frozen = {path.stem: document for path, document in documents().items()}
    for message in examples().values():
        answer = anybody.get(urlsplit(message["dataschema"]).path)

        assert answer.status_code == 200, message["type"]
        assert answer.content_type == "application/schema+json"
        assert answer.get_json() == frozen[message["type"]]
    assert anybody.get("/api/v1/leads/schemas/plumbline.estimate.sent.v1.json").status_code == 404


def test_what_is_published_says_it_with_the_address_that_the_company_is_reached_at(bench: Callable[..., Bench]) -> None:
    leads = bench("leads")
    leads.as_("csr").post("/api/v1/leads", {"channel": "phone", "person_name": "Ivy Castellan"})

    [fact] = leads.told("leads", LeadCaptured)
    where = "http://plumbline.example/api/v1/leads/schemas/plumbline.lead.captured.v1.json"
    assert fact.dataschema == where, "a CloudEvent's dataschema is a whole URI: others' libraries refuse anything else"


def test_a_put_that_may_make_its_record_is_documented_with_all_its_answers(bench: Callable[..., Bench]) -> None:
    paths = bench("estimates").public.get("/api/v1/estimates/openapi.json").get_json()["paths"]

    assert {"200", "201", "428"} <= set(paths["/api/v1/estimates/price-books"]["put"]["responses"])
    assert "201" not in paths["/api/v1/estimates/settings"]["put"]["responses"]


@pytest.mark.parametrize("service", services.every(), ids=lambda service: service.name)
def test_a_body_that_must_say_something_is_documented_as_needed(bench: Callable[..., Bench], service: Service) -> None:
    document = bench(service.name).public.get(f"/api/v1/{service.name}/openapi.json").get_json()
    schemas = document["components"]["schemas"]
    acts = [act for path in document["paths"].values() for act in path.values() if "requestBody" in act]

    for act in acts:
        [kind] = act["requestBody"]["content"].values()
        schema = schemas[kind["schema"]["$ref"].rpartition("/")[2]]
        needed = bool(schema.get("required")) or "multipart/form-data" in act["requestBody"]["content"]
        assert act["requestBody"]["required"] is needed, act["operationId"]


@pytest.mark.parametrize("service", services.every(), ids=lambda service: service.name)
def test_a_document_promises_of_no_answer_that_it_will_never_show_more(
    bench: Callable[..., Bench], service: Service
) -> None:
    """Versions N and N + 1 run together, and a client made from the document reads both."""
    document = bench(service.name).public.get(f"/api/v1/{service.name}/openapi.json").get_json()
    acts = [act for path in document["paths"].values() for act in path.values()]
    taken = {one for act in acts for one in schemas_in(act.get("requestBody"), document)}
    shown = {one for act in acts for one in schemas_in(act["responses"], document)} - taken

    closed = [one for one in shown if "additionalProperties" in document["components"]["schemas"][one]]
    assert (closed, bool(shown)) == ([], True)


def test_an_answer_shows_all_that_is_known_or_null_and_some_people_less(bench: Callable[..., Bench]) -> None:
    """So the document says which fields are always there; every answer that a test gets is held against it."""
    everybody = bench()
    known = {}
    for name in ("leads", "staff"):
        known |= everybody.public.get(f"/api/v1/{name}/openapi.json").get_json()["components"]["schemas"]

    assert set(known["LeadOut"]["required"]) == set(known["LeadOut"]["properties"])
    assert sorted(known["PersonOut"]["required"]) == ["active", "branch", "id", "name", "roles", "team_ids"]
    assert "email" in known["PersonOut"]["properties"]


def schemas_in(part: Any, document: dict[str, Any]) -> set[str]:
    """The names of all schemas that a part of a document speaks of."""
    found: set[str] = set()
    waiting = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(part)))
    while waiting:
        name = waiting.pop()
        found.add(name)
        inner = json.dumps(document["components"]["schemas"][name])
        waiting |= set(re.findall(r"#/components/schemas/(\w+)", inner)) - found
    return found


def test_the_document_says_what_comes_beside_an_answer_and_what_is_no_json(bench: Callable[..., Bench]) -> None:
    anybody = bench("estimates", "leads", "notifications", "console").public
    paths = anybody.get("/api/v1/estimates/openapi.json").get_json()["paths"]
    one, accept = paths["/api/v1/estimates/{estimate_id}"]["get"], paths["/api/v1/estimates/{estimate_id}/accept"]
    assert {"ETag"} <= set(one["responses"]["200"]["headers"])
    assert "304" in one["responses"]
    assert {("If-Match", False), ("Idempotency-Key", False)} <= {
        (told["name"], told["required"]) for told in accept["post"]["parameters"]
    }
    assert set(paths["/api/v1/estimates"]["post"]["responses"]["201"]["headers"]) >= {"Location", "ETag"}
    assert "Link" in paths["/api/v1/estimates"]["get"]["responses"]["200"]["headers"]
    for path in ("/api/v1/estimates/{estimate_id}/estimate.pdf", "/api/v1/shared/{token}/estimate.pdf"):
        assert list(paths[path]["get"]["responses"]["200"]["content"]) == ["application/pdf"]
        assert "Content-Disposition" in paths[path]["get"]["responses"]["200"]["headers"]

    console = anybody.get("/api/v1/console/openapi.json").get_json()
    report = console["paths"]["/api/v1/pipeline/reports/{name}"]["get"]
    assert set(report["responses"]["200"]["content"]) == {"application/json", "text/csv"}
    told = report["parameters"][0]["schema"]["enum"]
    assert told == console["components"]["schemas"]["ReportOut"]["properties"]["name"]["enum"]
    assert {"funnel", "close-rate", "hand-over"} < set(told)

    leads = anybody.get("/api/v1/leads/openapi.json").get_json()["paths"]
    for path in ("/api/v1/leads/{lead_id}/files/{file_id}", "/api/v1/leads"):
        assert "Content-Disposition" in leads[path]["get"]["responses"]["200"]["headers"]
    assert "Content-Disposition" not in leads["/api/v1/leads/{lead_id}"]["get"]["responses"]["200"]["headers"]
    news = anybody.get("/api/v1/notifications/openapi.json").get_json()["paths"]
    assert "ETag" in news["/api/v1/notifications/{notification_id}"]["get"]["responses"]["200"]["headers"]


@pytest.mark.parametrize("path", ["stages", "lost-reasons", "financing-activities"])
def test_a_list_that_is_always_whole_offers_no_pages(bench: Callable[..., Bench], path: str) -> None:
    desk = bench("opportunities")
    document = desk.public.get("/api/v1/opportunities/openapi.json").get_json()
    said = document["paths"][f"/api/v1/opportunities/{path}"]["get"]
    assert [one["name"] for one in said["parameters"]] == ["branch"]
    assert "headers" not in said["responses"]["200"]
    refused = desk.as_("csr").get(f"/api/v1/opportunities/{path}?limit=1&cursor=x")
    assert sorted(one["pointer"] for one in refused.get_json()["errors"]) == ["?cursor", "?limit"]


def test_settings_that_the_caller_has_are_not_sent_again(bench: Callable[..., Bench]) -> None:
    admin = bench("leads").as_("admin")
    tag = admin.get("/api/v1/leads/settings").headers["ETag"]
    again = admin.get("/api/v1/leads/settings", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


SELLS = {"channel": "phone", "person_name": "Ivy", "phones": ["615-555-0142"], "request": "A price", "trade": "hvac"}


@pytest.mark.parametrize(
    ("who", "path", "pointer", "body"),
    [
        ("csr", "/api/v1/leads", "/branch", lambda branch: SELLS | {"branch": branch}),
        (
            "csr",
            "/api/v1/opportunities",
            "/prospect/branch",
            lambda branch: {"prospect": SELLS | {"branch": branch}, "product_interest": "hvac"},
        ),
        ("admin", "/api/v1/estimates/price-books", "/branch", lambda branch: {"name": "Spring", "branch": branch}),
    ],
)
def test_nothing_is_entered_for_a_branch_that_is_not_there(
    bench: Callable[..., Bench], who: str, path: str, pointer: str, body: Callable[[str], Any]
) -> None:
    refused = bench().as_(who).post(path, body(str(uuid4())))

    assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (422, [pointer])
    assert bench().as_(who).post(path, body(str(HOME))).status_code == 201


@pytest.mark.parametrize(
    ("path", "pointer", "body"),
    [
        ("/api/v1/leads", "/received_at", lambda said: said),
        (
            "/api/v1/opportunities",
            "/prospect/received_at",
            lambda said: {"prospect": said, "product_interest": "hvac"},
        ),
    ],
)
def test_nobody_asks_in_a_time_to_come(
    bench: Callable[..., Bench], path: str, pointer: str, body: Callable[[Any], Any]
) -> None:
    """Its answer would be late in a time to come, too; clocks that differ a little are no lie."""
    funnel = bench()
    csr, soon, next_year = funnel.as_("csr"), (funnel.clock() + timedelta(minutes=2)), "2150-01-01T00:00:00Z"
    refused = csr.post(path, body(SELLS | {"received_at": next_year}))
    assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (422, [pointer])
    made = csr.post(path, body(SELLS | {"received_at": soon.isoformat()}))
    assert made.status_code == 201
    assert datetime.fromisoformat(made.get_json()["received_at"]) <= funnel.clock()


@pytest.mark.parametrize("service", services.every(), ids=lambda service: service.name)
def test_a_branch_that_is_not_there_has_no_settings(bench: Callable[..., Bench], service: Service) -> None:
    path, admin = f"/api/v1/{service.name}/settings", bench(service.name).as_("admin")
    if service.preferences is None:
        return
    for refused in (
        admin.get(f"{path}?branch={uuid4()}"),
        admin.call("PUT", f"{path}?branch={uuid4()}", json={}, headers={"If-Match": "*"}),
    ):
        assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (422, ["?branch"])
    assert admin.get(f"{path}?branch={HOME}").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/leads", SELLS | {"branch": str(AWAY)}),
        ("/api/v1/opportunities", {"prospect": SELLS | {"branch": str(AWAY)}, "product_interest": "hvac"}),
    ],
)
def test_a_call_for_the_other_branch_is_theirs_and_the_answer_does_not_lead_where_nothing_is_found(
    bench: Callable[..., Bench], path: str, body: dict[str, Any]
) -> None:
    system = bench()
    made = system.as_("csr").post(path, body)

    assert (made.status_code, made.get_json()["branch"], "Location" in made.headers) == (201, str(AWAY), False)
    assert [one["id"] for one in system.as_("admin").items(path)] == [made.get_json()["id"]]
    assert system.as_("csr").get(f"{path}/{made.get_json()['id']}").status_code == 404


def forged(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, str(uuid4())]).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("sort", ["received_at", "value", "closed_at", "stage_entered_at"])
@pytest.mark.parametrize(
    "value", [2**63, -(2**80), "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", 1.5, {}]
)
def test_a_cursor_made_up_of_what_no_column_holds_is_refused(
    bench: Callable[..., Bench], sort: str, value: Any
) -> None:
    path = f"/api/v1/pipeline/cards?sort={sort}&cursor={forged(value)}"
    refused = bench("console").as_("manager").get(path)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "?cursor")
