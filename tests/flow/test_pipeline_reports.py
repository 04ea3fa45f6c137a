"""Reports: they agree with the services' own records, and every number leads to the cards that it counts."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from bench.reckoning import reckon
from embedded.testing import Bench
from tests.flow.busy import worked
from tests.flow.funnel import API, Funnel

REPORTS = f"{API}/pipeline/reports"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Funnel]:
    """These tests only look at it, so it is made once."""
    bench = Bench(tmp_path_factory.mktemp("busy"))
    yield worked(Funnel(bench))
    bench.close()


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
    assert Decimal(row["List price"]) == Decimal("999.99") + Decimal("19.99") + Decimal("99.99") + Decimal(
        "4321.00"
    ) + Decimal("555.55")
    assert Decimal(row["Discount"]) == Decimal("50.00") + Decimal("24.25")
    assert (row["person"], row["Accepted"], row["With a discount"]) == ("salesperson", "4", "1")


def test_what_no_report_is_called_or_divided_by_is_said(busy: Funnel) -> None:
    admin = busy.as_("admin")
    assert admin.get(f"{REPORTS}/profit").status_code == 404
    refused = admin.get(f"{REPORTS}/discounts?by=source")
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == "?by"
    names = [one["name"] for one in admin.get(REPORTS).get_json()["items"]]
    assert names[:2] == ["funnel", "close-rate"]
