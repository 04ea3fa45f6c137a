"""What is sold, booked and undone besides the first: which order and which job it belongs to, and which it does not."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from embedded.testing import Bench
from libs.common.contracts.bookings import BookingCreated, BookingUnacknowledged
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.sales import SaleStarted, SaleStepDone
from services.bookings.settings import DEFAULTS
from tests.service.bookings_world import BOOKINGS, SITE, Orders, acceptance

GONE = {"reason": "to be joined"}


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def more(booking: dict[str, Any], **said: Any) -> EstimateAccepted:
    """Another acceptance of the same opportunity."""
    return acceptance(opportunity_id=UUID(booking["opportunity_id"]), lead_id=UUID(booking["lead_id"]), **said)


def office(orders: Orders, path: str, status: int, **body: Any) -> Any:
    answer = orders.bench.as_("office").post(f"{BOOKINGS}{path}", {name: str(one) for name, one in body.items()})
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def book(orders: Orders, *sold: EstimateAccepted) -> Any:
    body = {"acceptance_ids": [str(one.acceptance_id) for one in sold]}
    answer = orders.bench.as_("office").post(BOOKINGS, body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def left_to_the_office(orders: Orders) -> None:
    answer = orders.bench.as_("admin").edit("PUT", f"{BOOKINGS}/settings", {"sale_creates": "task"})
    assert answer.status_code == 200


# -- the office makes the job


def test_the_job_of_one_opportunity_takes_in_nothing_that_was_sold_with_another(orders: Orders) -> None:
    left_to_the_office(orders)
    mine, other = acceptance(emails=("ivy@home.example",)), acceptance(emails=("ivy@home.example",))
    first, second = orders.sell(mine), orders.sell(other)
    assert first["customer_id"] == second["customer_id"]

    made = office(orders, "/jobs", 201, acceptance_id=mine.acceptance_id)

    assert orders.see(first["id"])["job_id"] == made["id"]
    assert orders.see(second["id"])["job_id"] is None
    assert orders.sale(other.acceptance_id)["job_id"] is None
    further = office(orders, "/jobs", 201, acceptance_id=other.acceptance_id)
    assert orders.see(first["id"])["job_id"] != orders.see(second["id"])["job_id"] == further["id"]


def test_no_job_is_made_of_what_was_undone_nor_a_second_one(orders: Orders) -> None:
    left_to_the_office(orders)
    undone, sold = acceptance(), acceptance()
    orders.sell(undone), orders.sell(sold)
    office(orders, f"/sales/{undone.acceptance_id}/undo", 200, reason="changed their mind")
    assert "was undone" in office(orders, "/jobs", 409, acceptance_id=undone.acceptance_id)["detail"]
    office(orders, "/jobs", 201, acceptance_id=sold.acceptance_id)
    assert "has its job" in office(orders, "/jobs", 409, acceptance_id=sold.acceptance_id)["detail"]


def test_a_job_that_the_office_names_is_called_as_no_other_of_its_customer(orders: Orders) -> None:
    left_to_the_office(orders)
    one, two = acceptance(emails=("ivy@home.example",)), acceptance(emails=("ivy@home.example",))
    orders.sell(one), orders.sell(two)
    office(orders, "/jobs", 201, acceptance_id=one.acceptance_id, name="The cellar")
    refused = office(orders, "/jobs", 409, acceptance_id=two.acceptance_id, name="The cellar")
    assert [fault["pointer"] for fault in refused["errors"]] == ["/name"]
    office(orders, "/jobs", 201, acceptance_id=two.acceptance_id, name="The attic")


def test_once_there_is_the_job_its_sales_other_steps_are_waited_for(orders: Orders) -> None:
    left_to_the_office(orders)
    sold = acceptance()
    orders.sell(sold)
    office(orders, "/jobs", 201, acceptance_id=sold.acceptance_id)
    orders.bench.clock.forward(minutes=16)
    orders.bench.system.due()
    assert orders.sale(sold.acceptance_id)["state"] == "failed"


# -- more on a job that is there


@pytest.mark.parametrize("ended", [None, "completed"])
def test_what_is_sold_on_top_is_told_as_a_sale_and_moves_what_the_branch_moves(
    orders: Orders, ended: str | None
) -> None:
    booking = orders.in_state(ended or "draft")
    extra = more(booking)
    orders.sell(extra)

    [begun] = [one.data for one in orders.bench.told("bookings", SaleStarted) if one.subject == extra.acceptance_id]
    assert begun["steps"] == ["customer", "job", "booking"]
    steps = [one.data for one in orders.bench.told("bookings", SaleStepDone) if one.subject == extra.acceptance_id]
    assert {one["step"]: one["moves"] for one in steps} == {"customer": [], "job": DEFAULTS["moves"], "booking": []}
    assert len(orders.bench.told("bookings", BookingCreated)) == (2 if ended else 1)


def test_each_change_order_that_nobody_takes_in_escalates_once(orders: Orders) -> None:
    booking = orders.in_state("accepted")
    extra = [more(booking), more(booking)]
    for one in extra:
        orders.sell(one)
    orders.bench.clock.forward(days=9)
    while orders.bench.system.due():
        pass
    late = [one.data["acceptance_id"] for one in orders.bench.told("bookings", BookingUnacknowledged)]
    assert sorted(late) == sorted(str(one.acceptance_id) for one in extra)


def test_a_change_order_of_work_that_was_given_back_waits_for_nobody(orders: Orders) -> None:
    booking = orders.in_state("assigned")
    orders.sell(more(booking))
    orders.act(booking, "return", "operations", {"reason": "no site access"})
    orders.bench.clock.forward(days=9)
    orders.bench.system.due()
    assert orders.bench.told("bookings", BookingUnacknowledged) == []


def test_nothing_is_added_to_an_order_that_is_over(orders: Orders) -> None:
    done = orders.in_state("completed")
    extra = more(done)
    further = orders.sell(extra)
    orders.act(further, "cancel", "office", GONE)
    for over in (done, further):
        orders.act(over, "change-orders", "office", {"acceptance_id": str(extra.acceptance_id)}, status=409)
        assert orders.see(over["id"])["contract_total"] == "8400.00"


def test_an_order_takes_in_what_was_sold_on_any_of_its_jobs_and_all_of_them_go_on_with_it(orders: Orders) -> None:
    here: dict[str, Any] = {"emails": ("ivy@home.example",), "site": SITE, "total": "100.00"}
    one, two = acceptance(**here), acceptance(**here)
    first, second = orders.sell(one), orders.sell(two)
    extra = acceptance(**here, job_id=UUID(second["job_id"]))  # an opportunity of its own
    orders.sell(extra)
    for cancelled in (first, second):
        orders.act(cancelled, "cancel", "office", GONE)
    together = book(orders, one, two)
    assert len(orders.bench.told("bookings", BookingCreated)) == 3
    after = orders.act(together, "change-orders", "office", {"acceptance_id": str(extra.acceptance_id)})
    assert after["contract_total"] == "300.00"
    assert after["estimate_ids"] == [str(each.subject) for each in (one, two, extra)]

    orders.act(orders.hand(orders.act(orders.ticked(after), "ready", "office")), "accept", "operations")
    for act, status in (("start", "in_progress"), ("complete", "completed")):
        orders.act(after, act, "operations")
        paths = [f"{BOOKINGS}/jobs/{one['job_id']}" for one in (first, second)]
        assert [orders.bench.as_("office").get(one).get_json()["status"] for one in paths] == [status] * 2


def test_what_is_sold_in_another_currency_is_added_to_no_order_and_gets_its_own_on_that_job(orders: Orders) -> None:
    booking = orders.sell(total="100.00")
    own = orders.sell(more(booking, total="50.00", currency="EUR"))
    assert (own["contract_total"], own["currency"], own["job_id"]) == ("50.00", "EUR", booking["job_id"])
    assert orders.see(booking["id"])["contract_total"] == "100.00"


def test_what_is_sold_after_everything_was_undone_is_no_addition_to_that(orders: Orders) -> None:
    """It wins the opportunity anew, also where the office had not made the job."""
    left_to_the_office(orders)
    booking = orders.sell()
    office(orders, f"/sales/{booking['acceptance_ids'][0]}/undo", 200, reason="changed their mind")
    anew = more(booking)
    orders.sell(anew)
    steps = orders.sale(anew.acceptance_id)["steps"]
    assert {"opportunity_won", "lead_converted"} < {one["key"] for one in steps}


def test_what_was_sold_with_one_opportunity_is_one_order_before_it_has_its_job(orders: Orders) -> None:
    left_to_the_office(orders)
    one, other = acceptance(total="100.00"), acceptance(emails=("ivy@home.example",))
    booking = orders.sell(one)
    extra = more(booking, total="50.00")
    orders.sell(extra), orders.sell(other)
    orders.act(booking, "cancel", "office", GONE)
    again = book(orders, one)
    after = orders.act(again, "change-orders", "office", {"acceptance_id": str(extra.acceptance_id)})
    assert after["contract_total"] == "150.00"
    refused = orders.act(after, "change-orders", "office", {"acceptance_id": str(other.acceptance_id)}, status=409)
    assert f"{other.number} was sold on another job" in [fault["detail"] for fault in refused["errors"]]


def test_what_was_in_a_cancelled_order_is_undone_one_by_one(orders: Orders) -> None:
    booking = orders.sell()
    extra = more(booking)
    orders.act(orders.sell(extra), "cancel", "office", {"reason": "the house was sold"})
    job = f"{BOOKINGS}/jobs/{booking['job_id']}"
    for ident, status in ((extra.acceptance_id, "pending"), (booking["acceptance_ids"][0], "cancelled")):
        [undo] = [one for one in orders.sale(ident)["allowed"] if one["action"] == "undo"]
        assert undo["ok"] is True
        undone = office(orders, f"/sales/{ident}/undo", 200, reason="changed their mind")
        assert (undone["state"], undone["undone"]["reason"]) == ("undone", "changed their mind")
        assert orders.bench.as_("office").get(job).get_json()["status"] == status
