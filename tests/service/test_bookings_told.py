"""What an order says of its job, its customer and its salesperson is told as it changes, whoever changed it."""

from collections.abc import Callable
from typing import Any

import pytest

from embedded.testing import CAST, HOME, Bench
from libs.common.contracts.bookings import BookingChanged
from libs.common.contracts.estimates import EstimateAssigned
from tests.service.bookings_world import BOOKINGS, Orders, acceptance

SETTINGS = f"/api/v1/bookings/settings?branch={HOME}"
ELSEWHERE = {"line1": "1 Church St", "city": "Nashville", "postal_code": "37201"}


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def changes(orders: Orders) -> list[tuple[list[str], dict[str, Any]]]:
    return [(one.data["changed"], one.data) for one in orders.bench.told("bookings", BookingChanged)]


def corrected(orders: Orders, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = orders.bench.as_("office").edit("PATCH", f"{BOOKINGS}/{path}", body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    record: dict[str, Any] = answer.get_json()
    return record


def test_another_name_of_its_job(orders: Orders) -> None:
    booking = orders.sell()
    orders.bench.as_("office").post(f"{BOOKINGS}/jobs/{booking['job_id']}/rename", {"name": "The old mill"})

    [(changed, told)] = changes(orders)
    assert (changed, told["title"]) == (["title"], "The old mill")


def test_another_name_of_its_customer_by_which_the_job_is_found(orders: Orders) -> None:
    booking = orders.sell()
    corrected(orders, f"customers/{booking['customer_id']}", {"name": "Castellan & Sons"})

    [(changed, told)] = changes(orders)
    assert (changed, told["customer_name"]) == (["customer_name"], "Castellan & Sons")
    assert [one["id"] for one in orders.bench.as_("office").items(f"{BOOKINGS}/jobs?q=sons")] == [booking["job_id"]]


def test_where_the_work_is_once_the_jobs_site_was_put_right(orders: Orders) -> None:
    """Whoever goes there goes by the order; one that is over says where the work was."""
    booking, over = orders.assigned(), orders.in_state("cancelled")
    for one in (booking, over):
        corrected(orders, f"jobs/{one['job_id']}", {"site": ELSEWHERE})

    assert orders.see(booking["id"])["site"] == ELSEWHERE
    assert orders.see(over["id"])["site"] == over["site"]
    changed, told = changes(orders)[-1]
    assert (changed, told["number"], told["work"]["site"]["line1"]) == (["site"], booking["number"], "1 Church St")


def test_its_job_that_the_office_makes_later(orders: Orders) -> None:
    orders.bench.as_("admin").edit("PUT", SETTINGS, {"sale_creates": "task"}, read=SETTINGS)
    booking = orders.sell()
    [acceptance_id] = booking["acceptance_ids"]
    made = orders.bench.as_("office").post(f"{BOOKINGS}/jobs", {"acceptance_id": acceptance_id}).get_json()

    [(changed, told)] = changes(orders)
    assert (changed, told["job_id"], told["title"]) == (["job_id", "title"], made["id"], made["name"])


def test_another_salesperson(orders: Orders) -> None:
    sold, colleague = acceptance(), CAST["colleague"][0]
    orders.sell(sold)
    head = {**sold.data(), "salesperson_id": colleague, "previous_salesperson_id": sold.salesperson_id}
    orders.bench.tell(EstimateAssigned.read(sold.subject, head), by="estimates")

    [(changed, told)] = changes(orders)
    assert (changed, told["salesperson_id"]) == (["salesperson_id"], str(colleague))
