"""How long a sale can be undone: until operations have accepted its order."""

from collections.abc import Callable

import pytest

from embedded.testing import CAST, Bench
from libs.common.contracts.bookings import BookingCancelled
from tests.service.bookings_world import BOOKINGS, Orders


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


@pytest.mark.parametrize("state", ["accepted", "in_progress", "completed"])
def test_a_sale_cannot_be_undone_once_operations_have_accepted_it(orders: Orders, state: str) -> None:
    booking = orders.in_state(state)
    [sale] = booking["acceptance_ids"]
    answer = orders.bench.as_("manager").post(f"{BOOKINGS}/sales/{sale}/undo")
    assert answer.status_code == 409
    assert "accepted" in answer.get_json()["detail"]
    [undo] = [one for one in orders.sale(sale)["allowed"] if one["action"] == "undo"]
    assert (undo["ok"], undo["missing"][0]["text"]) == (False, answer.get_json()["detail"])


@pytest.mark.parametrize("state", ["draft", "ready", "on_hold", "assigned", "returned", "cancelled"])
def test_until_then_it_can(orders: Orders, state: str) -> None:
    booking = orders.in_state(state)
    answer = orders.bench.as_("manager").post(f"{BOOKINGS}/sales/{booking['acceptance_ids'][0]}/undo")
    assert answer.status_code == 200
    assert orders.see(booking["id"])["state"] == "cancelled"


@pytest.mark.parametrize("state", ["accepted", "in_progress"])
def test_once_the_order_that_operations_had_was_cancelled_the_sale_can_be_undone_again(
    orders: Orders, state: str
) -> None:
    booking = orders.in_state(state)
    [sale] = booking["acceptance_ids"]
    orders.act(booking, "cancel", "office", {"reason": "the house was sold"})

    [undo] = [one for one in orders.sale(sale)["allowed"] if one["action"] == "undo"]
    assert undo["ok"] is True
    assert orders.bench.as_("manager").post(f"{BOOKINGS}/sales/{sale}/undo").status_code == 200
    job = orders.bench.as_("office").get(f"{BOOKINGS}/jobs/{booking['job_id']}").get_json()
    assert job["status"] == "cancelled"
    assert len(orders.bench.told("bookings", BookingCancelled)) == 1


def test_what_one_team_took_over_and_the_next_has_not_can_be_undone(orders: Orders) -> None:
    booking = orders.accepted()
    orders.act(booking, "reassign", "operations", {"assignee_id": str(CAST["operations"][0])})
    [sale] = booking["acceptance_ids"]
    assert orders.bench.as_("manager").post(f"{BOOKINGS}/sales/{sale}/undo").status_code == 200
    assert orders.see(booking["id"])["state"] == "cancelled"
