"""Booking orders as the office prepares them, holds them and ends them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from embedded.testing import CAST, OPERATIONS, Bench
from libs.common.contracts.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingHeld,
    BookingOrdered,
    BookingReleased,
    BookingScheduled,
)
from tests.service.bookings_world import BOOKINGS, Orders, material

OPERATOR = str(CAST["operations"][0])


DAY = {"window_starts_at": "2026-03-12T14:00:00Z", "window_ends_at": "2026-03-12T22:00:00Z"}


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
    refused = orders.edit(orders.sell(), status=422, checklist={"site_access": True, "moon/sun": True})
    assert pointers(refused) == ["/checklist/moon~1sun"], "as a JSON pointer writes a name"


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


@pytest.mark.parametrize(
    ("currency", "paid", "status"),
    [
        ("USD", "8400.00", 200),
        ("USD", "8400.01", 422),
        ("USD", "0.001", 422),
        ("JPY", "840", 200),
        ("JPY", "840.50", 422),
        ("KWD", "8399.999", 200),
        ("KWD", "8400.001", 422),
    ],
)
def test_a_deposit_is_at_most_the_contract_and_in_the_decimals_of_its_currency(
    orders: Orders, currency: str, paid: str, status: int
) -> None:
    booking = orders.sell(total="8400", currency=currency)
    answer = orders.edit(booking, status=status, deposit_paid=paid)
    if status == 200:
        assert answer["deposit_paid"] == paid
    else:
        assert [one["pointer"] for one in answer["errors"]] == ["/deposit_paid"]
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


def test_a_scheduled_window_that_is_moved_stays_scheduled_and_who_says_that_it_is_not_is_believed(
    orders: Orders,
) -> None:
    booking = orders.sell()
    day = {"window_starts_at": "2026-03-13T14:00:00Z", "window_ends_at": "2026-03-13T22:00:00Z"}
    orders.edit(booking, **day, scheduling_status="scheduled")
    assert orders.edit(booking, window_starts_at="2026-03-13T15:00:00Z")["scheduling_status"] == "scheduled"
    assert orders.edit(booking, scheduling_status="unscheduled")["scheduling_status"] == "unscheduled"


def test_material_of_the_assemblies_is_one_list_to_order(orders: Orders) -> None:
    parts = (("Pipe", "2.5", "P"), ("Pump", "1", ""), ("Pipe", "1.5", "P"), ("Pipe", "1", "P-2"), ("Elbow", "1", ""))
    booking = orders.sell(materials=tuple(material(*one) for one in parts))
    assert booking["ordering_status"] == "to_order"
    listed = [(one["description"], one["qty"], one["code"]) for one in booking["materials"]]
    assert listed == [("Pipe", "4.0", "P"), *parts[1:2], *parts[3:]]
    orders.edit(booking, by="operations", ordering_status="ordered")
    [told] = orders.bench.told("bookings", BookingOrdered)
    assert (told.data["previous_status"], told.data["ordering_status"]) == ("to_order", "ordered")


@pytest.mark.parametrize(
    ("who", "field", "status"),
    [
        ("manager", {"permits": "x"}, 200),
        ("manager", DAY, 200),
        ("manager", {"ordering_status": "ordered"}, 403),
        ("manager", {"scheduling_status": "unscheduled"}, 403),
        ("office", {"scheduling_status": "unscheduled", "ordering_status": "ordered", "permits": "x"}, 200),
        ("operations", {"ordering_status": "ordered"}, 200),
        ("operations", DAY, 200),
        ("operations", {"permits": "x"}, 403),
        ("operations", {"checklist": {"site_access": True}}, 403),
        ("operations", {"deposit_waived": True}, 403),
        ("salesperson", {"permits": "x"}, 403),
        ("salesperson", DAY, 403),
        ("auditor", {"permits": "x"}, 403),
    ],
)
def test_each_field_is_changed_by_those_it_belongs_to(
    orders: Orders, who: str, field: dict[str, Any], status: int
) -> None:
    orders.edit(orders.sell(), by=who, status=status, **field)


# -- holds and the end


def test_a_hold_has_a_reason_from_the_list_and_is_released(orders: Orders) -> None:
    booking = orders.ready()
    orders.act(booking, "hold", "office", {"reason": "weather"}, status=422)
    held = orders.act(booking, "hold", "office", {"reason": "permit", "note": "inspector ill"})
    assert (held["state"], held["hold"]["reason"]) == ("on_hold", "permit")
    assert orders.bench.told("bookings", BookingHeld)[0].data["hold"] == "permit"
    orders.bench.settle()  # facts that nobody fetched for three months would stand in the way
    orders.bench.clock.forward(days=90)
    orders.bench.system.due()
    after = orders.act(booking, "release", "office")
    assert (after["state"], after["hold"]) == ("ready", None)
    assert orders.bench.told("bookings", BookingReleased)[0].data["hold"] == "permit"


def test_work_waits_while_the_customer_may_still_cancel_and_no_longer(orders: Orders) -> None:
    until = orders.bench.clock.now.replace(microsecond=0)
    orders.bench.clock.forward(days=-3)
    booking = orders.ready(cancel_until=until)
    assert (booking["state"], booking["hold"]["reason"]) == ("on_hold", "cancel_period")
    assert datetime.fromisoformat(booking["hold"]["until"]) == until
    assign = f"{BOOKINGS}/{booking['id']}/assign-to-operation"
    refused = orders.bench.as_("manager").post(assign, {"team_id": str(OPERATIONS)})
    assert [one["pointer"] for one in refused.get_json()["errors"]] == ["/hold"]
    orders.bench.clock.forward(days=3)
    orders.bench.system.due()
    assert orders.see(booking["id"])["state"] == "ready"


def test_who_knows_that_the_customer_will_not_cancel_lets_the_work_go(orders: Orders) -> None:
    until = orders.bench.clock.now + timedelta(days=3)
    booking = orders.ready(cancel_until=until)
    assert orders.act(booking, "release", "office", {"note": "waived in writing"})["state"] == "ready"
    assert orders.hand(booking)["state"] == "assigned"


def test_a_hold_for_the_right_to_cancel_lasts_until_its_own_end_where_one_is_named(orders: Orders) -> None:
    booking, now = orders.ready(cancel_until=orders.bench.clock.now + timedelta(days=3)), orders.bench.clock.now
    orders.act(booking, "release", "office")
    until = (now + timedelta(days=1)).isoformat()
    held = orders.act(booking, "hold", "office", {"reason": "cancel_period", "until": until})
    assert datetime.fromisoformat(held["hold"]["until"]) == now + timedelta(days=1)
    same = {"opportunity_id": UUID(booking["opportunity_id"]), "lead_id": UUID(booking["lead_id"])}
    after = orders.sell(**same, cancel_until=now + timedelta(days=5))
    assert (after["id"], after["hold"]["until"]) == (booking["id"], held["hold"]["until"])


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


@pytest.mark.parametrize("key", ["permit\n", "Permit", "permit no", "1st", ""])
def test_the_key_of_a_checklists_item_is_one_plain_word(orders: Orders, key: str) -> None:
    body = {"checklist": [{"key": key, "label": "Permit is there"}]}
    answer = orders.bench.as_("admin").edit("PUT", f"{BOOKINGS}/settings", body)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/checklist/0/key")
