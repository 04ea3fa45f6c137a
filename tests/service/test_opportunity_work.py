"""How an opportunity is worked: given, contacted, corrected, through the HTTP door of its service alone."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from embedded.testing import CAST, Bench
from libs.common.contracts.appointments import AppointmentChanged
from libs.common.contracts.opportunities import (
    OpportunityAssigned,
    OpportunityChanged,
    OpportunityContacted,
    OpportunityStageChanged,
)
from tests.service.opportunity_stories import ME, OPPORTUNITIES, call_at, done, opened, refused, walk_in

REACHED = {"channel": "phone", "direction": "outbound", "outcome": "reached"}


@pytest.fixture
def desk(bench: Callable[..., Bench]) -> Bench:
    return bench("opportunities")


def test_the_assignee_is_told_and_a_repeated_assignment_is_not(desk: Bench) -> None:
    found, colleague = opened(desk), str(CAST["colleague"][0])
    for _ in range(2):
        assert done(desk, found["id"], "assign", {"salesperson_id": colleague}, by="csr")["salesperson_id"] == colleague

    told = desk.told("opportunities", OpportunityAssigned)[1:]
    assert [(one.data["previous_salesperson_id"], one.data["salesperson_id"]) for one in told] == [(str(ME), colleague)]


def test_nobody_unknown_is_given_an_opportunity(desk: Bench) -> None:
    problem = refused(desk, opened(desk)["id"], "assign", 422, {"salesperson_id": str(uuid4())}, by="csr")

    assert [one["pointer"] for one in problem["errors"]] == ["/salesperson_id"]


@pytest.mark.parametrize("who", ["operations", "auditor", "technician", "csr", "marketing", "admin"])
def test_nobody_is_given_an_opportunity_that_their_roles_may_not_work(desk: Bench, who: str) -> None:
    found, them = opened(desk), str(CAST[who][0])

    told = refused(desk, found["id"], "assign", 422, {"salesperson_id": them}, by="csr")
    entered = desk.as_("csr").post(OPPORTUNITIES, walk_in(salesperson_id=them))
    beside = desk.as_("manager").edit("PATCH", f"{OPPORTUNITIES}/{found['id']}", {"inside_rep_id": them})

    assert [one["pointer"] for one in told["errors"]] == ["/salesperson_id"]
    assert (entered.status_code, entered.get_json()["errors"]) == (422, told["errors"])
    assert beside.status_code == (200 if who == "csr" else 422), "a CSR makes its appointments"


def test_the_first_contact_attempt_moves_the_stage_and_the_second_does_not(desk: Bench) -> None:
    found = opened(desk)
    assert done(desk, found["id"], "contact-attempts", REACHED | {"note": "wants it soon"})["stage"] == "contacted"
    done(desk, found["id"], "contact-attempts", REACHED)

    assert [one.data["first"] for one in desk.told("opportunities", OpportunityContacted)] == [True, False]
    [moved] = desk.told("opportunities", OpportunityStageChanged)
    assert (moved.data["previous_stage"], moved.data["stage"], moved.data["probability"]) == ("new", "contacted", 20)
    attempts = desk.as_("csr").items(f"{OPPORTUNITIES}/{found['id']}/contact-attempts")
    assert [one["note"] for one in attempts] == ["wants it soon", None]


@pytest.mark.parametrize("at", ["1990-01-01T00:00:00Z", "2150-01-01T00:00:00Z"])
def test_a_contact_attempt_lies_between_the_enquiry_and_now(desk: Bench, at: str) -> None:
    told = refused(desk, opened(desk)["id"], "contact-attempts", 422, REACHED | {"at": at})
    assert [one["pointer"] for one in told["errors"]] == ["/at"]


def test_a_contact_attempt_behind_us_moves_nothing_back(desk: Bench) -> None:
    found = opened(desk)
    done(desk, found["id"], "stage", {"stage": "qualified"})

    assert done(desk, found["id"], "contact-attempts", REACHED)["stage"] == "qualified"


def test_a_correction_is_told_with_what_it_changed_and_a_stale_one_is_refused(desk: Bench) -> None:
    found, sales = opened(desk), desk.as_("salesperson")
    path = f"{OPPORTUNITIES}/{found['id']}"
    tag = sales.get(path).headers["ETag"]
    given = {
        "expected_value": "8400.00",
        "financing_activity": "not_offered",
        "next_follow_up_at": "2026-12-01T09:00:00Z",
    }

    answer = sales.call("PATCH", path, json=given, headers={"If-Match": tag})
    assert answer.status_code == 200
    assert {name: answer.get_json()[name] for name in given} == given
    told = desk.told("opportunities", OpportunityChanged)[-1].data
    assert set(told["changed"]) == set(given)
    assert told["next_follow_up_at"] == "2026-12-01T09:00:00Z"
    assert sales.call("PATCH", path, json=given, headers={"If-Match": tag}).status_code == 412
    assert sales.call("PATCH", path, json=given).status_code == 428


def test_a_financing_activity_and_a_colleague_that_nobody_knows_are_both_named(desk: Bench) -> None:
    given = {"financing_activity": "barter", "inside_rep_id": str(uuid4())}
    answer = desk.as_("salesperson").edit("PATCH", f"{OPPORTUNITIES}/{opened(desk)['id']}", given)

    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.get_json()["errors"]} == {"/financing_activity", "/inside_rep_id"}


def test_only_the_first_attempt_is_the_first(desk: Bench) -> None:
    found = opened(desk)
    first = done(desk, found["id"], "contact-attempts", REACHED)["first_contacted_at"]
    desk.clock.forward(hours=1)
    assert done(desk, found["id"], "contact-attempts", REACHED)["first_contacted_at"] == first
    assert [one.data["first"] for one in desk.told("opportunities", OpportunityContacted)] == [True, False]


def test_who_is_given_an_opportunity_is_given_its_visits_and_those_ahead_are_told(desk: Bench) -> None:
    found, colleague = opened(desk), str(CAST["colleague"][0])
    off, ahead = (done(desk, found["id"], "appointments", call_at(f"2026-12-0{day}T15:00:00Z"))["id"] for day in (1, 2))
    desk.as_("salesperson").post(f"{OPPORTUNITIES}/appointments/{off}/cancel")

    for _ in range(2):
        done(desk, found["id"], "assign", {"salesperson_id": colleague}, by="csr")
    desk.as_("csr").edit("PATCH", f"{OPPORTUNITIES}/{found['id']}", {"inside_rep_id": str(CAST["csr"][0])})

    told = desk.told("opportunities", AppointmentChanged)
    assert [(str(one.subject), one.data["changed"]) for one in told] == [(ahead, ["salesperson_id"])]
    mine = {one["id"] for one in desk.as_("colleague").items(f"{OPPORTUNITIES}/{found['id']}/appointments")}
    assert mine == {off, ahead}
