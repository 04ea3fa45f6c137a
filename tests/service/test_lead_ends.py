"""What was decided about an enquiry is told with its reason; and who handed one in still sees what becomes of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import CAST, HOME, SALES, Bench
from libs.common.contracts.base import Event
from libs.common.contracts.leads import (
    LeadCaptured,
    LeadChanged,
    LeadContacted,
    LeadInvalidated,
    LeadMerged,
    LeadReopened,
    LeadUnmerged,
)
from libs.common.contracts.opportunities import OpportunityOpened
from libs.common.contracts.parts import Phone, Prospect
from libs.common.contracts.staff import Person, PersonChanged
from tests.service.test_leads import LEADS, captured

CSR = str(CAST["csr"][0])
CALL = {"channel": "phone", "direction": "outbound", "outcome": "reached"}


@pytest.fixture
def leads(bench: Callable[..., Bench]) -> Bench:
    return bench("leads")


def done(leads: Bench, lead: dict[str, Any], act: str, body: dict[str, Any] | None = None, by: str = "csr") -> Any:
    answer = leads.as_(by).post(f"{LEADS}/{lead['id']}/{act}", body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def told(leads: Bench, fact: type[Event]) -> dict[str, Any]:
    [one] = leads.told("leads", fact)
    return dict(one.data)


def test_the_end_of_an_enquiry_and_its_reopening_are_told_with_the_reason(leads: Bench) -> None:
    lead = captured(leads)
    done(leads, lead, "invalidate", {"reason": "other", "note": "a wrong number"})
    ended = told(leads, LeadInvalidated)
    assert (ended["state"], ended["reason"], ended["note"], ended["decided_by"]) == (
        "invalid",
        "other",
        "a wrong number",
        CSR,
    )

    again = done(leads, lead, "reopen", {"note": "they rang again"}, by="office")

    assert (again["state"], again["validity"]) == ("new", None)
    open_again = told(leads, LeadReopened)
    assert (open_again["previous_state"], open_again["previous_reason"], open_again["note"]) == (
        "invalid",
        "other",
        "they rang again",
    )
    assert open_again["first_response_due_at"] == lead["first_response_due_at"], "and is still to be answered"


def test_a_merge_and_its_undoing_name_both(leads: Bench) -> None:
    one, two = captured(leads), captured(leads)
    done(leads, one, "merge", {"duplicate_id": two["id"]})
    assert (told(leads, LeadMerged)["duplicate_of"], told(leads, LeadMerged)["duplicate_of_number"]) == (
        one["id"],
        one["number"],
    )
    done(leads, two, "unmerge")
    apart = told(leads, LeadUnmerged)
    assert (apart["state"], apart["duplicate_of"], apart["duplicate_of_number"]) == ("new", one["id"], one["number"])


def test_nothing_is_merged_into_what_is_over_nor_what_is_over_into_anything(leads: Bench) -> None:
    one, two, spam = captured(leads), captured(leads), captured(leads)
    done(leads, spam, "invalidate", {"reason": "spam"})
    done(leads, one, "merge", {"duplicate_id": two["id"]})
    other = captured(leads)
    for into, what in ((spam, other), (two, other), (other, two), (other, spam)):
        refused = leads.as_("csr").post(f"{LEADS}/{into['id']}/merge", {"duplicate_id": what["id"]})
        assert refused.status_code == 409, (into["number"], what["number"])
    assert leads.as_("csr").get(f"{LEADS}/{other['id']}").get_json()["state"] == "new"


def test_who_stands_alone_again_is_where_they_had_been_brought(leads: Bench) -> None:
    one, spoken_to, nurtured = captured(leads), captured(leads), captured(leads)
    done(leads, spoken_to, "contact-attempts", CALL)
    done(leads, nurtured, "contact-attempts", CALL)
    done(leads, nurtured, "nurture", {"next_action_at": "2099-01-01T00:00:00Z"})
    for lead, state in ((spoken_to, "contacted"), (nurtured, "nurturing")):
        done(leads, one, "merge", {"duplicate_id": lead["id"]})
        assert done(leads, lead, "unmerge")["state"] == state


def test_a_later_attempt_is_no_first_one_and_a_merge_answers_nobody_twice(leads: Bench) -> None:
    lead, same = captured(leads), captured(leads)
    first = done(leads, lead, "contact-attempts", CALL)["first_responded_at"]
    leads.clock.forward(hours=1)
    assert done(leads, lead, "contact-attempts", CALL)["first_responded_at"] == first
    done(leads, same, "contact-attempts", CALL)
    assert done(leads, lead, "merge", {"duplicate_id": same["id"]})["first_responded_at"] == first
    assert [one.data["first"] for one in leads.told("leads", LeadContacted)] == [True, False, True]


def test_who_was_spoken_to_under_another_name_was_answered_when_they_asked_at_the_earliest(leads: Bench) -> None:
    before = captured(leads)
    done(leads, before, "contact-attempts", CALL)
    leads.clock.forward(hours=1)
    asked_again = captured(leads)
    leads.clock.forward(hours=1)

    merged = done(leads, asked_again, "merge", {"duplicate_id": before["id"]})

    assert merged["first_responded_at"] == asked_again["received_at"]
    last = leads.told("leads", LeadContacted)[-1].data
    assert (last["first"], last["channel"], last["outcome"]) == (True, "phone", "reached")
    assert last["note"] == f"spoken to as {before['number']}"


@pytest.mark.parametrize(("who", "act"), [("technician", "assign"), ("salesperson", "nurture")])
def test_who_handed_an_enquiry_in_sees_what_becomes_of_it_and_acts_on_it_until_somebody_has_it(
    leads: Bench, who: str, act: str
) -> None:
    mine, others = captured(leads, by=who), captured(leads)
    body = {"assign": {"owner_id": CSR}, "nurture": {"next_action_at": "2099-01-01T00:00:00Z"}}[act]
    path = f"{LEADS}/{mine['id']}"
    assert leads.as_(who).post(f"{LEADS}/{others['id']}/{act}", body).status_code == 404
    done(leads, mine, act, body, by=who)
    done(leads, mine, "assign", {"owner_id": str(CAST["colleague"][0])})

    assert leads.as_(who).get(path).status_code == 200
    assert [one["id"] for one in leads.as_(who).items(LEADS)] == [mine["id"]]
    assert leads.as_(who).get(f"{LEADS}/{others['id']}").status_code == 404
    assert leads.as_(who).post(f"{path}/{act}", body).status_code == 404, "theirs no more"


def test_a_lead_keeps_a_name_and_what_is_corrected_is_checked_and_weighed_anew(leads: Bench) -> None:
    rules = [{"field": "fit.in_service_area", "equals": True, "points": 40}]
    assert leads.as_("admin").edit("PUT", f"{LEADS}/settings", {"score_rules": rules}).status_code == 200
    lead, csr = captured(leads), leads.as_("csr")
    path = f"{LEADS}/{lead['id']}"
    there = {"address": {"line1": "1 Main St", "postal_code": "40202"}}  # another branch's
    away = csr.edit("PATCH", path, there).get_json()
    assert (away["fit"]["in_service_area"], away["score"]) == (lead["fit"]["in_service_area"], lead["score"])

    said = csr.edit("PATCH", path, {"fit": {"in_service_area": not lead["fit"]["in_service_area"]}}).get_json()

    assert said["fit"]["in_service_area"] is not lead["fit"]["in_service_area"]
    assert {said["score"], lead["score"]} == {0, 40}
    assert leads.told("leads", LeadChanged)[-1].data["changed"] == ["fit"]
    refused = csr.edit("PATCH", path, {"person_name": None})
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/person_name")
    renamed = csr.edit("PATCH", path, {"person_name": None, "company": "Acme"})
    assert (renamed.status_code, renamed.get_json()["person_name"]) == (200, None)


def test_an_enquiry_that_came_in_as_an_opportunity_is_recognised_weighed_and_told_like_any_other(leads: Bench) -> None:
    rules = [{"field": "trade", "equals": "hvac", "points": 30}]
    assert leads.as_("admin").edit("PUT", f"{LEADS}/settings", {"score_rules": rules}).status_code == 200
    before, ada = captured(leads, phones=["615-555-0142"]), {"e164": "+16155550142", "typed": "615 555 0142"}
    asked = Prospect(channel="phone", person_name="Ada", phones=(Phone(**ada),), trade="hvac", request="A pump")
    opened = OpportunityOpened(
        subject=uuid4(), lead_id=uuid4(), number="O-1", title="Ada: pump", stage="new", stage_type="open",
        branch=HOME, door="opportunity", prospect=asked, received_at=leads.clock(), product_interest="pump",
        probability=10, salesperson_id=CAST["salesperson"][0],
    )  # fmt: skip
    leads.tell(opened, by="opportunities")

    made = leads.as_("csr").get(f"{LEADS}/{opened.lead_id}").get_json()
    assert (made["owner_id"], made["score"], made["phones"]) == (str(CAST["salesperson"][0]), 30, ["615 555 0142"])
    assert made["fit"]["trade_offered"] is True
    told = leads.told("leads", LeadCaptured)[-1]
    assert (str(told.subject), told.data["duplicate_ids"]) == (made["id"], [before["id"]])
    again = captured(leads, phones=["(615) 555-0142"])
    assert {one["id"] for one in again["duplicates"]} == {before["id"], made["id"]}


@pytest.mark.parametrize(
    ("begins", "ends", "by", "status"),
    [
        (-1, 1, "colleague", 200),
        (0, None, "colleague", 200),
        (1, 2, "colleague", 404),
        (-2, 0, "colleague", 404),
        (-1, 1, "csr", 404),
    ],
)
def test_who_stands_in_works_the_enquiries_of_whoever_is_away_and_of_nobody_who_is_here(
    leads: Bench, begins: int, ends: int | None, by: str, status: int
) -> None:
    owner, now = CAST["salesperson"][0], leads.clock()
    lead = captured(leads, owner_id=str(owner))
    since, until = now + timedelta(hours=begins), None if ends is None else now + timedelta(hours=ends)
    away = {"absent_from": since, "absent_until": until, "cover_id": CAST[by][0]}
    who = Person(name="S", email="s@test.example", roles=("salesperson",), branch=HOME, team_ids=(SALES,), **away)
    leads.tell(PersonChanged(subject=owner, person=who), by="staff")

    path = f"{LEADS}/{lead['id']}"
    assert leads.as_("colleague").get(path).status_code == status
    later = {"next_action_at": "2099-01-01T00:00:00Z"}
    assert leads.as_("colleague").post(f"{path}/nurture", later).status_code == status
    assert bool(leads.as_("colleague").items(LEADS)) is (status == 200)
