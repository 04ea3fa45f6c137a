"""What a lead may still be told once it was taken in, and what follows from it."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import AWAY, CAST, HOME, Bench, moment
from libs.common.contracts.leads import LeadCaptured, LeadChanged, LeadContacted, LeadValidated
from libs.common.contracts.opportunities import OpportunityWon
from libs.common.contracts.staff import Branch, BranchChanged, Calendar, Hours
from tests.service.test_leads import LEADS, captured

CALL = {"channel": "phone", "direction": "outbound", "outcome": "reached"}


@pytest.fixture
def leads(bench: Callable[..., Bench]) -> Bench:
    return bench("leads")


def corrected(leads: Bench, lead: dict[str, Any], **given: Any) -> dict[str, Any]:
    answer = leads.as_("csr").edit("PATCH", f"{LEADS}/{lead['id']}", given)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    record: dict[str, Any] = answer.get_json()
    return record


@pytest.mark.parametrize(("urgent", "due"), [(False, "2026-06-29T13:55:00Z"), (True, "2026-06-26T22:00:00Z")])
def test_the_response_clock_runs_while_the_branch_works_whenever_they_asked(
    leads: Bench, urgent: bool, due: str
) -> None:
    """Five minutes before it closes on a Friday: an hour later is on Monday."""
    week = {day: (Hours(opens=time(8), closes=time(17)),) for day in ("monday", "friday")}
    there = Branch(name="Home", time_zone="America/Chicago", currency="USD", calendar=Calendar(hours=week))
    leads.tell(BranchChanged(subject=HOME, branch=there), by="staff")
    leads.clock.now = moment("2026-06-26 21:55")
    assert captured(leads, urgent=urgent)["first_response_due_at"] == due


@pytest.mark.parametrize(
    ("area", "code", "inside"),
    [
        ("37201", "37201-1234", True),
        ("K1A", "K1A 0B1", True),
        ("K1A 0B1", "k1a0b1", True),
        ("SW1A 1AA", "SW1A 1AA", True),
        ("K1A", "K2A 0B1", False),
        ("37201", "3720", False),
    ],
)
def test_an_address_lies_in_the_area_that_its_code_begins_with(
    leads: Bench, area: str, code: str, inside: bool
) -> None:
    there = Branch(name="There", time_zone="UTC", currency="USD", service_area=(area,))
    leads.tell(BranchChanged(subject=AWAY, branch=there), by="staff")
    lead = captured(leads, address={"line1": "1 Main St", "postal_code": code}, branch=str(AWAY))
    assert lead["fit"]["in_service_area"] is inside


def test_a_lead_marked_urgent_later_is_due_when_one_taken_in_urgent_is_and_back_again(leads: Bench) -> None:
    at = (leads.clock() - timedelta(minutes=1)).isoformat()
    lead, hurried = captured(leads, received_at=at), captured(leads, received_at=at, urgent=True)

    sooner = corrected(leads, lead, urgent=True)
    later = corrected(leads, lead, urgent=False)

    assert sooner["first_response_due_at"] == hurried["first_response_due_at"] < lead["first_response_due_at"]
    assert later["first_response_due_at"] == lead["first_response_due_at"]
    told = [fact.data["first_response_due_at"] for fact in leads.told("leads", LeadChanged)]
    assert told == [sooner["first_response_due_at"], later["first_response_due_at"]]


def test_what_was_answered_is_due_when_it_was_however_urgent_it_becomes(leads: Bench) -> None:
    lead = captured(leads)
    leads.as_("csr").post(f"{LEADS}/{lead['id']}/contact-attempts", CALL)

    assert corrected(leads, lead, urgent=True)["first_response_due_at"] == lead["first_response_due_at"]
    assert leads.told("leads", LeadChanged)[0].data.get("first_response_due_at") is None


def test_a_correction_that_says_nothing_of_the_hurry_leaves_the_clock(leads: Bench) -> None:
    lead = captured(leads, urgent=True)
    admin = leads.as_("admin")
    assert admin.edit("PUT", f"{LEADS}/settings", {"response_minutes": {"urgent": 1, "normal": 2}}).status_code == 200

    assert corrected(leads, lead, source="website")["first_response_due_at"] == lead["first_response_due_at"]


def test_whoever_reads_along_hears_that_it_is_urgent_and_that_it_is_so_no_longer(leads: Bench) -> None:
    lead = captured(leads, urgent=True)
    leads.as_("csr").post(f"{LEADS}/{lead['id']}/validate")
    corrected(leads, lead, urgent=False)

    told = [leads.told("leads", kind)[-1].data["prospect"] for kind in (LeadCaptured, LeadValidated, LeadChanged)]
    assert [one["urgent"] for one in told] == [True, True, False]


def test_the_score_follows_whatever_a_rule_is_about_and_each_fact_says_it(leads: Bench) -> None:
    rules = [{"field": "lead_type", "equals": "sql", "points": 40}, {"field": "owner_id", "points": 3}]
    rules.append({"field": "next_action_at", "points": 5})
    assert leads.as_("admin").edit("PUT", f"{LEADS}/settings", {"score_rules": rules}).status_code == 200
    path = f"{LEADS}/{captured(leads)['id']}"
    acts: list[tuple[str, dict[str, Any]]] = [
        ("type", {"lead_type": "sql", "evidence": "asked for a price"}),
        ("assign", {"owner_id": str(CAST["salesperson"][0])}),
        ("nurture", {"next_action_at": (leads.clock() + timedelta(days=1)).isoformat()}),
    ]

    scores = [leads.as_("csr").post(f"{path}/{act}", body).get_json()["score"] for act, body in acts]

    assert scores == [40, 43, 48]
    assert [fact.data["score"] for fact in leads.told("leads")] == [0, *scores]


def test_a_score_is_no_less_than_nothing_and_no_more_than_a_hundred(leads: Bench) -> None:
    for points, score in ((60, 100), (-60, 0)):
        rules = [{"field": one, "points": points} for one in ("phones", "request")]
        assert leads.as_("admin").edit("PUT", f"{LEADS}/settings", {"score_rules": rules}).status_code == 200
        assert captured(leads, phones=["615 555 0100"], request="A heat pump")["score"] == score


TO_IT: dict[str, dict[str, Any]] = {
    "assign": {"owner_id": str(CAST["salesperson"][0])},
    "type": {"lead_type": "mql", "evidence": "Took the brochure"},
    "contact-attempts": CALL,
    "nurture": {"next_action_at": "2040-01-01T09:00:00Z"},
    "validate": {},
    "invalidate": {"reason": "spam"},
}


def merged(leads: Bench) -> dict[str, Any]:
    first, second = captured(leads), captured(leads)
    leads.as_("csr").post(f"{LEADS}/{first['id']}/merge", {"duplicate_id": second["id"]})
    return second


def converted(leads: Bench) -> dict[str, Any]:
    lead, opportunity = captured(leads), uuid4()
    leads.as_("csr").post(f"{LEADS}/{lead['id']}/validate")
    head = {"lead_id": lead["id"], "number": "O-1", "title": "x", "stage": "won", "stage_type": "won"}
    sold = {"acceptance_id": uuid4(), "estimate_id": uuid4(), "total": "1.00", "currency": "USD"}
    leads.tell(OpportunityWon.read(opportunity, {**head, **sold, "won_at": leads.clock()}), by="opportunities")
    return lead


@pytest.mark.parametrize(("ended", "possible"), [(merged, ["unmerge"]), (converted, [])])
def test_a_merged_or_converted_lead_takes_nothing_more_and_says_what_is_possible(
    leads: Bench, ended: Callable[[Bench], dict[str, Any]], possible: list[str]
) -> None:
    csr, path = leads.as_("csr"), f"{LEADS}/{ended(leads)['id']}"
    before, told = csr.get(path).get_json(), len(leads.told("leads"))

    refused = {"edit": csr.edit("PATCH", path, {"urgent": True})}
    refused |= {act: csr.post(f"{path}/{act}", body) for act, body in TO_IT.items()}

    for act, answer in refused.items():
        said = answer.get_json()
        kind = said.get("type", "").rpartition("/")[2]
        assert (answer.status_code, kind, said.get("allowed")) == (409, "illegal-transition", possible), act
    assert csr.get(path).get_json() == before
    assert [one["action"] for one in before["allowed"]] == possible
    assert len(leads.told("leads")) == told


def test_a_lead_shows_that_it_may_be_put_right_typed_and_given_while_it_may(leads: Bench) -> None:
    lead, csr = captured(leads), leads.as_("csr")
    assert {"edit", "type", "assign"} <= {one["action"] for one in lead["allowed"]}

    invalid = csr.post(f"{LEADS}/{lead['id']}/invalidate", {"reason": "wrong_contact"}).get_json()
    assert {one["action"] for one in invalid["allowed"]} == {"edit", "type", "file"}
    assert corrected(leads, lead, phones=["615 555 0100"])["phones"] == ["615 555 0100"], "before it is looked at again"


def test_a_refusal_names_no_act_that_only_a_sale_does(leads: Bench) -> None:
    lead, csr = captured(leads), leads.as_("csr")
    valid = csr.post(f"{LEADS}/{lead['id']}/validate").get_json()

    refused = csr.post(f"{LEADS}/{lead['id']}/validate").get_json()

    possible = ["contact", "edit", "type", "file", "assign"]
    assert refused["allowed"] == [one["action"] for one in valid["allowed"]] == possible
    assert refused["detail"].endswith("possible now: contact, edit, type, file, assign")


def test_a_merge_keeps_both_histories_and_who_was_spoken_to_is_not_to_be_called_again(leads: Bench) -> None:
    csr = leads.as_("csr")
    first, second, third = (captured(leads, phones=["615 555 0100"]) for _ in range(3))
    for one, note in ((third, "the first call"), (second, "the second call")):
        leads.clock.forward(minutes=1)
        csr.post(f"{LEADS}/{one['id']}/contact-attempts", CALL | {"note": note})
    csr.post(f"{LEADS}/{second['id']}/merge", {"duplicate_id": third["id"]})
    merged = csr.post(f"{LEADS}/{first['id']}/merge", {"duplicate_id": second["id"]}).get_json()

    assert [one["note"] for one in csr.items(f"{LEADS}/{first['id']}/contact-attempts")] == [
        "the first call",
        "the second call",
    ]
    assert merged["first_responded_at"] is not None
    told = leads.told("leads", LeadContacted)[-1]
    assert (str(told.subject), told.data["first"], told.data["outcome"]) == (first["id"], True, "reached")
    csr.post(f"{LEADS}/{second['id']}/unmerge")
    assert csr.items(f"{LEADS}/{first['id']}/contact-attempts") == []


def test_nobody_takes_away_what_the_company_requires_of_them(leads: Bench) -> None:
    lead, bare = captured(leads, source="radio", phones=["615 555 0100"]), captured(leads)
    rules = [{"stage": "create", "fields": ["source"]}, {"stage": "create", "role": "csr", "fields": ["phones"]}]
    assert leads.as_("admin").edit("PUT", f"{LEADS}/settings", {"required_fields": rules}).status_code == 200
    nothing = {"source": None, "phones": [], "campaign": None}

    refused = leads.as_("csr").edit("PATCH", f"{LEADS}/{lead['id']}", nothing)

    assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (
        422,
        ["/phones", "/source"],
    )
    kept = leads.as_("csr").get(f"{LEADS}/{lead['id']}").get_json()
    assert (kept["source"], kept["phones"]) == ("radio", lead["phones"])
    assert leads.as_("office").edit("PATCH", f"{LEADS}/{lead['id']}", {"phones": []}).status_code == 200
    assert corrected(leads, bare, request="A heat pump")["request"] == "A heat pump", (
        "what was never there is no matter"
    )


def test_an_enquiry_of_a_branch_that_there_is_not_is_refused_for_nobody_would_see_it(leads: Bench) -> None:
    refused = leads.as_("csr").post(LEADS, {"channel": "phone", "person_name": "Ivy", "branch": str(uuid4())})
    assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (422, ["/branch"])
    assert leads.told("leads") == []
