"""The sale's customer: found again where the company knows them, made where not."""

from collections.abc import Callable
from typing import Any

import pytest

from embedded.testing import AWAY, Bench
from libs.common.contracts.parts import Address, BillTo, Contact
from libs.common.contracts.sales import CustomerChanged, CustomerCreated, CustomerMatched
from tests.service.bookings_world import BOOKINGS, Orders, acceptance, phone


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


@pytest.mark.parametrize("same", ["email", "phone", "name_and_address"])
def test_a_customer_is_found_again_by_what_the_prospect_gave(orders: Orders, same: str) -> None:
    place = Address(line1="1 Elm St", postal_code="37201")
    first = orders.sell(emails=("ivy@gmail.com",), phones=phone("+16155550142"), address=place)
    shared: dict[str, Any] = {
        "email": {"emails": ("IVY@gmail.com",)},
        "phone": {"phones": phone("+16155550142")},
        "name_and_address": {"address": Address(line1="1 Elm St.", postal_code="37201")},
    }[same]
    again = orders.sell(**shared)

    assert again["customer_id"] == first["customer_id"]
    assert again["job_id"] != first["job_id"]
    [matched] = orders.bench.told("bookings", CustomerMatched)
    assert matched.data["matched_by"] == [same]
    assert len(orders.bench.told("bookings", CustomerCreated)) == 1


def test_colleagues_with_one_company_domain_are_two_customers(orders: Orders) -> None:
    first = orders.sell(name="Ann", emails=("ann@acme.example",))
    assert orders.sell(name="Bob", emails=("bob@acme.example",))["customer_id"] != first["customer_id"]


def test_of_several_customers_that_match_the_oldest_is_taken(orders: Orders) -> None:
    oldest = orders.sell(name="Ann", emails=("ann@a.example",))
    orders.bench.clock.forward(hours=1)
    newer = orders.sell(name="Anna", phones=phone("+16155550143"))
    orders.bench.clock.forward(hours=1)

    both = orders.sell(name="Anne", emails=("ann@a.example",), phones=phone("+16155550143"))

    assert both["customer_id"] == oldest["customer_id"] != newer["customer_id"]


def test_what_a_known_customer_newly_gave_is_remembered(orders: Orders) -> None:
    first = orders.sell(emails=("ivy@home.example",))
    orders.sell(emails=("ivy@home.example", "ivy@work.example"))
    assert orders.sell(name="I. Castellan", emails=("ivy@work.example",))["customer_id"] == first["customer_id"]


def test_who_buys_at_two_branches_is_a_customer_of_the_whole_company(orders: Orders) -> None:
    first = orders.sell(emails=("ivy@home.example",))
    orders.bench.tell(acceptance(emails=("ivy@home.example",), branch=AWAY), by="estimates")
    customer = orders.bench.as_("office").get(f"{BOOKINGS}/customers/{first['customer_id']}").get_json()
    assert customer["branch"] is None
    assert orders.bench.as_("stranger").get(f"{BOOKINGS}/customers/{first['customer_id']}").status_code == 200


def test_the_customer_is_who_pays_before_who_asked_and_a_company_before_its_people(orders: Orders) -> None:
    landlord = BillTo(name="Vera Landlord")
    told: dict[str, dict[str, Any]] = {
        "Acme Heating": {"company": "Acme Heating"},
        "Vera Landlord": {"bill_to": landlord, "company": "Acme Heating"},
        "Bolt Cooling": {"bill_to": BillTo(), "company": "Bolt Cooling"},
        "Ivy Castellan": {"bill_to": BillTo()},
        "Cole Cellars": {"bill_to": BillTo(), "person_name": "", "contact": Contact(name="Bo", company="Cole Cellars")},
        "Bo": {"bill_to": BillTo(), "person_name": "", "contact": Contact(name="Bo"), "typed_name": "B. O. Diddley"},
        "B. O. Diddley": {"bill_to": BillTo(), "person_name": "", "contact": Contact(), "typed_name": "B. O. Diddley"},
    }
    assert [orders.sell(**one)["customer_name"] for one in told.values()] == list(told)


def test_whoever_reads_along_hears_how_a_customer_is_taxed(orders: Orders) -> None:
    path = f"{BOOKINGS}/customers/{orders.sell()['customer_id']}"
    [made] = orders.bench.told("bookings", CustomerCreated)
    before = orders.bench.as_("office").get(path).get_json()["tax_status"]
    answer = orders.bench.as_("office").edit("PATCH", path, {"tax_status": "exempt"})
    assert answer.status_code == 200, answer.get_data(as_text=True)

    [changed] = orders.bench.told("bookings", CustomerChanged)
    assert (made.data["tax_status"], changed.data["tax_status"]) == (before, "exempt")
    assert changed.data["changed"] == ["tax_status"]


def test_a_number_that_the_office_adds_is_one_to_dial_as_any_other(orders: Orders) -> None:
    path = f"{BOOKINGS}/customers/{orders.sell()['customer_id']}"
    ivy = {"name": "Ivy Castellan", "phones": [{"e164": "(615) 555-0142"}]}
    answer = orders.bench.as_("office").edit("PATCH", path, {"contacts": [ivy]})
    assert answer.status_code == 200, answer.get_data(as_text=True)

    number = {"e164": "+16155550142", "typed": "(615) 555-0142"}
    assert answer.get_json()["contacts"][0]["phones"] == [number]
    assert orders.bench.told("bookings", CustomerChanged)[0].data["contacts"][0]["phones"] == [number]
    assert len(orders.bench.as_("office").items(f"{BOOKINGS}/customers?q=16155550142")) == 1


def test_who_bought_often_through_many_people_can_be_corrected_like_anybody(orders: Orders) -> None:
    for number in range(22):
        booking = orders.sell(name=f"Buyer {number}", emails=("office@acme.example",), company="Acme")
    path = f"{BOOKINGS}/customers/{booking['customer_id']}"
    known = orders.bench.as_("office").get(path).get_json()["contacts"]
    assert len(known) == 22
    said = [{"name": one["name"], "emails": one["emails"]} for one in known]
    assert orders.bench.as_("office").edit("PATCH", path, {"contacts": said}).status_code == 200
