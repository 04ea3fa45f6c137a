"""Taking enquiries in and deciding about them, through the HTTP door of the leads service alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from embedded.testing import CAST, Bench
from libs.common.contracts.leads import LeadAssigned, LeadCaptured, LeadConverted, LeadValidated
from libs.common.contracts.opportunities import (
    OpportunityContacted,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityWon,
)
from libs.common.contracts.parts import Prospect

LEADS = "/api/v1/leads"


@pytest.fixture
def leads(bench: Callable[..., Bench]) -> Bench:
    return bench("leads")


def enquiry(**more: Any) -> dict[str, Any]:
    tag = uuid4().hex
    body = {
        "channel": "phone",
        "person_name": f"Prospect {tag}",
        "emails": [f"{tag}@{tag}.example"],
        "trade": "hvac",
        "request": "A price for a heat pump",
        "interest_level": "high",
        "address": {"line1": f"{tag} Main St", "city": "Nashville", "postal_code": "37201"},
    }
    return {name: value for name, value in (body | more).items() if value is not None}


def captured(leads: Bench, by: str = "csr", **more: Any) -> dict[str, Any]:
    answer = leads.as_(by).post(LEADS, enquiry(**more))
    assert answer.status_code == 201, answer.get_data(as_text=True)
    lead: dict[str, Any] = answer.get_json()
    return lead


def test_a_call_becomes_a_lead_with_number_clock_and_owner_in_one_act(leads: Bench) -> None:
    me = str(CAST["salesperson"][0])
    lead = captured(leads, owner_id=me)

    assert lead["number"] == "L-00001"
    assert lead["state"] == "new"
    assert lead["owner_id"] == me
    assert lead["first_response_due_at"] > lead["received_at"]
    assert [fact.data["owner_id"] for fact in leads.told("leads", LeadAssigned)] == [me]
    assert leads.told("leads", LeadCaptured)[0].data["first_response_due_at"] == lead["first_response_due_at"]


def test_every_missing_field_is_named_at_once(leads: Bench) -> None:
    answer = leads.as_("csr").post(LEADS, {"channel": "carrier pigeon"})

    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.get_json()["errors"]} == {"/channel", "/person_name"}


@pytest.mark.parametrize("name", ["person_name", "company"])
def test_a_name_that_is_too_long_is_told_so_and_not_that_there_is_none(leads: Bench, name: str) -> None:
    errors = leads.as_("csr").post(LEADS, {"channel": "phone", name: "x" * 201}).get_json()["errors"]

    assert errors == [{"pointer": f"/{name}", "detail": "is longer than 200 characters"}]


def test_the_company_may_require_more_for_a_role_and_is_told_all_of_it(leads: Bench) -> None:
    admin = leads.as_("admin")
    rule = {"stage": "create", "role": "csr", "fields": ["source", "phones"]}
    answer = admin.edit("PUT", f"{LEADS}/settings", {"required_fields": [rule]})
    assert answer.status_code == 200, answer.get_data(as_text=True)

    refused = leads.as_("csr").post(LEADS, enquiry())
    assert {one["pointer"] for one in refused.get_json()["errors"]} == {"/source", "/phones"}
    assert leads.as_("office").post(LEADS, enquiry()).status_code == 201


def test_a_valid_lead_tells_the_whole_prospect(leads: Bench) -> None:
    lead = captured(leads)

    answer = leads.as_("csr").post(f"{LEADS}/{lead['id']}/validate")

    assert answer.get_json()["state"] == "valid"
    [fact] = leads.told("leads", LeadValidated)
    assert fact.data["prospect"]["person_name"] == lead["person_name"]
    assert fact.data["prospect"]["emails"] == lead["emails"]
    assert str(fact.correlationid) == lead["id"]


@pytest.mark.parametrize(("act", "said"), [("validate", {}), ("invalidate", {"reason": "spam"})])
def test_what_was_noted_with_the_decision_stays_with_it(leads: Bench, act: str, said: dict[str, str]) -> None:
    path = f"{LEADS}/{captured(leads)['id']}"
    leads.as_("csr").post(f"{path}/{act}", {"note": "He called twice", **said})
    assert leads.as_("csr").get(path).get_json()["validity"]["note"] == "He called twice"


def test_what_stands_in_the_way_of_validity_is_named_all_at_once(leads: Bench) -> None:
    lead = captured(
        leads,
        emails=None,
        request=None,
        interest_level="none",
        trade="roofing",
        address={"line1": "1 Far Away", "postal_code": "99999"},
    )

    answer = leads.as_("csr").post(f"{LEADS}/{lead['id']}/validate")

    assert answer.status_code == 409
    named = {one["pointer"] for one in answer.get_json()["errors"]}
    assert named == {"/interest_level", "/phones", "/fit/in_service_area", "/fit/trade_offered"}
    [action] = [one for one in lead["allowed"] if one["action"] == "validate"]
    assert not action["ok"]
    assert len(action["missing"]) == 4


def test_an_invalid_lead_ends_the_process_until_somebody_with_permission_reopens_it(leads: Bench) -> None:
    lead, csr = captured(leads), leads.as_("csr")
    assert csr.post(f"{LEADS}/{lead['id']}/invalidate").status_code == 422
    assert csr.post(f"{LEADS}/{lead['id']}/invalidate", {"reason": "other"}).status_code == 422

    ended = csr.post(f"{LEADS}/{lead['id']}/invalidate", {"reason": "spam"}).get_json()
    assert (ended["state"], ended["validity"]["reason"]) == ("invalid", "spam")
    assert ended["validity"]["by"] == str(CAST["csr"][0])
    refused = csr.post(f"{LEADS}/{lead['id']}/validate")
    assert (refused.status_code, refused.get_json()["allowed"]) == (409, ["reopen", "edit", "type", "file"])

    assert csr.post(f"{LEADS}/{lead['id']}/reopen").status_code == 403
    assert leads.as_("office").post(f"{LEADS}/{lead['id']}/reopen").get_json()["state"] == "new"


def test_the_first_attempt_stops_the_clock_and_a_reassignment_does_not(leads: Bench) -> None:
    lead, csr = captured(leads), leads.as_("csr")
    moved = csr.post(f"{LEADS}/{lead['id']}/assign", {"owner_id": str(CAST["salesperson"][0])}).get_json()
    assert moved["first_response_due_at"] == lead["first_response_due_at"]
    assert moved["first_responded_at"] is None

    call = {"channel": "phone", "direction": "outbound", "outcome": "no_answer"}
    spoken = leads.as_("salesperson").post(f"{LEADS}/{lead['id']}/contact-attempts", call).get_json()

    assert (spoken["state"], spoken["first_responded_at"] is not None) == ("contacted", True)
    [logged] = csr.items(f"{LEADS}/{lead['id']}/contact-attempts")
    assert logged["outcome"] == "no_answer"


@pytest.mark.parametrize("at", ["1990-01-01T00:00:00Z", "2150-01-01T00:00:00Z"])
def test_nobody_was_reached_before_they_asked_or_in_a_time_to_come(leads: Bench, at: str) -> None:
    lead, csr = captured(leads), leads.as_("csr")
    call = {"channel": "phone", "direction": "outbound", "outcome": "reached", "at": at}
    refused = csr.post(f"{LEADS}/{lead['id']}/contact-attempts", call)
    assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (422, ["/at"])

    call["at"] = (leads.clock() - timedelta(minutes=2)).isoformat()  # entered when the call was over
    spoken = csr.post(f"{LEADS}/{lead['id']}/contact-attempts", call).get_json()
    assert spoken["first_responded_at"] == spoken["received_at"], "no answer takes less than no time"


def test_the_company_may_require_more_of_a_valid_lead(leads: Bench) -> None:
    rule = {"stage": "validate", "role": None, "fields": ["source"]}
    assert leads.as_("admin").edit("PUT", f"{LEADS}/settings", {"required_fields": [rule]}).status_code == 200
    lead, csr = captured(leads), leads.as_("csr")

    refused = csr.post(f"{LEADS}/{lead['id']}/validate")
    assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (409, ["/source"])
    for shown in (lead, csr.get(f"{LEADS}/{lead['id']}").get_json()):  # the record says so before anybody tries
        [valid] = [one for one in shown["allowed"] if one["action"] == "validate"]
        assert (valid["ok"], [one["field"] for one in valid["missing"]]) == (False, ["source"])

    csr.edit("PATCH", f"{LEADS}/{lead['id']}", {"source": "website"})
    assert csr.post(f"{LEADS}/{lead['id']}/validate").get_json()["state"] == "valid"


def test_a_lead_whose_process_is_over_is_given_to_nobody(leads: Bench) -> None:
    lead, csr = captured(leads), leads.as_("csr")
    csr.post(f"{LEADS}/{lead['id']}/invalidate", {"reason": "spam"})
    assert csr.post(f"{LEADS}/{lead['id']}/assign", {"owner_id": str(CAST["csr"][0])}).status_code == 409


def test_who_reads_on_asks_for_what_came_since(leads: Bench) -> None:
    captured(leads)
    since = leads.clock.forward(hours=1)
    leads.clock.forward(seconds=1)
    later = captured(leads)["id"]
    found = leads.as_("csr").get(LEADS, query_string={"created_after": since.isoformat()}).get_json()["items"]
    assert [one["id"] for one in found] == [later]


@pytest.mark.parametrize("who", ["operations", "auditor", "technician", "admin"])
def test_a_lead_is_given_to_nobody_whose_roles_may_not_work_it(leads: Bench, who: str) -> None:
    csr, lead, owner = leads.as_("csr"), captured(leads), {"owner_id": str(CAST[who][0])}
    for refused in (csr.post(LEADS, enquiry(**owner)), csr.post(f"{LEADS}/{lead['id']}/assign", owner)):
        assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (422, ["/owner_id"])
    assert leads.told("leads", LeadAssigned) == []


def test_a_score_rule_on_a_field_that_no_lead_has_is_refused(leads: Bench) -> None:
    rules = {"score_rules": [{"field": "shoe_size", "points": 5}]}
    refused = leads.as_("admin").edit("PUT", f"{LEADS}/settings", rules)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/score_rules/0/field")


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/settings", {"score_rules": [{"field": "phones", "points": 101}]}, "is not between -100 and 100"),
        ("/settings", {"type_rules": [{"lead_type": "mql", "after": ["validated"]}] * 51}, "has more than 50 entries"),
        ("?sort=name", None, "is none of created_at, -created_at"),
        ("/import?dry_run=perhaps", {}, "is none of true, false, 1, 0"),
    ],
)
def test_what_cannot_be_is_refused_in_our_own_words(leads: Bench, path: str, body: Any, said: str) -> None:
    """What the library of the schemas says of it is a sentence about itself: *Must be one of: , true, false, 1, 0.*"""
    admin, at = leads.as_("admin"), f"/api/v1/leads{path}"
    refused = admin.get(at) if body is None else admin.edit("PUT", at, body) if body else admin.call("POST", at)
    assert [one["detail"] for one in refused.get_json()["errors"]] == [said]


def test_nothing_is_required_of_a_role_that_there_is_not(leads: Bench) -> None:
    rules = {"required_fields": [{"stage": "create", "role": "salesman", "fields": ["source"]}]}
    answer = leads.as_("admin").edit("PUT", f"{LEADS}/settings", rules)
    assert (answer.status_code, [one["pointer"] for one in answer.get_json()["errors"]]) == (
        422,
        ["/required_fields/0/role"],
    )


def test_an_opportunity_entered_first_makes_its_lead_valid_and_only_once(leads: Bench) -> None:
    lead_id = uuid4()
    opened = OpportunityOpened(
        subject=uuid4(),
        lead_id=lead_id,
        number="O-00001",
        title="Furnace",
        stage="new",
        stage_type="open",
        door="opportunity",
        prospect=Prospect(channel="phone", person_name="Walk In"),
        received_at=leads.clock(),
        probability=10,
        product_interest="furnace",
        urgent=True,
    )
    leads.tell(opened, by="opportunities")

    [lead] = leads.as_("csr").items(LEADS)
    assert (lead["id"], lead["state"], lead["person_name"]) == (str(lead_id), "valid", "Walk In")
    assert (lead["urgent"], lead["first_response_due_at"] > lead["received_at"]) == (True, True)
    assert lead["number"] == "L-00001"
    [fact] = leads.told("leads", LeadValidated)
    assert fact.data["opportunity_id"] == str(opened.subject)


def test_the_sale_converts_the_lead_and_undoing_it_takes_that_back(leads: Bench) -> None:
    lead, opportunity, sale = captured(leads), uuid4(), uuid4()
    leads.as_("csr").post(f"{LEADS}/{lead['id']}/validate")
    head = {"subject": opportunity, "lead_id": lead["id"], "number": "O-1", "title": "x", "salesperson_id": None}
    head |= {"stage": "contacted", "stage_type": "open"}
    call = {"channel": "phone", "direction": "outbound", "outcome": "reached", "at": leads.clock(), "first": True}

    leads.tell(OpportunityContacted.read(opportunity, {**head, **call}), by="opportunities")
    assert leads.as_("csr").get(f"{LEADS}/{lead['id']}").get_json()["first_responded_at"] is not None

    won = {"acceptance_id": sale, "estimate_id": uuid4(), "total": "1.00", "currency": "USD", "won_at": leads.clock()}
    leads.tell(OpportunityWon.read(opportunity, {**head, **won}), by="opportunities")
    assert leads.as_("csr").get(f"{LEADS}/{lead['id']}").get_json()["state"] == "converted"
    assert [fact.data["acceptance_id"] for fact in leads.told("leads", LeadConverted)] == [str(sale)]
    leads.tell(OpportunityWon.read(opportunity, {**head, **won, "acceptance_id": uuid4()}), by="opportunities")
    assert len(leads.told("leads", LeadConverted)) == 1  # a change order sells nothing a second time
    leads.tell(OpportunityWon.read(opportunity, {**head, **won}), by="opportunities")
    assert len(leads.told("leads", LeadConverted)) == 2  # the sale is retried, and its step ticked again

    undone = {"previous_stage": "won", "probability": 80, "acceptance_id": sale}
    leads.tell(OpportunityReopened.read(opportunity, {**head, **undone}), by="opportunities")
    assert leads.as_("csr").get(f"{LEADS}/{lead['id']}").get_json()["state"] == "valid"


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("salesperson", True),
        ("manager", True),
        ("colleague", False),
        ("stranger", False),
        ("csr", True),
        ("auditor", True),
    ],
)
def test_who_sees_a_salespersons_lead(leads: Bench, who: str, sees: bool) -> None:
    lead = captured(leads, owner_id=str(CAST["salesperson"][0]))
    found = leads.as_(who).get(f"{LEADS}/{lead['id']}").status_code
    listed = [one["id"] for one in leads.as_(who).items(LEADS)]
    assert (found, lead["id"] in listed) == ((200, True) if sees else (404, False))


@pytest.mark.parametrize("who", ["technician", "salesperson", "manager"])
def test_who_hands_an_enquiry_in_is_its_author_and_sees_what_becomes_of_it(leads: Bench, who: str) -> None:
    answer = leads.as_(who).post(LEADS, enquiry(channel="technician"))

    assert (answer.status_code, answer.get_json()["generated_by"]) == (201, str(CAST[who][0]))
    assert leads.as_(who).get(answer.headers["Location"]).status_code == 200


def test_a_technician_hands_their_own_lead_on(leads: Bench) -> None:
    for who in ("csr", "salesperson"):
        assign = f"{LEADS}/{captured(leads, by='technician')['id']}/assign"
        assert leads.as_("technician").post(assign, {"owner_id": str(CAST["office"][0])}).status_code == 403
        given = leads.as_("technician").post(assign, {"owner_id": str(CAST[who][0])})
        assert (given.status_code, given.get_json()["owner_id"]) == (200, str(CAST[who][0]))


def test_nobody_is_made_an_author_who_is_unknown_or_did_not_hand_it_in(leads: Bench) -> None:
    said = enquiry(generated_by=str(CAST["salesperson"][0]))
    unknown = enquiry(generated_by=str(uuid4()))
    for who, body in (("technician", said), ("csr", unknown)):
        refused = leads.as_(who).post(LEADS, body)
        assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (
            422,
            ["/generated_by"],
        ), who
    assert captured(leads, generated_by=str(CAST["technician"][0]))["generated_by"] == str(CAST["technician"][0])
    assert captured(leads)["generated_by"] is None, "who answers the telephone generated nothing"


def test_operations_have_no_business_with_leads(leads: Bench) -> None:
    assert leads.as_("operations").get(LEADS).status_code == 403


def test_a_retried_capture_makes_one_lead_and_gives_the_same_bytes(leads: Bench) -> None:
    body, key = enquiry(), {"Idempotency-Key": "the same"}
    first, again = (leads.as_("csr").post(LEADS, body, headers=key) for _ in range(2))

    assert first.get_data() == again.get_data()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert leads.as_("csr").post(LEADS, enquiry(), headers=key).status_code == 422
    assert len(leads.as_("csr").items(LEADS)) == 1


def test_an_edit_of_another_version_is_refused(leads: Bench) -> None:
    lead, csr = captured(leads), leads.as_("csr")
    path = f"{LEADS}/{lead['id']}"
    assert csr.call("PATCH", path, json={"source": "website"}).status_code == 428

    assert csr.edit("PATCH", path, {"source": "website"}).get_json()["source"] == "website"
    assert csr.call("PATCH", path, json={"source": "x"}, headers={"If-Match": '"1"'}).status_code == 412


def test_a_search_finds_a_lead_by_name_number_and_phone(leads: Bench) -> None:
    lead = captured(leads, person_name="Zoë Müller", phones=["615-555-0142"])
    captured(leads)
    called = lead["number"].replace("-0", "-").lower()  # as it is said: without the noughts
    for words in ("zoe", lead["number"], called, "+16155550142", "(615) 555-0142", "555.0142", "Müller"):
        assert [one["id"] for one in leads.as_("csr").items(f"{LEADS}?{urlencode({'q': words})}")] == [lead["id"]]
