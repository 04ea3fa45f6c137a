"""Booking orders: prepared by the office, handed to operations, and how they end."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import CAST, OPERATIONS, OTHER_SALES, SALES, Bench
from libs.common import people
from libs.common.contracts.bookings import (
    BookingAccepted,
    BookingAssigned,
    BookingCancelled,
    BookingChanged,
    BookingHeld,
    BookingOrdered,
    BookingReassigned,
    BookingReleased,
    BookingReturned,
    BookingScheduled,
    BookingUnacknowledged,
)
from libs.common.contracts.staff import PersonChanged, Team, TeamChanged
from services.bookings.states import BOOKING, BookingAction, BookingState
from tests.service.bookings_world import BOOKINGS, Orders, material

OPERATOR = str(CAST["operations"][0])


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def pointers(problem: dict[str, Any]) -> list[str]:
    return [one["pointer"] for one in problem["errors"]]


# -- preparing


def test_ready_names_every_item_that_is_not_done(orders: Orders) -> None:
    booking = orders.sell()
    refused = orders.act(booking, "ready", "office", status=409)
    assert pointers(refused) == ["/checklist/site_access", "/checklist/scope_confirmed", "/checklist/permits_checked"]

    orders.edit(booking, checklist={"site_access": True, "permits_checked": True})
    assert pointers(orders.act(booking, "ready", "office", status=409)) == ["/checklist/scope_confirmed"]
    after = orders.edit(booking, checklist={"scope_confirmed": True, "site_access": True})
    assert [one["done"] for one in after["checklist"]] == [True] * 3
    assert after["checklist"][0]["by"] == str(CAST["office"][0])
    assert orders.act(booking, "ready", "manager")["state"] == "ready"
    changed = orders.bench.told("bookings", BookingChanged)
    assert [one.data["done"] for one in changed][-1] == ["site_access", "scope_confirmed", "permits_checked"]


def test_an_item_can_be_found_undone_again(orders: Orders) -> None:
    booking = orders.ready()
    orders.edit(booking, checklist={"site_access": False})
    refused = orders.act(booking, "assign-to-operation", "manager", {"team_id": str(OPERATIONS)}, status=409)
    assert pointers(refused) == ["/checklist/site_access"]


def test_an_unknown_item_of_the_checklist_is_refused(orders: Orders) -> None:
    refused = orders.edit(orders.sell(), status=422, checklist={"site_access": True, "moon": True})
    assert pointers(refused) == ["/checklist/moon"]


def test_an_edit_needs_the_version_that_was_read(orders: Orders) -> None:
    booking = orders.sell()
    office, path = orders.bench.as_("office"), f"{BOOKINGS}/{booking['id']}"
    tag = office.get(path).headers["ETag"]
    assert office.call("PATCH", path, json={"permits": "P-1"}).status_code == 428
    assert office.call("PATCH", path, json={"permits": "P-1"}, headers={"If-Match": tag}).status_code == 200
    assert office.call("PATCH", path, json={"permits": "P-2"}, headers={"If-Match": tag}).status_code == 412
    assert orders.see(booking["id"])["permits"] == "P-1"


def test_an_edit_that_changes_nothing_tells_nothing(orders: Orders) -> None:
    booking = orders.sell()
    before = len(orders.bench.told("bookings"))
    orders.edit(booking, checklist={"site_access": False}, deposit_waived=False, permits=None)
    assert len(orders.bench.told("bookings")) == before


@pytest.mark.parametrize(
    "body",
    [
        {"state": "completed"},
        {"contract_total": "1.00"},
        {"deposit_paid": "-1.00"},
        {"deposit_paid": 5},
        {"ordering_status": "lost"},
        {"window_starts_at": "2026-03-01T09:00:00"},
        {"window_starts_at": "2026-03-01T09:00:00Z"},
        {"window_starts_at": "2026-03-01T09:00:00Z", "window_ends_at": "2026-03-01T09:00:00Z"},
        {"scheduling_status": "scheduled"},
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(orders: Orders, body: dict[str, Any]) -> None:
    booking = orders.sell()
    orders.edit(booking, status=422, **body)
    assert orders.see(booking["id"]) == booking


def test_the_window_is_proposed_then_scheduled_then_taken_off(orders: Orders) -> None:
    booking = orders.sell()
    day = {"window_starts_at": "2026-03-13T14:00:00Z", "window_ends_at": "2026-03-13T22:00:00Z"}
    assert orders.edit(booking, **day)["scheduling_status"] == "proposed"
    assert orders.edit(booking, by="operations", scheduling_status="scheduled")["scheduling_status"] == "scheduled"
    after = orders.edit(booking, window_starts_at=None, window_ends_at=None)
    assert after["scheduling_status"] == "unscheduled"
    told = orders.bench.told("bookings", BookingScheduled)
    assert [one.data["scheduling_status"] for one in told] == ["proposed", "scheduled", "unscheduled"]
    assert told[2].data["previous_starts_at"] == "2026-03-13T14:00:00Z"


def test_material_of_the_assemblies_is_one_list_to_order(orders: Orders) -> None:
    booking = orders.sell(materials=(material("Pipe", "2.5", "P"), material("Pump", "1"), material("Pipe", "1.5", "P")))
    assert booking["ordering_status"] == "to_order"
    assert [(one["description"], one["qty"]) for one in booking["materials"]] == [("Pipe", "4.0"), ("Pump", "1")]
    orders.edit(booking, by="operations", ordering_status="ordered")
    [told] = orders.bench.told("bookings", BookingOrdered)
    assert (told.data["previous_status"], told.data["ordering_status"]) == ("to_order", "ordered")


@pytest.mark.parametrize(
    ("who", "field", "status"),
    [
        ("manager", {"permits": "x"}, 200),
        ("manager", {"ordering_status": "ordered"}, 403),
        ("manager", {"scheduling_status": "unscheduled"}, 403),
        ("office", {"scheduling_status": "unscheduled", "ordering_status": "ordered", "permits": "x"}, 200),
        ("operations", {"ordering_status": "ordered"}, 200),
        ("operations", {"permits": "x"}, 403),
        ("operations", {"checklist": {"site_access": True}}, 403),
        ("operations", {"deposit_waived": True}, 403),
        ("salesperson", {"permits": "x"}, 403),
        ("auditor", {"permits": "x"}, 403),
    ],
)
def test_each_field_is_changed_by_those_it_belongs_to(
    orders: Orders, who: str, field: dict[str, Any], status: int
) -> None:
    orders.edit(orders.sell(), by=who, status=status, **field)


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
    orders.edit(booking, deposit_paid="839.99")
    assert pointers(orders.act(booking, "assign-to-operation", "manager", body, status=409)) == ["/deposit_paid"]
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
    assert orders.act(booking, "complete", "operations", {"note": "all well"})["completed_at"]
    assert status() == "completed"


def test_returned_work_is_made_ready_and_assigned_again_and_the_chain_is_kept(orders: Orders) -> None:
    booking = orders.assigned()
    assert pointers(orders.act(booking, "return", "operations", {}, status=422)) == ["/reason"]
    back = orders.act(booking, "return", "operations", {"reason": "no site access"})
    assert (back["state"], back["returned"]["reason"], back["team_id"]) == (
        "returned", "no site access", str(OPERATIONS),
    )  # fmt: skip
    [told] = orders.bench.told("bookings", BookingReturned)
    assert (told.data["reason"], told.data["assigned_by"]) == ("no site access", str(CAST["manager"][0]))

    again = orders.act(booking, "ready", "office")
    assert (again["state"], again["team_id"]) == ("ready", None)
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


# -- holds and the end


def test_a_hold_has_a_reason_from_the_list_and_is_released(orders: Orders) -> None:
    booking = orders.ready()
    orders.act(booking, "hold", "office", {"reason": "weather"}, status=422)
    held = orders.act(booking, "hold", "office", {"reason": "permit", "note": "inspector ill"})
    assert (held["state"], held["hold"]["reason"]) == ("on_hold", "permit")
    assert orders.bench.told("bookings", BookingHeld)[0].data["hold"] == "permit"
    orders.bench.clock.forward(days=90)
    orders.bench.system.due()
    after = orders.act(booking, "release", "office")
    assert (after["state"], after["hold"]) == ("ready", None)
    assert orders.bench.told("bookings", BookingReleased)[0].data["hold"] == "permit"


def test_a_hold_for_the_right_to_cancel_ends_with_that_right(orders: Orders) -> None:
    until = orders.bench.clock.now.replace(microsecond=0)
    orders.bench.clock.forward(days=-3)
    booking = orders.ready(cancel_until=until)
    held = orders.act(booking, "hold", "office", {"reason": "cancel_period"})
    assert datetime.fromisoformat(held["hold"]["until"]) == until
    orders.bench.clock.forward(days=3)
    orders.bench.system.due()
    assert orders.see(booking["id"])["state"] == "ready"


def test_a_hold_released_by_hand_leaves_no_timer_behind(orders: Orders) -> None:
    booking = orders.ready()
    until = {"until": (orders.bench.clock.now).isoformat()}
    orders.act(booking, "hold", "office", {"reason": "deposit", **until})
    orders.act(booking, "release", "office")
    orders.act(booking, "hold", "office", {"reason": "permit"})
    orders.bench.clock.forward(days=1)
    orders.bench.system.due()
    assert orders.see(booking["id"])["state"] == "on_hold"


def test_everybody_who_ever_had_it_is_told_of_the_end(orders: Orders) -> None:
    booking = orders.assigned()
    orders.act(booking, "reassign", "operations", {"assignee_id": OPERATOR})
    orders.act(booking, "return", "operations", {"reason": "no access"})
    orders.act(booking, "ready", "office")
    orders.act(booking, "cancel", "office", {}, status=422)
    after = orders.act(booking, "cancel", "office", {"reason": "customer moved away"})
    assert after["cancelled"]["previous_state"] == "ready"
    [told] = orders.bench.told("bookings", BookingCancelled)
    assert told.data["past_team_ids"] == [str(OPERATIONS)]
    assert told.data["past_assignee_ids"] == [OPERATOR]
    assert [one["outcome"] for one in after["assignments"]] == ["reassigned", "returned"]


def test_a_cancelled_order_in_progress_stops_its_job_and_is_never_edited_again(orders: Orders) -> None:
    booking = orders.in_state("in_progress")
    orders.act(booking, "cancel", "manager", {"reason": "bankrupt"})
    job = orders.bench.as_("office").get(f"{BOOKINGS}/jobs/{booking['job_id']}").get_json()
    assert job["status"] == "pending"
    orders.edit(booking, status=409, permits="P-1")


# -- out of turn

BODIES: dict[str, dict[str, Any]] = {
    "assign_to_operation": {"team_id": str(OPERATIONS)},
    "return": {"reason": "no access"},
    "reassign": {"assignee_id": OPERATOR},
    "hold": {"reason": "permit"},
    "cancel": {"reason": "changed mind"},
}
WHO = {"ready": "office", "assign_to_operation": "manager", "hold": "office", "release": "office", "cancel": "office"}
ACTIONS = [one for one in BookingAction if one is not BookingAction.CHANGE_ORDER]


@pytest.mark.parametrize("state", list(BookingState))
def test_what_is_out_of_turn_is_refused_and_changes_nothing(orders: Orders, state: BookingState) -> None:
    booking = orders.in_state(state)
    before = orders.see(booking["id"])
    for action in ACTIONS:
        if action in BOOKING.allowed(state):
            continue
        path, who = action.replace("_", "-"), WHO.get(action, "operations")
        refused = orders.act(booking, path, who, BODIES.get(action), status=409)
        if action is not BookingAction.ASSIGN:
            assert refused["state"] == state
        assert refused["allowed"] == [str(one) for one in BOOKING.allowed(state)]
    assert orders.see(booking["id"]) == before


# -- who may

CELLS = {
    "ready": {"manager", "office"},
    "assign-to-operation": {"manager", "office"},
    "hold": {"manager", "office"},
    "release": {"manager", "office"},
    "cancel": {"manager", "office"},
    "accept": {"operations"},
    "return": {"operations"},
    "reassign": {"operations", "manager", "office"},
    "start": {"operations"},
    "complete": {"operations"},
    "change-orders": {"manager", "office"},
    f"change-orders/{uuid4()}/acknowledge": {"operations"},
}


@pytest.mark.parametrize("who", sorted(CAST))
def test_each_act_belongs_to_the_roles_of_the_table(orders: Orders, who: str) -> None:
    booking = orders.sell()
    caller = orders.bench.as_(who)
    for action, roles in CELLS.items():
        status = caller.post(f"{BOOKINGS}/{booking['id']}/{action}", {"nothing": 1}).status_code
        assert (status != 403) == (CAST[who][1] in roles), (action, status)
    reads = {"salesperson", "manager", "office", "operations", "auditor"}
    expected = 404 if who == "stranger" else 200 if CAST[who][1] in reads else 403
    assert caller.get(f"{BOOKINGS}/{booking['id']}").status_code == expected
    if CAST[who][1] in reads:
        assert len(caller.items(BOOKINGS)) == (0 if who == "stranger" else 1)


def test_nobody_without_an_account_sees_anything(orders: Orders) -> None:
    booking = orders.sell()
    assert orders.bench.public.get(f"{BOOKINGS}/{booking['id']}").status_code == 401
    assert orders.bench.public.post(f"{BOOKINGS}/{booking['id']}/accept").status_code == 401


def test_orders_are_found_by_what_belongs_to_them(orders: Orders) -> None:
    booking = orders.assigned()
    orders.sell()
    office = orders.bench.as_("office")
    for name, value in (
        ("opportunity_id", booking["opportunity_id"]),
        ("job_id", booking["job_id"]),
        ("customer_id", booking["customer_id"]),
        ("team", booking["team_id"]),
        ("state", "assigned"),
        ("acceptance_id", booking["acceptance_ids"][0]),
    ):
        assert [one["id"] for one in office.items(f"{BOOKINGS}?{name}={value}")] == [booking["id"]], name
    assert office.get(f"{BOOKINGS}?state=lost").status_code == 422
    assert len(office.items(f"{BOOKINGS}?sort=created_at&limit=1")) == 1
    assert office.get(f"{BOOKINGS}/{uuid4()}").status_code == 404
