"""A job with more than one order: each goes its own way, and the job is where the furthest of them is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from embedded.testing import Bench
from libs.common.contracts.bookings import BookingChanged
from libs.common.contracts.parts import Address
from libs.common.contracts.sales import SaleUndone
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


def test_the_work_of_one_job_says_nothing_of_anothers(orders: Orders) -> None:
    going, done = orders.in_state("in_progress"), orders.in_state("completed")
    assert (job(orders, going), job(orders, done)) == ("in_progress", "completed")


def test_a_closed_job_stays_closed_when_a_sale_that_came_to_nothing_is_undone(orders: Orders) -> None:
    done = orders.in_state("completed")
    extra = acceptance(job_id=UUID(done["job_id"]))
    orders.act(orders.sell(extra), "cancel", "office", {"reason": "not now"})
    assert orders.bench.as_("office").post(f"{BOOKINGS}/jobs/{done['job_id']}/close").status_code == 200
    assert orders.bench.as_("office").post(f"{BOOKINGS}/sales/{extra.acceptance_id}/undo").status_code == 200
    assert job(orders, done) == "closed"
    [undone] = orders.bench.told("bookings", SaleUndone)
    assert undone.data["job_id"] is None, "no job ended"


def test_where_a_job_is_is_put_right_for_the_work_that_is_still_to_be_done(orders: Orders) -> None:
    """Operations went to the address of before."""
    first, second = two_of_one_job(orders)
    orders.act(first, "start", "operations")
    orders.act(first, "complete", "operations")
    right = {"line1": "9 Right St", "city": "Nashville", "postal_code": "37203"}

    path = f"{BOOKINGS}/jobs/{first['job_id']}"
    assert orders.bench.as_("office").edit("PATCH", path, {"site": right}).status_code == 200

    sites = [orders.see(one["id"])["site"]["line1"] for one in (first, second)]
    assert sites == [first["site"]["line1"], "9 Right St"]
    [told] = orders.bench.told("bookings", BookingChanged)[-1:]
    assert (str(told.subject), told.data["changed"]) == (second["id"], ["site"])
    assert told.data["work"]["site"]["line1"] == "9 Right St"


def test_whom_to_ask_for_is_put_right_with_the_customer(orders: Orders) -> None:
    booking, office = orders.assigned(), orders.bench.as_("office")
    path = f"{BOOKINGS}/customers/{booking['customer_id']}"
    [contact] = office.get(path).get_json()["contacts"]
    phones = [{"e164": "+16155550199", "typed": "615-555-0199"}]

    assert office.edit("PATCH", path, {"contacts": [contact | {"phones": phones}]}).status_code == 200
    assert orders.see(booking["id"])["contact"]["phones"] == phones
    assert orders.bench.told("bookings", BookingChanged)[-1].data["changed"] == ["contact"]
    assert office.edit("PATCH", path, {"contacts": []}).status_code == 200
    assert orders.see(booking["id"])["contact"]["phones"] == phones, "who is no contact any more may still be asked"


def test_an_order_that_goes_elsewhere_than_its_job_stays_there_when_the_jobs_site_is_put_right(orders: Orders) -> None:
    done = orders.in_state("completed")
    barn = Address(line1="1 Barn Rd", city="Nashville", postal_code="37205")
    extra = orders.sell(acceptance(job_id=UUID(done["job_id"]), site=barn))
    neighbours = orders.sell()  # another customer's, at the address of before
    right = {"line1": "9 Right St", "city": "Nashville", "postal_code": "37203"}

    path = f"{BOOKINGS}/jobs/{done['job_id']}"
    assert orders.bench.as_("office").edit("PATCH", path, {"site": right}).status_code == 200

    assert orders.see(extra["id"])["site"]["line1"] == "1 Barn Rd"
    assert orders.see(neighbours["id"])["site"] == neighbours["site"]
    assert [one["id"] for one in orders.bench.as_("office").items(f"{BOOKINGS}/jobs?q=right")] == [done["job_id"]]
