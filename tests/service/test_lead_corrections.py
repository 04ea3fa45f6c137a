"""What a lead may still be told once it was taken in, and what follows from it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from embedded.testing import Bench
from libs.common.contracts.leads import LeadChanged
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


def test_a_refusal_names_no_act_that_only_a_sale_does(leads: Bench) -> None:
    lead, csr = captured(leads), leads.as_("csr")
    valid = csr.post(f"{LEADS}/{lead['id']}/validate").get_json()

    refused = csr.post(f"{LEADS}/{lead['id']}/validate").get_json()

    assert refused["allowed"] == [one["action"] for one in valid["allowed"]] == ["contact"]
    assert refused["detail"].endswith("possible now: contact")
