"""Marketing, sales and product qualified by the company's rules or by hand, each with its date and evidence (R6)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import CAST, HOME, Bench
from libs.common.contracts.leads import LeadTyped
from libs.common.contracts.opportunities import OpportunityContacted, OpportunityOpened
from libs.common.contracts.parts import Prospect
from services.leads import settings, states
from tests.service.console_reader import Reader

LEADS = "/api/v1/leads"
CALL = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
RULES: list[dict[str, Any]] = [
    {"lead_type": "mql", "sources": ["Website"], "campaigns": ["spring tune-up", "fall"]},
    {"lead_type": "pql", "channels": ["technician", "referral"]},
    {"lead_type": "sql", "interest": ["medium", "high"], "after": ["contacted"]},
]
SPRING = {"source": "website", "campaign": "Fall"}


@pytest.fixture
def leads(bench: Callable[..., Bench]) -> Bench:
    return bench("leads")


def rule(leads: Bench, *rules: dict[str, Any], branch: UUID | None = HOME) -> None:
    path = f"{LEADS}/settings" + (f"?branch={branch}" if branch else "")
    assert leads.as_("admin").edit("PUT", path, {"type_rules": list(rules)}, read=path).status_code == 200


def captured(leads: Bench, **more: Any) -> Any:
    said = {"channel": "web", "person_name": "Ada Byron", "phones": ["615-555-0100"], "branch": str(HOME)}
    answer = leads.as_("csr").post(LEADS, said | {"request": "A heat pump"} | more)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def done(leads: Bench, lead: Any, act: str, **body: Any) -> Any:
    answer = leads.as_("csr").post(f"{LEADS}/{lead['id']}/{act}", body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def seen(leads: Bench, lead: Any) -> Any:
    return leads.as_("csr").get(f"{LEADS}/{lead['id']}").get_json()


def types(leads: Bench) -> list[tuple[str, str, bool]]:
    return [
        (one.data["previous_type"], one.data["lead_type"], one.data["by_rule"])
        for one in leads.told("leads", LeadTyped)
    ]


def test_without_rules_nothing_gets_a_type_by_itself(leads: Bench) -> None:
    lead = captured(leads, channel="technician", interest_level="high", **SPRING)
    assert done(leads, lead, "contact-attempts", **CALL)["lead_type"] == "none"
    assert types(leads) == []


def test_an_enquiry_of_a_campaign_is_marketing_qualified_as_it_comes_in(leads: Bench) -> None:
    rule(leads, *RULES)
    lead = captured(leads, **SPRING)
    assert lead["lead_type"] == "mql"
    assert lead["lead_type_evidence"] == "by rule: source website, campaign Fall"
    assert lead["lead_type_by"] == "rule"
    assert datetime.fromisoformat(lead["lead_type_at"]) <= leads.clock()
    [told] = leads.told("leads", LeadTyped)
    assert (told.data["evidence"], told.data["by_rule"]) == (lead["lead_type_evidence"], True)
    for other in ({"source": "website"}, {"campaign": "fall"}, {"source": "website", "campaign": "winter"}, {}):
        assert captured(leads, **other)["lead_type"] == "none", "everything that a rule gives has to hold"


def test_what_a_technician_hands_in_is_product_qualified(leads: Bench) -> None:
    rule(leads, *RULES)
    answer = leads.as_("technician").post(LEADS, {"channel": "technician", "person_name": "Ivy"})
    assert (answer.get_json()["lead_type"], answer.get_json()["lead_type_evidence"]) == (
        "pql",
        "by rule: channel technician",
    )


def test_it_becomes_sales_qualified_once_it_was_spoken_to_and_nothing_less_again(leads: Bench) -> None:
    rule(leads, *RULES)
    lead = captured(leads, **SPRING, interest_level="high")
    after = done(leads, lead, "contact-attempts", **CALL)
    assert (after["lead_type"], after["lead_type_evidence"]) == ("sql", "by rule: interest high, contacted")
    done(leads, lead, "contact-attempts", **CALL)
    corrected = leads.as_("csr").edit("PATCH", f"{LEADS}/{lead['id']}", {"interest_level": "low", "source": "radio"})
    assert corrected.get_json()["lead_type"] == "sql"
    assert types(leads) == [("none", "mql", True), ("mql", "sql", True)]


def test_it_is_judged_once_it_is_found_valid(leads: Bench) -> None:
    rule(leads, {"lead_type": "sql", "after": ["contacted", "validated"]})
    lead = captured(leads)
    assert done(leads, lead, "contact-attempts", **CALL)["lead_type"] == "none"
    assert done(leads, lead, "validate")["lead_type"] == "sql"


def test_of_several_rules_that_hold_the_one_that_says_most_counts(leads: Bench) -> None:
    web = [{"lead_type": one, "channels": ["web"]} for one in ("mql", "sql", "pql")]
    rule(leads, *web)
    assert captured(leads)["lead_type"] == "sql"
    assert types(leads) == [("none", "sql", True)]


def test_what_is_corrected_is_judged_anew(leads: Bench) -> None:
    rule(leads, *RULES)
    lead = captured(leads)
    assert leads.as_("csr").edit("PATCH", f"{LEADS}/{lead['id']}", SPRING).get_json()["lead_type"] == "mql"


def test_a_first_contact_that_was_logged_on_the_opportunity_counts(leads: Bench) -> None:
    rule(leads, {"lead_type": "sql", "after": ["contacted", "validated"]})
    lead = captured(leads, interest_level="high")
    assert done(leads, lead, "validate")["lead_type"] == "none"
    about: dict[str, Any] = {"lead_id": lead["id"], "number": "O-1", "title": "x", "stage": "new", "stage_type": "open"}
    how: dict[str, Any] = {**CALL, "at": datetime.now(UTC), "first": True}
    leads.tell(OpportunityContacted(subject=uuid4(), **about, **how), by="opportunities")
    assert seen(leads, lead)["lead_type_evidence"] == "by rule: contacted, validated"


def test_an_opportunity_that_was_entered_first_has_its_enquiry_judged_as_well(leads: Bench) -> None:
    rule(leads, {"lead_type": "sql", "after": ["validated"]}, branch=None)
    asked = Prospect(channel="phone", person_name="Ada", emails=("ada@byron.example",), request="A price")
    about: dict[str, Any] = {"lead_id": uuid4(), "number": "O-1", "title": "x", "stage": "new", "stage_type": "open"}
    more: dict[str, Any] = {"door": "opportunity", "probability": 10, "product_interest": "y", "prospect": asked}
    opened = OpportunityOpened(subject=uuid4(), received_at=datetime.now(UTC), branch=HOME, **about, **more)
    leads.tell(opened, by="opportunities")
    assert seen(leads, {"id": about["lead_id"]})["lead_type"] == "sql"


@pytest.mark.parametrize("said", ["none", "pql"])
def test_what_somebody_said_by_hand_no_rule_says_otherwise(leads: Bench, said: str) -> None:
    rule(leads, *RULES)
    lead = captured(leads, **SPRING, interest_level="high")
    by_hand = done(leads, lead, "type", lead_type=said, evidence="I know them")
    assert by_hand["lead_type_by"] == str(CAST["csr"][0])
    assert done(leads, lead, "contact-attempts", **CALL)["lead_type"] == said
    assert seen(leads, lead)["lead_type_evidence"] == "I know them"
    assert types(leads)[-1] == ("mql", said, False)


def test_a_type_counts_in_the_score_also_when_a_rule_gave_it(leads: Bench) -> None:
    body = {"type_rules": RULES, "score_rules": [{"field": "lead_type", "equals": "mql", "points": 40}]}
    assert leads.as_("admin").edit("PUT", f"{LEADS}/settings", body).status_code == 200
    assert captured(leads, **SPRING)["score"] == 40
    assert leads.told("leads", LeadTyped)[0].data["score"] == 40


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"lead_type": "sql"}, "/type_rules/0/lead_type"),
        ({"lead_type": "sql", "sources": [], "after": []}, "/type_rules/0/lead_type"),
        ({"lead_type": "none", "sources": ["web"]}, "/type_rules/0/lead_type"),
        ({"lead_type": "mql", "channels": ["pigeon"]}, "/type_rules/0/channels/0"),
        ({"lead_type": "mql", "sources": [" "]}, "/type_rules/0/sources/0"),
    ],
)
def test_a_rule_that_would_hold_always_or_never_is_refused(leads: Bench, wrong: dict[str, Any], at: str) -> None:
    refused = leads.as_("admin").edit("PUT", f"{LEADS}/settings", {"type_rules": [wrong]})
    assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (422, [at])


def test_a_rule_knows_every_channel_and_interest_there_is() -> None:
    assert set(settings.CHANNELS) == set(states.Channel)
    assert {*settings.INTERESTS, "none"} == set(states.Interest)
    assert {*settings.TYPES, "none"} == set(states.LeadType)


def test_an_admin_makes_a_rule_in_the_console_and_the_page_of_a_lead_says_why(bench: Callable[..., Bench]) -> None:
    office = bench("leads", "staff", "notifications", "console")
    admin = Reader(office, "admin")
    admin.open("/settings/leads")
    row: dict[str, Any] = {"type_rules__0__lead_type": "sql", "type_rules__0__after": ["contacted"]}
    page = admin.press("Save", **row, type_rules__1__lead_type="mql", type_rules__1__sources="radio\nWebsite")
    assert "Saved. It counts from now on." in page.text
    lead = captured(office, source="website")
    assert "MQL" in (shown := Reader(office, "csr").open(f"/leads/{lead['id']}").text)
    assert "by rule: source website" in shown
    assert done(office, lead, "contact-attempts", **CALL)["lead_type"] == "sql"
