"""Reports: they agree with the services' own records, and every number leads to the cards that it counts."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from bench.reckoning import reckon
from embedded.testing import Bench
from tests.flow.funnel import API, Funnel

REPORTS = f"{API}/pipeline/reports"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Funnel]:
    """A company in the middle of its work: everything that can become of an enquiry has become of one.

    These tests only look at it, so it is made once.
    """
    bench = Bench(tmp_path_factory.mktemp("busy"))
    yield _worked(Funnel(bench))
    bench.close()


def _worked(funnel: Funnel) -> Funnel:
    funnel.lead(source="web")
    funnel.do("csr", f"/leads/{funnel.lead(source='web')['id']}/invalidate", {"reason": "spam"})
    attempt = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    answered = funnel.lead(source="radio")
    funnel.bench.clock.forward(minutes=7)
    funnel.do("csr", f"/leads/{answered['id']}/contact-attempts", attempt)
    twin, original = funnel.lead(), funnel.lead()
    funnel.do("csr", f"/leads/{original['id']}/merge", {"duplicate_id": twin["id"]})
    lost = funnel.opportunity(source="radio", campaign="spring")
    funnel.do("salesperson", f"/opportunities/{lost}/lose", {"reason": "price"})
    funnel.sent("1200.50")
    declined, _ = funnel.sent("310.00")
    funnel.do("salesperson", f"/estimates/{declined}/decline", {"reason": "price"})
    cheaper = funnel.estimate()
    line = {"description": "Furnace", "qty": "3", "unit_price": "333.33", "discount_percent": "5"}
    option = {"name": "Good", "lines": [line, {"description": "Filter", "qty": "1", "unit_price": "19.99"}]}
    path = f"{API}/estimates/{cheaper}"
    body = {"options": [option], "discount": {"percent": "2.5"}}
    assert funnel.as_("salesperson").edit("PUT", f"{path}/draft", body, read=path).status_code == 200
    sent = funnel.do("salesperson", f"/estimates/{cheaper}/send", {"to": ["customer@example.com"]})
    funnel.accept(sent["share_url"].rpartition("/")[2])
    funnel.bench.clock.forward(days=2)
    back = funnel.assigned(funnel.booked("99.99")["id"])["id"]
    funnel.do("operations", f"/bookings/{back}/return", {"reason": "no access"})
    done = funnel.assigned(funnel.booked("4321.00")["id"])["id"]
    for act in ("accept", "start", "complete"):
        funnel.do("operations", f"/bookings/{done}/{act}")
    return funnel


def test_reports_agree_with_the_services_to_the_count_and_the_cent(busy: Funnel) -> None:
    assert reckon(busy.bench.system) == []


def test_every_number_leads_to_the_cards_that_it_counts(busy: Funnel) -> None:
    admin = busy.as_("admin")
    for name in ("funnel", "close-rate", "response-time", "lost-reasons", "discounts", "hand-over", "estimate-ageing"):
        shown = admin.get(f"{REPORTS}/{name}").get_json()
        assert shown["rows"], name
        counted = [column for column in shown["columns"] if column["kind"] == "count"]
        for row in shown["rows"]:
            for column in counted[:1] if name in ("discounts", "hand-over") else counted:
                ask = row["cards"] | (column["asks"] or {})
                found = admin.get(f"{API}/pipeline/cards", query_string=_asked(ask)).get_json()
                assert len(found["items"]) == row[column["key"]], (name, row, column)


def _asked(ask: dict[str, Any]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in ask.items()}


def test_each_sees_the_reports_of_their_own_scope(busy: Funnel) -> None:
    def won(who: str) -> int:
        rows = busy.as_(who).get(f"{REPORTS}/close-rate").get_json()["rows"]
        return sum(row["won"] for row in rows)

    assert {who: won(who) for who in ("admin", "manager", "salesperson", "colleague", "stranger")} == {
        "admin": 3,
        "manager": 3,
        "salesperson": 3,
        "colleague": 0,
        "stranger": 0,
    }
    assert busy.as_("operations").get(f"{REPORTS}/funnel").status_code == 403
    assert busy.as_("technician").get(f"{REPORTS}/funnel").status_code == 403


def test_a_report_is_a_file_for_a_spreadsheet_too(busy: Funnel) -> None:
    answer = busy.as_("admin").get(f"{REPORTS}/discounts?format=csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(answer.get_data(as_text=True)))
    assert Decimal(row["List price"]) == Decimal("999.99") + Decimal("19.99") + Decimal("99.99") + Decimal("4321.00")
    assert Decimal(row["Discount"]) == Decimal("50.00") + Decimal("24.25")
    assert (row["person"], row["Accepted"], row["With a discount"]) == ("salesperson", "3", "1")


def test_what_no_report_is_called_or_divided_by_is_said(busy: Funnel) -> None:
    admin = busy.as_("admin")
    assert admin.get(f"{REPORTS}/profit").status_code == 404
    refused = admin.get(f"{REPORTS}/discounts?by=source")
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == "?by"
    names = [one["name"] for one in admin.get(REPORTS).get_json()["items"]]
    assert names[:2] == ["funnel", "close-rate"]
