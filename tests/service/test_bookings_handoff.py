"""Assign to Operation, and what operations do with the work."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import AWAY, CAST, HOME, OPERATIONS, OTHER_SALES, SALES, Bench, moment
from libs.common import people
from libs.common.contracts.bookings import (
    BookingAccepted,
    BookingAssigned,
    BookingCompleted,
    BookingReassigned,
    BookingReturned,
    BookingStarted,
    BookingUnacknowledged,
)
from libs.common.contracts.staff import Person, PersonChanged, Team, TeamChanged
from tests.service.bookings_world import BOOKINGS, Orders, material

OPERATOR = str(CAST["operations"][0])


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def pointers(problem: dict[str, Any]) -> list[str]:
    return [one["pointer"] for one in problem["errors"]]


# -- Assign to Operation


def test_an_assignment_is_refused_with_everything_that_is_missing(orders: Orders) -> None:
    booking = orders.sell(deposit="840.00")
    orders.edit(booking, checklist={"site_access": True})
    refused = orders.act(booking, "assign-to-operation", "manager", {"team_id": str(OPERATIONS)}, status=409)
    assert pointers(refused) == [
        "/state", "/checklist/scope_confirmed", "/checklist/permits_checked", "/deposit_paid",
    ]  # fmt: skip
    assert refused["allowed"] == ["ready", "change_order", "cancel"]
    shown = {one["action"]: one for one in orders.see(booking["id"], "manager")["allowed"]}["assign_to_operation"]
    assert [f"/{one['field'].replace('.', '/')}" for one in shown["missing"]] == pointers(refused)


@pytest.mark.parametrize("settled", [{"deposit_waived": True}, {"deposit_paid": "840.00"}, {"deposit_paid": "900.00"}])
def test_a_deposit_is_paid_or_waived_first(orders: Orders, settled: dict[str, Any]) -> None:
    booking = orders.ready(deposit="840.00")
    body = {"team_id": str(OPERATIONS)}
    for paid, owed in (("40.00", "$800.00"), ("839.99", "$0.01")):
        orders.edit(booking, deposit_paid=paid)
        [fault] = orders.act(booking, "assign-to-operation", "manager", body, status=409)["errors"]
        assert fault == {
            "pointer": "/deposit_paid",
            "detail": f"{owed} of the deposit is neither paid nor waived",
        }
    orders.edit(booking, **settled)
    assert orders.hand(booking)["state"] == "assigned"


def test_a_hold_is_among_what_is_missing(orders: Orders) -> None:
    booking = orders.in_state("on_hold")
    refused = orders.act(booking, "assign-to-operation", "manager", {"team_id": str(OPERATIONS)}, status=409)
    assert pointers(refused) == ["/hold"]


def test_the_team_is_told_all_it_needs(orders: Orders) -> None:
    booking = orders.ready(materials=(material("Pump", "1"),))
    after = orders.hand(booking, assignee_id=OPERATOR, note="gate code 4711", due_at="2026-12-01T09:00:00Z")
    assert (after["team_id"], after["assignee_id"], after["note"]) == (str(OPERATIONS), OPERATOR, "gate code 4711")
    [told] = orders.bench.told("bookings", BookingAssigned)
    assert (told.data["team_id"], told.data["assignee_id"], told.data["note"]) == (
        str(OPERATIONS), OPERATOR, "gate code 4711",
    )  # fmt: skip
    assert told.data["assigned_by"] == str(CAST["manager"][0])
    assert told.data["due_at"] == "2026-12-01T09:00:00Z"
    assert told.data["work"]["site"]["line1"] == "1204 Forrest Ave"
    assert told.data["work"]["materials"][0]["description"] == "Pump"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"team_id": str(SALES)}, ["/team_id"]),
        ({"team_id": str(uuid4())}, ["/team_id"]),
        ({"team_id": str(OTHER_SALES), "assignee_id": OPERATOR}, ["/team_id", "/assignee_id"]),
        ({"team_id": str(OPERATIONS), "assignee_id": str(CAST["csr"][0])}, ["/assignee_id"]),
        ({"team_id": "operations"}, ["/team_id"]),
        ({}, ["/team_id"]),
    ],
)
def test_work_goes_to_people_of_operations_only(orders: Orders, body: dict[str, Any], wrong: list[str]) -> None:
    refused = orders.act(orders.ready(), "assign-to-operation", "manager", body, status=422)
    assert pointers(refused) == wrong


def test_work_is_not_given_to_a_technician_of_the_team_who_could_neither_see_nor_accept_it(orders: Orders) -> None:
    technician = CAST["technician"][0]
    with orders.bench.system.parts["bookings"].store.begin() as tx:
        crew = Team(name="Crew", kind="operations", branch=HOME, member_ids=(UUID(OPERATOR), technician))
        people.remember_team(tx, TeamChanged(subject=OPERATIONS, team=crew))
    body = {"team_id": str(OPERATIONS), "assignee_id": str(technician)}
    refused = orders.act(orders.ready(), "assign-to-operation", "manager", body, status=422)
    assert pointers(refused) == ["/assignee_id"]


def test_of_a_team_of_the_whole_company_somebody_of_another_branch_would_not_see_the_order(orders: Orders) -> None:
    booking, far = orders.ready(), uuid4()
    with orders.bench.system.parts["bookings"].store.begin() as tx:
        people.remember_person(tx, PersonChanged(subject=far, person=operator(branch=AWAY)))
        crew = Team(name="All crews", kind="operations", member_ids=(UUID(OPERATOR), far))
        people.remember_team(tx, TeamChanged(subject=OPERATIONS, team=crew))
    body = {"team_id": str(OPERATIONS), "assignee_id": str(far)}
    refused = orders.act(booking, "assign-to-operation", "manager", body, status=422)
    assert refused["errors"] == [
        {"pointer": "/assignee_id", "detail": "is somebody of another branch, who would not see it"}
    ]
    orders.hand(booking, assignee_id=OPERATOR)

    with orders.bench.system.parts["bookings"].store.begin() as tx:
        theirs = Team(name="Away", kind="operations", branch=AWAY, member_ids=(far,))
        people.remember_team(tx, TeamChanged(subject=SALES, team=theirs))
    refused = orders.act(orders.ready(), "assign-to-operation", "manager", {"team_id": str(SALES)}, status=422)
    assert refused["errors"] == [{"pointer": "/team_id", "detail": "is a team of another branch"}]


def operator(**more: Any) -> Person:
    return Person(name="Far away", email="far@test.example", roles=("operations",), **more)


def test_work_is_not_given_to_somebody_who_left_or_to_an_empty_team(orders: Orders) -> None:
    booking = orders.ready()
    store = orders.bench.system.parts["bookings"].store
    with store.begin() as tx:
        from libs.common.contracts.staff import Person

        gone = Person(name="Gone", email="gone@test.example", roles=("operations",), active=False)
        people.remember_person(tx, PersonChanged(subject=CAST["operations"][0], person=gone))
        empty = Team(name="Nobody", kind="operations")
        people.remember_team(tx, TeamChanged(subject=SALES, team=empty))
    body = {"team_id": str(OPERATIONS), "assignee_id": OPERATOR}
    assert pointers(orders.act(booking, "assign-to-operation", "manager", body, status=422)) == ["/assignee_id"]
    refused = orders.act(booking, "assign-to-operation", "manager", {"team_id": str(SALES)}, status=422)
    assert pointers(refused) == ["/team_id"]


def test_a_repeated_request_assigns_once(orders: Orders) -> None:
    booking = orders.ready()
    manager, path = orders.bench.as_("manager"), f"{BOOKINGS}/{booking['id']}/assign-to-operation"
    key = {"Idempotency-Key": str(uuid4())}
    first = manager.post(path, {"team_id": str(OPERATIONS)}, headers=key)
    again = manager.post(path, {"team_id": str(OPERATIONS)}, headers=key)
    assert (first.status_code, again.status_code, again.data) == (200, 200, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(orders.bench.told("bookings", BookingAssigned)) == 1


# -- in operations' hands


def test_operations_accept_start_and_complete_and_the_job_follows(orders: Orders) -> None:
    booking = orders.accepted()
    assert booking["accepted_by"] == OPERATOR
    [told] = orders.bench.told("bookings", BookingAccepted)
    assert told.data["accepted_by"] == OPERATOR

    def status() -> str:
        found: str = orders.bench.as_("office").get(f"{BOOKINGS}/jobs/{booking['job_id']}").get_json()["status"]
        return found

    assert status() == "pending"
    assert orders.act(booking, "start", "operations")["state"] == "in_progress"
    assert status() == "in_progress"
    done = orders.act(booking, "complete", "operations", {"note": "all well"})
    assert status() == "completed"
    assert done["started_at"] == done["completed_at"] == done["accepted_at"], "no time has passed here"
    assert [one["outcome"] for one in done["assignments"]] == ["accepted"]
    [begun], [over] = (orders.bench.told("bookings", one) for one in (BookingStarted, BookingCompleted))
    assert begun.data["started_at"] == over.data["completed_at"] == done["completed_at"]
    assert over.data["note"] == "all well"


def test_returned_work_is_made_ready_and_assigned_again_and_the_chain_is_kept(orders: Orders) -> None:
    booking = orders.hand(orders.ready(), note="Gate code 4711")
    assert pointers(orders.act(booking, "return", "operations", {}, status=422)) == ["/reason"]
    back = orders.act(booking, "return", "operations", {"reason": "no site access"})
    assert (back["state"], back["returned"]["reason"], back["team_id"]) == (
        "returned", "no site access", str(OPERATIONS),
    )  # fmt: skip
    [told] = orders.bench.told("bookings", BookingReturned)
    assert (told.data["reason"], told.data["assigned_by"]) == ("no site access", str(CAST["manager"][0]))

    again = orders.act(booking, "ready", "office")
    assert (again["state"], again["team_id"], again["note"]) == ("ready", None, None)
    after = orders.hand(booking)
    assert [one["outcome"] for one in after["assignments"]] == ["returned", None]
    assert after["returned"] is None


@pytest.mark.parametrize("by", ["operations", "manager"])
@pytest.mark.parametrize("state", ["assigned", "accepted"])
def test_work_is_passed_on_and_taken_over_anew(orders: Orders, state: str, by: str) -> None:
    booking = orders.in_state(state)
    after = orders.act(booking, "reassign", by, {"assignee_id": OPERATOR, "note": "you know the house"})
    assert (after["state"], after["assignee_id"], after["accepted_at"]) == ("assigned", OPERATOR, None)
    assert [one["outcome"] for one in after["assignments"]] == ["reassigned", None]
    [told] = orders.bench.told("bookings", BookingReassigned)
    assert (told.data["previous_team_id"], told.data["previous_assignee_id"]) == (str(OPERATIONS), None)
    assert (told.data["note"], told.data["work"]["site"]["line1"]) == ("you know the house", "1204 Forrest Ave")
    assert moment(told.data["acknowledge_by"]) == moment(after["acknowledge_by"])
    orders.act(booking, "reassign", by, {"assignee_id": OPERATOR}, status=409)
    orders.act(booking, "reassign", by, {"team_id": str(SALES)}, status=422)
    orders.act(booking, "accept", "operations")


def test_work_nobody_acknowledges_escalates_once_after_the_teams_own_target(orders: Orders) -> None:
    with orders.bench.system.parts["bookings"].store.begin() as tx:
        mine = Team(name="ops", kind="operations", member_ids=(CAST["operations"][0],), acknowledge_minutes=30)
        people.remember_team(tx, TeamChanged(subject=OPERATIONS, team=mine))
    booking = orders.assigned()
    by = datetime.fromisoformat(booking["acknowledge_by"])
    assert (by - orders.bench.clock()).total_seconds() == 30 * 60

    orders.bench.clock.forward(minutes=29)
    orders.bench.system.due()
    assert orders.see(booking["id"])["escalated_at"] is None
    orders.bench.clock.forward(minutes=2)
    orders.bench.system.due()
    orders.bench.clock.forward(hours=9)
    orders.bench.system.due()

    assert orders.see(booking["id"])["escalated_at"]
    [told] = orders.bench.told("bookings", BookingUnacknowledged)
    assert told.data["team_id"] == str(OPERATIONS)
    assert orders.act(booking, "accept", "operations")["state"] == "accepted"


@pytest.mark.parametrize(
    ("action", "body"), [("accept", {}), ("return", {"reason": "no"}), ("cancel", {"reason": "no"})]
)
def test_what_was_answered_in_time_does_not_escalate(orders: Orders, action: str, body: dict[str, str]) -> None:
    orders.act(orders.assigned(), action, "office" if action == "cancel" else "operations", body)
    orders.bench.clock.forward(days=9)
    orders.bench.system.due()
    assert orders.bench.told("bookings", BookingUnacknowledged) == []
