"""A job with more than one order: each goes its own way, and the job is where the furthest of them is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from embedded.testing import Bench
from tests.service.bookings_world import BOOKINGS, Orders, acceptance


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def job(orders: Orders, booking: dict[str, Any]) -> str:
    status: str = orders.bench.as_("office").get(f"{BOOKINGS}/jobs/{booking['job_id']}").get_json()["status"]
    return status


def two_of_one_job(orders: Orders) -> tuple[dict[str, Any], dict[str, Any]]:
    """Accepted both: the first sale was cancelled, and booked anew beside what was sold on its job meanwhile."""
    sold = acceptance()
    gone = orders.act(orders.sell(sold), "cancel", "office", {"reason": "not now"})
    second = orders.sell(acceptance(job_id=UUID(gone["job_id"])))
    first = orders.bench.as_("office").post(BOOKINGS, {"acceptance_ids": [str(sold.acceptance_id)]}).get_json()
    assert first["job_id"] == second["job_id"]
    for one in (first, second):
        orders.act(orders.hand(orders.act(orders.ticked(one), "ready", "office")), "accept", "operations")
    return first, second


def test_both_orders_of_a_job_are_begun_and_completed(orders: Orders) -> None:
    first, second = two_of_one_job(orders)
    seen = []
    for one, act in ((first, "start"), (second, "start"), (first, "complete"), (second, "complete")):
        orders.act(one, act, "operations")
        seen.append(job(orders, first))
    assert seen == ["in_progress", "in_progress", "in_progress", "completed"]


def test_a_job_waits_again_for_the_order_that_is_left(orders: Orders) -> None:
    first, second = two_of_one_job(orders)
    orders.act(first, "start", "operations")
    orders.act(first, "complete", "operations")
    assert job(orders, first) == "pending"
    orders.act(second, "start", "operations")
    assert job(orders, first) == "in_progress"
    orders.act(second, "cancel", "office", {"reason": "not now"})
    assert job(orders, first) == "completed"


def test_one_order_cancelled_leaves_the_others_work_going_on(orders: Orders) -> None:
    first, second = two_of_one_job(orders)
    orders.act(first, "start", "operations")
    orders.act(second, "cancel", "office", {"reason": "not now"})
    assert job(orders, first) == "in_progress"
    assert orders.act(first, "complete", "operations")["state"] == "completed"


def test_a_closed_job_stays_closed_when_a_sale_that_came_to_nothing_is_undone(orders: Orders) -> None:
    done = orders.in_state("completed")
    extra = acceptance(job_id=UUID(done["job_id"]))
    orders.act(orders.sell(extra), "cancel", "office", {"reason": "not now"})
    assert orders.bench.as_("office").post(f"{BOOKINGS}/jobs/{done['job_id']}/close").status_code == 200
    assert orders.bench.as_("office").post(f"{BOOKINGS}/sales/{extra.acceptance_id}/undo").status_code == 200
    assert job(orders, done) == "closed"
