"""What an order says of its job, its customer and its salesperson is told as it changes, whoever changed it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import CAST, HOME, Bench
from libs.common.contracts.bookings import BookingChanged
from libs.common.contracts.estimates import EstimateAssigned
from libs.common.contracts.parts import Contact
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
    """Of this sale and its job: what is over and what was sold with another opportunity stay whose they were."""
    sold, colleague = acceptance(), CAST["colleague"][0]
    over, other = orders.act(orders.sell(sold), "cancel", "office", {"reason": "not now"}), orders.sell()
    again = {"opportunity_id": sold.opportunity_id, "lead_id": sold.lead_id}
    booking, before = orders.sell(**again), len(orders.bench.told("bookings"))
    head = {**sold.data(), "salesperson_id": colleague, "previous_salesperson_id": sold.salesperson_id}
    orders.bench.tell(EstimateAssigned.read(sold.subject, head), by="estimates")

    [(changed, told)] = changes(orders)
    assert (changed, told["salesperson_id"]) == (["salesperson_id"], str(colleague))
    job = orders.bench.as_("office").get(f"{BOOKINGS}/jobs/{booking['job_id']}").get_json()
    sale = orders.bench.as_("office").get(f"{BOOKINGS}/sales/{sold.acceptance_id}").get_json()
    assert {one["salesperson_id"] for one in (job, sale, orders.see(booking["id"]))} == {str(colleague)}
    assert {orders.see(one["id"])["salesperson_id"] for one in (over, other)} == {str(sold.salesperson_id)}
    facts = orders.bench.told("bookings")[before:]
    assert sorted(str(one.subject) for one in facts) == sorted((booking["id"], booking["job_id"]))
    orders.bench.tell(EstimateAssigned.read(uuid4(), head), by="estimates")  # of what was not sold
    assert len(orders.bench.told("bookings")) == before + 2


def test_of_what_is_put_right_nothing_is_anothers(orders: Orders) -> None:
    """Neither another customer's, nor another job's, nor whom another order of theirs asks for, nor what is over."""
    ivy = ("ivy@home.example",)
    over, mine = orders.in_state("completed"), orders.sell(emails=ivy)
    wife = orders.sell(name="June Castellan", emails=(*ivy, "june@home.example"))
    bob = orders.sell(name="Bob", contact=Contact(name="Ivy Castellan", emails=ivy))  # she opens the door there, too
    assert wife["customer_id"] == mine["customer_id"] != bob["customer_id"]
    kept = {one["id"]: orders.see(one["id"]) for one in (over, wife, bob)}
    path = f"customers/{mine['customer_id']}"
    contacts = orders.bench.as_("office").get(f"{BOOKINGS}/{path}").get_json()["contacts"]

    said = [{"name": one["name"], "emails": one["emails"]} for one in contacts]
    said[0]["name"] = "Ivy C."
    before = len(changes(orders))
    corrected(orders, path, {"name": "The Castellans", "contacts": said})
    told = [(one, data["number"]) for one, data in changes(orders)[before:]]
    assert sorted(told) == sorted(
        [(["contact"], mine["number"]), *((["customer_name"], one["number"]) for one in (mine, wife))]
    )
    orders.bench.as_("office").post(f"{BOOKINGS}/jobs/{mine['job_id']}/rename", {"name": "The old mill"})
    past = orders.bench.as_("office").get(f"{BOOKINGS}/customers/{over['customer_id']}").get_json()["contacts"]
    corrected(orders, f"customers/{over['customer_id']}", {"contacts": [past[0] | {"name": "Ivy Moore"}]})

    now = orders.see(mine["id"])
    assert (now["contact"]["name"], now["customer_name"], now["title"]) == ("Ivy C.", "The Castellans", "The old mill")
    for one, was in kept.items():
        after = orders.see(one)
        assert (after["contact"], after["title"]) == (was["contact"], was["title"])
    assert orders.see(wife["id"])["customer_name"] == "The Castellans"
    assert [orders.see(one["id"])["customer_name"] for one in (over, bob)] == ["Ivy Castellan", "Bob"]
    assert {one["id"] for one in orders.bench.as_("office").items(f"{BOOKINGS}/jobs?q=castellans")} == {
        mine["job_id"],
        wife["job_id"],
    }
    assert [one["id"] for one in orders.bench.as_("office").items(f"{BOOKINGS}/jobs?q=mill")] == [mine["job_id"]]


def test_a_correction_that_changes_nothing_tells_nothing(orders: Orders) -> None:
    booking = orders.sell()
    path = f"customers/{booking['customer_id']}"
    before = orders.bench.as_("office").get(f"{BOOKINGS}/{path}").get_json()
    told = len(orders.bench.told("bookings"))
    corrected(orders, path, {"name": before["name"], "tax_status": before["tax_status"]})
    assert len(orders.bench.told("bookings")) == told
