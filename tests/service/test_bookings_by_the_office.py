"""Booking orders that the office makes itself, of one acceptance or of several of one site."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import AWAY, Bench
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.parts import Address
from libs.common.errors import Conflict
from services.bookings.model import Booking, Part
from tests.service.bookings_world import BOOKINGS, Orders, acceptance, more, same_site


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


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
