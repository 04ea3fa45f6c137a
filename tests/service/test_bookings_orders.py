"""Booking orders out of turn, and who may do what with them."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import CAST, OPERATIONS, Bench
from services.bookings.states import BOOKING, BookingAction, BookingState
from tests.service.bookings_world import BOOKINGS, Orders

OPERATOR = str(CAST["operations"][0])


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


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
