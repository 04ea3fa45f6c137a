"""What is as long as may be typed, or as much: every database's own test file brings a ``funnel`` fixture."""

import random
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common.amounts import LARGEST_SUM
from services.bookings.model import Booking
from services.console.model import Card, Estimate
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

    def test_what_no_longer_fits_an_orders_total_is_an_order_of_its_own(self, funnel: Funnel) -> None:
        opportunity = funnel.opportunity()
        further = [funnel.sent("1.00", opportunity)]
        for total in ("0.01", "0.02"):
            estimate = funnel.do("salesperson", "/estimates", {"opportunity_id": opportunity})["id"]
            funnel.price(estimate, total)
            sent = funnel.do("salesperson", f"/estimates/{estimate}/send", {"to": ["customer@example.com"]})
            further.append((estimate, sent["share_url"].rpartition("/")[2]))
        funnel.accept(further[0][1])
        full = funnel.one(f"/bookings?opportunity_id={opportunity}")
        self._set(funnel, "bookings", sa.update(Booking), contract_total=LARGEST_SUM - Decimal("0.01"))

        extra = funnel.accept(further[2][1])

        [own] = [one for one in funnel.as_("office").items(f"{API}/bookings") if one["id"] != full["id"]]
        assert (own["acceptance_ids"], own["job_id"], own["contract_total"]) == ([extra], full["job_id"], "0.02")
        funnel.do("office", f"/bookings/{own['id']}/cancel", {"reason": "to be joined"})
        refused = funnel.as_("office").post(f"{API}/bookings/{full['id']}/change-orders", {"acceptance_id": extra})
        assert refused.status_code == 409, refused.get_data(as_text=True)
        assert "has room for" in refused.get_json()["errors"][0]["detail"]
        self._set(
            funnel, "bookings", sa.update(Booking).where(Booking.id == UUID(full["id"])), contract_total=Decimal(1)
        )
        funnel.accept(further[1][1])  # and what fits is added, as ever
        assert len(funnel.see(f"/bookings/{full['id']}")["acceptance_ids"]) == 2

    def test_what_board_and_reports_add_up_is_exact_however_much_it_is(self, funnel: Funnel) -> None:
        for _ in range(2):
            funnel.booked()
        offered = [funnel.opportunity() for _ in range(2)]
        for one in offered:
            funnel.sent("1.00", one)
        most, twice, four = 5 * 10**18 + 1, "100000000000000000.02", "200000000000000000.04"
        cards = dict.fromkeys(("contract_total", "estimate_total", "estimate_total_max"), most)
        self._set(funnel, "console", sa.update(Card), **cards)

        board = funnel.see("/pipeline/board", "manager")["lanes"]
        sums = {one["key"]: one["sums"][0] for one in board if one["sums"]}
        assert {(one["value"], one["weighted"]) for one in sums.values()} == {
            (twice, "100000000000000000.0200"),
            (twice, "60000000000000000.0120"),
        }
        for one in offered:
            funnel.do("salesperson", f"/opportunities/{one}/lose", {"reason": "price", "void_offers": True})
        self._set(funnel, "console", sa.update(Card), **cards)
        estimates = dict.fromkeys(("total", "accepted_total", "list_price", "discount"), most)
        self._set(funnel, "console", sa.update(Estimate), **estimates, state="sent")
        for name, column, amount in (
            ("funnel", "value", twice), ("close-rate", "value", twice), ("lost-reasons", "value", twice),
            ("estimate-ageing", "value", four), ("discounts", "list_price", four), ("discounts", "discount", four),
        ):  # fmt: skip
            rows = funnel.see(f"/pipeline/reports/{name}", "manager")["rows"]
            shown = [one[column] for one in rows if one[column]]
            assert shown in ([amount], [[{"currency": "USD", "amount": amount}]]), name

    @staticmethod
    def _set(funnel: Funnel, service: str, statement: Any, **values: Any) -> None:
        """What would take thousands of the highest prices to come to."""
        with funnel.bench.system.parts[service].store.begin() as tx:
            tx.execute(statement.values(**values))

    def test_a_task_of_more_hours_than_a_price_book_holds_is_named_in_the_report(self, funnel: Funnel) -> None:
        book = funnel.do("admin", "/estimates/price-books", {"name": "2026"})
        rows = b"code,name,unit_price,hours\nA1,Pump,1,999999999.999\nA2,Boiler,1,1000000000\n"
        path = f"{API}/estimates/price-books/{book['id']}/import"
        report = funnel.as_("admin").call("POST", path, data={"file": (BytesIO(rows), "book.csv")}).get_json()
        assert (report["created"], [one["line"] for one in report["rejected"]]) == (1, [3])
        assert "hours" in report["rejected"][0]["errors"][0]
