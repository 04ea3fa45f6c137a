"""What is as long as may be typed, or as much: every database's own test file brings a ``funnel`` fixture."""

import random
from io import BytesIO
from typing import Any

import pytest

from tests.flow.funnel import API, Funnel

GROWS = "\ufdfa"  #: one letter that is eighteen where text is compared
WIDE = [chr(point) for point in range(0x20000, 0x2A6D6)]  #: four bytes each, and no two alike: nothing makes them short
MOST = {"description": "All of it", "qty": "9", "unit_price": "9999999999.9999"}  #: nearly what a price may come to


def enquiry(letters: Any) -> dict[str, Any]:
    """A lead whose every text is as long as it may be."""

    def long(length: int) -> str:
        return "".join(random.Random(length).choices(letters, k=length))

    host = ".".join(("b" * 40, "c" * 60, "d" * 60, "example"))
    names = ("person_name", "company", "source", "campaign", "service_interest")
    place = {"line1": long(200), "line2": long(200), "city": long(200), "region": long(80), "postal_code": long(20)}
    texts = {name: long(200) for name in names} | {"trade": long(40), "request": long(10_000)}
    fit = {"in_service_area": True, "trade_offered": True, "customer_type": long(40), "budget_band": long(40)}
    return {**texts, "address": place, "emails": [f"{'a' * 64}@{host}"], "fit": fit, "consent": {long(20): True}}


class Longest:
    @pytest.mark.parametrize("letters", ["N", GROWS, WIDE], ids=["plain", "that grow", "of four bytes"])
    def test_the_longest_enquiry_becomes_work_and_is_recognised_again(self, funnel: Funnel, letters: Any) -> None:
        said = enquiry(letters)
        booking = funnel.booked(opportunity=funnel.opportunity(**said))
        assert funnel.assigned(booking["id"])["state"] == "assigned"

        elsewhere = {"emails": ["other@elsewhere.example"]}
        assert [one["why"] for one in funnel.lead(**said)["duplicates"]] == ["email"]
        assert {one["why"] for one in funnel.lead(**said | elsewhere)["duplicates"]} == {"name_and_address"}
        assert funnel.lead(**said | elsewhere | {"emails": [], "address": None})["duplicates"] == []

    def test_sales_of_the_highest_price_come_to_more_in_one_order(self, funnel: Funnel) -> None:
        opportunity = funnel.opportunity()
        first = funnel.estimate(opportunity)
        second = funnel.do("salesperson", "/estimates", {"opportunity_id": opportunity})["id"]
        for estimate in (first, second):
            deposit = {"percent": "100"}
            funnel.price(estimate, options=[{"name": "Standard", "lines": [MOST]}], deposit=deposit)
            sent = funnel.do("salesperson", f"/estimates/{estimate}/send", {"to": ["customer@example.com"]})
            funnel.accept(sent["share_url"].rpartition("/")[2])

        booking = funnel.one(f"/bookings?opportunity_id={opportunity}")
        assert (booking["contract_total"], booking["deposit_due"]) == ("180000000000.00", "180000000000.00")

    def test_a_task_of_more_hours_than_a_price_book_holds_is_named_in_the_report(self, funnel: Funnel) -> None:
        book = funnel.do("admin", "/estimates/price-books", {"name": "2026"})
        rows = b"code,name,unit_price,hours\nA1,Pump,1,999999999.999\nA2,Boiler,1,1000000000\n"
        path = f"{API}/estimates/price-books/{book['id']}/import"
        report = funnel.as_("admin").call("POST", path, data={"file": (BytesIO(rows), "book.csv")}).get_json()
        assert (report["created"], [one["line"] for one in report["rejected"]]) == (1, [3])
        assert "hours" in report["rejected"][0]["errors"][0]
