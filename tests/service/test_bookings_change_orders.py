"""More is sold on a job that is there; and orders that the office makes itself of several acceptances."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import AWAY, CAST, Bench, moment
from libs.common.contracts.bookings import (
    BookingChangeAcknowledged,
    BookingChangeOrdered,
    BookingCreated,
    BookingUnacknowledged,
)
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.parts import Address
from libs.common.contracts.sales import CustomerMatched, JobCreated, SaleCompleted
from libs.common.errors import Conflict
from services.bookings.model import Booking, Part
from tests.service.bookings_world import BOOKINGS, Orders, acceptance, material


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def more(booking: dict[str, Any], **said: Any) -> EstimateAccepted:
    """Another acceptance of the same opportunity."""
    return acceptance(opportunity_id=UUID(booking["opportunity_id"]), lead_id=UUID(booking["lead_id"]), **said)


def same_site(**said: Any) -> EstimateAccepted:
    return acceptance(emails=("ivy@home.example",), **said)


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


# -- orders made by the office


def cancelled(orders: Orders, sold: EstimateAccepted) -> dict[str, Any]:
    booking: dict[str, Any] = orders.act(orders.sell(sold), "cancel", "office", {"reason": "to be joined"})
    return booking


def book(orders: Orders, *idents: Any, by: str = "office") -> Any:
    return orders.bench.as_(by).post(BOOKINGS, {"acceptance_ids": [str(one) for one in idents]})


def test_the_office_books_several_acceptances_of_one_site_as_one_order(orders: Orders) -> None:
    one, two = same_site(total="100.10"), same_site(total="200.20")
    first, second = cancelled(orders, one), cancelled(orders, two)

    answer = book(orders, one.acceptance_id, two.acceptance_id, one.acceptance_id)

    assert answer.status_code == 201, answer.get_data(as_text=True)
    made = answer.get_json()
    assert (made["contract_total"], made["job_id"], made["state"]) == ("300.30", first["job_id"], "draft")
    assert made["acceptance_ids"] == [str(one.acceptance_id), str(two.acceptance_id)]
    assert orders.sale(two.acceptance_id)["booking_id"] == made["id"]
    for gone in (first, second):  # either job's page leads to its own order and to the one that does both
        found = orders.bench.as_("office").get(f"{BOOKINGS}?job_id={gone['job_id']}").get_json()["items"]
        assert [one["id"] for one in found] == [made["id"], gone["id"]]
    assert answer.headers["Location"].endswith(made["id"])
    again = book(orders, two.acceptance_id)
    assert again.status_code == 409
    assert made["number"] in again.get_json()["errors"][0]["detail"]


def test_what_keeps_acceptances_apart_is_named_all_at_once(orders: Orders) -> None:
    one = same_site()
    other = acceptance(name="Bob", site=Address(line1="9 Elm St", postal_code="37201"), currency="EUR")
    cancelled(orders, one), orders.sell(other)
    refused = book(orders, one.acceptance_id, other.acceptance_id)
    assert refused.status_code == 409
    said = " ".join(fault["detail"] for fault in refused.get_json()["errors"])
    for word in ("part of booking order", "another customer", "another site", "EUR"):
        assert word in said


def test_unknown_and_foreign_acceptances_are_named(orders: Orders) -> None:
    away = acceptance(branch=AWAY)
    orders.bench.tell(away, by="estimates")
    refused = book(orders, uuid4(), away.acceptance_id)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.get_json()["errors"]] == ["/acceptance_ids/0", "/acceptance_ids/1"]
    assert orders.bench.as_("office").post(BOOKINGS, {"acceptance_ids": []}).status_code == 422
    for who in ("csr", "salesperson", "operations", "auditor", "admin"):
        assert book(orders, uuid4(), by=who).status_code == 403


def test_nothing_is_made_here_of_what_another_branch_sold(orders: Orders) -> None:
    office, away, booking = orders.bench.as_("office"), acceptance(branch=AWAY), orders.sell()
    orders.bench.tell(away, by="estimates")
    [theirs] = orders.bench.as_("auditor").items(f"{BOOKINGS}?acceptance_id={away.acceptance_id}")
    sold, ours = {"acceptance_id": str(away.acceptance_id)}, {"acceptance_id": booking["acceptance_ids"][0]}

    orders.act(booking, "change-orders", "office", sold, status=404)
    orders.act(theirs, "change-orders", "office", ours, status=404)
    assert office.post(f"{BOOKINGS}/jobs", sold).status_code == 404
    assert office.get(f"{BOOKINGS}/jobs/name-preview", query_string=sold).status_code == 404


def test_an_undone_sale_is_not_booked_again(orders: Orders) -> None:
    sold = acceptance()
    orders.sell(sold)
    orders.bench.as_("manager").post(f"{BOOKINGS}/sales/{sold.acceptance_id}/undo")
    refused = book(orders, sold.acceptance_id)
    assert refused.status_code == 409
    assert "undone" in refused.get_json()["errors"][0]["detail"]


def test_what_was_sold_of_another_opportunity_is_no_change_order_of_this_one(orders: Orders) -> None:
    booking, other = orders.sell(same_site(total="100.00")), same_site(total="50.00")
    cancelled(orders, other)

    refused = orders.act(booking, "change-orders", "office", {"acceptance_id": str(other.acceptance_id)}, status=409)

    [fault] = refused["errors"]
    assert (fault["pointer"], fault["detail"]) == ("/acceptance_id", f"{other.number} was sold on another job")
    assert orders.see(booking["id"])["contract_total"] == "100.00"


def test_the_office_adds_an_acceptance_to_an_order_of_its_job(orders: Orders) -> None:
    one = same_site(total="100.00")
    first = cancelled(orders, one)
    two = more(first, total="50.00")
    cancelled(orders, two)
    booking = book(orders, one.acceptance_id).get_json()
    body = {"acceptance_id": str(two.acceptance_id)}
    after = orders.act(booking, "change-orders", "office", body)
    assert after["contract_total"] == "150.00"
    orders.act(booking, "change-orders", "office", body, status=409)
    orders.act(booking, "change-orders", "office", {"acceptance_id": str(uuid4())}, status=404)
    stranger = acceptance(name="Bob", site=Address(line1="9 Elm St", postal_code="37201"))
    cancelled(orders, stranger)
    refused = orders.act(booking, "change-orders", "office", {"acceptance_id": str(stranger.acceptance_id)}, status=409)
    assert len(refused["errors"]) == 3


def test_the_database_itself_keeps_an_acceptance_in_one_live_order(orders: Orders) -> None:
    booking = orders.sell()
    store = orders.bench.system.parts["bookings"].store
    with pytest.raises(Conflict), store.begin() as tx:
        mine = tx.get(Booking, UUID(booking["id"])).parts[0]
        values = {name: getattr(mine, name) for name in Part.__table__.columns.keys()}  # noqa: SIM118 - columns
        other = tx.new(
            Booking, number="BO-X", title="x", customer_id=UUID(booking["customer_id"]), customer_name="x",
            opportunity_id=uuid4(), lead_id=uuid4(), currency="USD",
        )  # fmt: skip
        tx.session.flush()
        tx.session.add(Part(**(values | {"booking_id": other.id})))
