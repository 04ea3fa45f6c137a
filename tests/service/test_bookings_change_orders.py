"""More is sold on a job that is there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from embedded.testing import CAST, Bench, moment
from libs.common.contracts.bookings import (
    BookingChangeAcknowledged,
    BookingChangeOrdered,
    BookingCreated,
    BookingUnacknowledged,
)
from libs.common.contracts.sales import CustomerMatched, JobCreated, SaleCompleted
from tests.service.bookings_world import BOOKINGS, Orders, acceptance, material, more, same_site


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


@pytest.mark.parametrize("state", ["draft", "ready", "on_hold", "returned"])
def test_a_second_acceptance_before_operations_have_it_just_adds_to_the_order(orders: Orders, state: str) -> None:
    booking = orders.in_state(state)
    extra = more(booking, total="150.00", deposit="15.00", materials=(material("Protector", "1"),))

    after = orders.sell(extra)

    assert (after["id"], after["state"], after["contract_total"]) == (booking["id"], state, "8550.00")
    assert (after["deposit_due"], after["ordering_status"]) == ("15.00", "to_order")
    assert after["acceptance_ids"][1] == str(extra.acceptance_id)
    [told] = orders.bench.told("bookings", BookingChangeOrdered)
    assert (told.data["previous_total"], told.data["contract_total"]) == ("8400.00", "8550.00")
    assert told.data["added"][0]["amount"] == "150.00"
    assert len(told.data["work"]["lines"]) == 2
    assert told.data["acknowledge_by"] is None
    [change] = orders.bench.as_("office").items(f"{BOOKINGS}/{booking['id']}/change-orders")
    assert change["acknowledge_by"] is None


@pytest.mark.parametrize(("deposit", "still"), [("2500.00", False), ("0.00", True)])
def test_a_deposit_that_was_waived_waives_none_that_is_asked_for_later(
    orders: Orders, deposit: str, still: bool
) -> None:
    booking = orders.ready(deposit="100.00")
    orders.edit(booking, deposit_waived=True)

    after = orders.sell(more(booking, total="5000.00", deposit=deposit))

    assert after["deposit_waived"] is still
    [assign] = [one for one in after["allowed"] if one["action"] == "assign_to_operation"]
    owed = [one["text"] for one in assign["missing"] if one["field"] == "deposit_paid"]
    assert owed == ([] if still else ["$2,600.00 of the deposit is neither paid nor waived"])


def test_who_buys_more_and_gave_another_address_meanwhile_is_the_customer_they_were(orders: Orders) -> None:
    """And is recognised by it from then on."""
    booking = orders.sell(emails=("ivy@home.example",))
    orders.sell(more(booking, emails=("ivy@work.example",)))

    [customer] = orders.bench.as_("office").items(f"{BOOKINGS}/customers")
    assert customer["id"] == booking["customer_id"]
    assert [one["emails"] for one in customer["contacts"]] == [["ivy@home.example"], ["ivy@work.example"]]
    again = orders.sell(name="I. Castellan", emails=("ivy@work.example",))
    assert again["customer_id"] == booking["customer_id"]


def test_a_sale_on_anothers_job_changes_nothing_of_who_would_have_been_recognised(orders: Orders) -> None:
    booking, other = orders.sell(), orders.sell(name="Bob", emails=("bob@home.example",))
    orders.sell(more(booking, name="Bobby", emails=("bob@home.example",)))

    path = f"{BOOKINGS}/customers/{other['customer_id']}"
    assert [one["name"] for one in orders.bench.as_("office").get(path).get_json()["contacts"]] == ["Bob"]


def test_a_hold_for_the_right_to_cancel_lasts_as_long_as_that_of_what_was_sold_meanwhile(orders: Orders) -> None:
    now = orders.bench.clock()
    booking = orders.ready(cancel_until=now + timedelta(days=3))
    longer = orders.sell(more(booking, cancel_until=now + timedelta(days=5)))
    assert datetime.fromisoformat(longer["hold"]["until"]) == now + timedelta(days=5)

    for days, state in ((4, "on_hold"), (2, "ready")):
        orders.bench.clock.forward(days=days)
        orders.bench.system.due()
        assert orders.see(booking["id"])["state"] == state


@pytest.mark.parametrize("state", ["draft", "ready", "assigned", "accepted", "in_progress"])
def test_what_the_customer_may_still_cancel_holds_only_what_nobody_has_begun_on(orders: Orders, state: str) -> None:
    booking = orders.in_state(state)
    after = orders.sell(more(booking, cancel_until=orders.bench.clock() + timedelta(days=5)))
    assert after["contract_total"] == "16800.00"
    assert after["state"] == ("on_hold" if state == "ready" else state)


@pytest.mark.parametrize("by", ["hand", "time"])
def test_what_was_sold_during_another_hold_may_still_be_cancelled_after_it(orders: Orders, by: str) -> None:
    now, booking = orders.bench.clock(), orders.ready()
    until = {"until": (now + timedelta(days=1)).isoformat()} if by == "time" else {}
    orders.act(booking, "hold", "office", {"reason": "permit", **until})
    orders.sell(more(booking, cancel_until=now + timedelta(days=5)))
    orders.bench.clock.forward(days=1)
    orders.bench.system.due()

    held = orders.act(booking, "release", "office") if by == "hand" else orders.see(booking["id"])

    assert (held["state"], held["hold"]["reason"]) == ("on_hold", "cancel_period")
    orders.bench.clock.forward(days=4)
    orders.bench.system.due()
    assert orders.see(booking["id"])["state"] == "ready"


def test_a_change_order_sells_nothing_else_a_second_time(orders: Orders) -> None:
    booking = orders.sell()
    extra = more(booking)
    orders.sell(extra)
    sale = orders.sale(extra.acceptance_id)
    assert (sale["state"], sale["change_order"], sale["job_id"]) == ("completed", True, booking["job_id"])
    assert [one["key"] for one in sale["steps"]] == ["customer", "job", "booking"]
    assert len(orders.bench.told("bookings", JobCreated)) == 1
    assert len(orders.bench.told("bookings", BookingCreated)) == 1
    assert orders.bench.told("bookings", CustomerMatched) == []
    assert len(orders.bench.told("bookings", SaleCompleted)) == 1
    orders.bench.tell(extra, by="estimates")
    assert orders.see(booking["id"])["contract_total"] == "16800.00"


@pytest.mark.parametrize("state", ["assigned", "accepted", "in_progress"])
def test_operations_acknowledge_what_came_after_the_assignment(orders: Orders, state: str) -> None:
    booking = orders.in_state(state)
    extra = more(booking, total="150.00")
    after = orders.sell(extra)
    assert orders.bench.told("bookings", BookingChangeOrdered)[0].data["acknowledge_by"]
    assert after["parts"][1]["acknowledged_at"] is None

    path = f"change-orders/{extra.acceptance_id}/acknowledge"
    done = orders.act(booking, path, "operations")
    orders.act(booking, path, "operations")  # once more is no harm

    assert done["parts"][1]["acknowledged_at"]
    [told] = orders.bench.told("bookings", BookingChangeAcknowledged)
    assert told.data["acceptance_id"] == str(extra.acceptance_id)
    orders.bench.clock.forward(days=9)
    orders.bench.system.due()
    late = orders.bench.told("bookings", BookingUnacknowledged)
    assert [one for one in late if one.data["acceptance_id"]] == []


def test_work_is_not_complete_before_every_change_order_is_acknowledged(orders: Orders) -> None:
    booking = orders.in_state("in_progress")
    extra = more(booking)
    orders.sell(extra)
    shown = {one["action"]: one["ok"] for one in orders.see(booking["id"], "operations")["allowed"]}
    assert shown == {"complete": False, "acknowledge": True}
    refused = orders.act(booking, "complete", "operations", status=409)
    assert [one["pointer"] for one in refused["errors"]] == ["/change_orders"]
    orders.act(booking, f"change-orders/{extra.acceptance_id}/acknowledge", "operations")
    assert orders.act(booking, "complete", "operations")["state"] == "completed"


def test_accepting_the_work_takes_its_change_orders_in(orders: Orders) -> None:
    booking = orders.in_state("assigned")
    orders.sell(more(booking))
    assert orders.act(booking, "accept", "operations")["parts"][1]["acknowledged_at"]


def test_a_change_order_nobody_acknowledges_escalates(orders: Orders) -> None:
    booking = orders.in_state("accepted")
    extra = more(booking)
    orders.sell(extra)
    orders.bench.clock.forward(minutes=241)
    orders.bench.system.due()
    [told] = orders.bench.told("bookings", BookingUnacknowledged)
    assert told.data["acceptance_id"] == str(extra.acceptance_id)


def test_work_that_is_passed_on_with_a_change_order_is_one_thing_to_take_over(orders: Orders) -> None:
    booking = orders.accepted()
    orders.sell(more(booking))
    passed_on = orders.act(booking, "reassign", "operations", {"assignee_id": str(CAST["operations"][0])})
    orders.bench.clock.now = moment(passed_on["acknowledge_by"])
    while orders.bench.system.due():
        pass

    [told] = orders.bench.told("bookings", BookingUnacknowledged)
    assert told.data["acceptance_id"] is None


def test_returned_work_that_is_assigned_again_brings_its_change_order_along(orders: Orders) -> None:
    """Whoever gets it now gets all of it: nothing is to be acknowledged besides."""
    booking = orders.assigned()
    orders.sell(more(booking))
    orders.act(booking, "return", "operations", {"reason": "no site access"})
    orders.act(booking, "ready", "office")
    again = orders.hand(booking)
    assert again["parts"][1]["acknowledged_at"]
    orders.bench.clock.now = moment(again["acknowledge_by"])
    while orders.bench.system.due():
        pass

    [told] = orders.bench.told("bookings", BookingUnacknowledged)
    assert told.data["acceptance_id"] is None


def test_each_change_order_is_acknowledged_by_itself(orders: Orders) -> None:
    booking = orders.in_state("in_progress")
    one, two = more(booking), more(booking)
    orders.sell(one), orders.sell(two)

    after = orders.act(booking, f"change-orders/{two.acceptance_id}/acknowledge", "operations")

    assert [bool(part["acknowledged_at"]) for part in after["parts"]] == [False, False, True]
    [fault] = orders.act(booking, "complete", "operations", status=409)["errors"]
    assert fault["detail"] == f"change order {one.number} has not been acknowledged"
    orders.bench.clock.forward(days=9)
    orders.bench.system.due()
    [late] = orders.bench.told("bookings", BookingUnacknowledged)
    assert late.data["acceptance_id"] == str(one.acceptance_id)


def test_what_was_in_the_order_when_the_team_got_it_is_not_acknowledged_besides(orders: Orders) -> None:
    booking = orders.ready()
    early = more(booking)
    orders.sell(early)
    orders.act(orders.hand(booking), "accept", "operations")
    orders.act(booking, f"change-orders/{early.acceptance_id}/acknowledge", "operations", status=409)


def test_there_is_nothing_to_acknowledge_where_nothing_was_changed(orders: Orders) -> None:
    booking = orders.in_state("accepted")
    for ident in (uuid4(), booking["acceptance_ids"][0]):
        orders.act(booking, f"change-orders/{ident}/acknowledge", "operations", status=409)


def test_an_acceptance_that_names_a_running_job_is_a_change_order_of_it(orders: Orders) -> None:
    booking = orders.sell()
    after = orders.sell(acceptance(total="100.00", job_id=UUID(booking["job_id"])))
    assert (after["id"], after["contract_total"]) == (booking["id"], "8500.00")


@pytest.mark.parametrize("ended", ["completed", "cancelled"])
def test_more_on_a_job_whose_order_is_over_is_a_new_order_of_that_job(orders: Orders, ended: str) -> None:
    booking = orders.in_state(ended)
    after = orders.sell(acceptance(total="100.00", job_id=UUID(booking["job_id"])))
    assert after["id"] != booking["id"]
    assert (after["job_id"], after["contract_total"], after["state"]) == (booking["job_id"], "100.00", "draft")
    job = orders.bench.as_("office").get(f"{BOOKINGS}/jobs/{booking['job_id']}").get_json()
    assert job["status"] == "pending"
    assert len(orders.bench.told("bookings", JobCreated)) == 1


def test_another_opportunity_of_the_same_site_is_a_job_of_its_own(orders: Orders) -> None:
    first = orders.sell(same_site())
    second = orders.sell(same_site())
    assert first["customer_id"] == second["customer_id"]
    assert first["job_id"] != second["job_id"]
    assert first["id"] != second["id"]


def test_a_change_order_cannot_be_undone_by_itself_nor_the_sale_under_it(orders: Orders) -> None:
    booking = orders.sell()
    extra = more(booking)
    orders.sell(extra)
    for ident in (extra.acceptance_id, booking["acceptance_ids"][0]):
        assert orders.bench.as_("manager").post(f"{BOOKINGS}/sales/{ident}/undo").status_code == 409
    assert orders.see(booking["id"])["state"] == "draft"


def test_change_orders_before_there_is_a_job_belong_to_it_later(orders: Orders) -> None:
    admin = orders.bench.as_("admin")
    assert admin.edit("PUT", f"{BOOKINGS}/settings", {"sale_creates": "task"}).status_code == 200
    booking = orders.sell()
    extra = more(booking)
    assert orders.sell(extra)["id"] == booking["id"]
    body = {"acceptance_id": booking["acceptance_ids"][0]}
    job = orders.bench.as_("office").post(f"{BOOKINGS}/jobs", body).get_json()
    assert orders.sale(extra.acceptance_id)["job_id"] == job["id"]
