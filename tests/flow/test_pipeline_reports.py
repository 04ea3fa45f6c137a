"""Reports: they agree with the services' own records, and every number leads to the cards that it counts."""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from bench.reckoning import reckon
from embedded.testing import CAST, Bench
from tests.flow.busy import worked
from tests.flow.funnel import API, Funnel
from tests.service.console_reader import Reader

pytestmark = pytest.mark.xdist_group("figures")  # one worker makes the company, and not each of them

EVERY = (
    "funnel", "close-rate", "response-time", "time-in-stage", "lost-reasons", "discounts", "hand-over",
    "estimate-ageing", "campaign-return",
)  # fmt: skip
#: a funnel was sold to three times and handed over twice: its card stands for all of them
SEVERAL = {
    ("discounts", "accepted"): 2,
    ("hand-over", "handed_over"): 1,
    ("hand-over", "accepted"): 1,
}
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
    for name in EVERY:
        shown = admin.get(f"{REPORTS}/{name}").get_json()
        assert shown["rows"], name
        counted = [column for column in shown["columns"] if column["kind"] == "count"]
        for row in shown["rows"]:
            for column in counted:
                ask = row["cards"] | (column["asks"] or {})
                found = admin.get(f"{API}/pipeline/cards", query_string=_asked(ask)).get_json()
                funnels, number = len(found["items"]), row[column["key"]]
                again = name == "time-in-stage" and column["key"] == "stays" and 0 < funnels < number
                assert again or funnels == number - SEVERAL.get((name, column["key"]), 0), (name, row, column)


def _asked(ask: dict[str, Any]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in ask.items()}


def test_the_first_page_says_what_the_reports_do_and_each_of_its_numbers_leads_to_its_cards(busy: Funnel) -> None:
    def rows(name: str) -> Any:
        return busy.as_("admin").get(f"{REPORTS}/{name}").get_json()["rows"]

    def total(name: str, key: str) -> int:
        return sum(row[key] or 0 for row in rows(name))

    reader = Reader(busy.bench, "admin")
    page = reader.open("/reports")
    won, lost, closed = total("close-rate", "won"), total("close-rate", "lost"), Decimal(0)
    closed = sum((Decimal(one["amount"]) for row in rows("close-rate") for one in row["value"]), closed)
    for said in (
        f"{won} of {won + lost} Sold ${closed:,.2f} ",
        f"{total('response-time', 'in_time')} of {total('response-time', 'answered')} answered ",
        f"Handed to operations {total('funnel', 'handed_over')} ",
        f"Of {total('funnel', 'leads')} enquiries {total('funnel', 'won')} were won. ",
    ):
        assert said in page.text, said
    line = (
        r'<th scope="row">([^<]+)</th><td class="r num"><a href="([^"]+)">(\d+)</a></td><td class="r num">(\d+) %</td>'
    )
    steps = re.findall(line + r'<td class="r num">(\d+)</td>', page.html)
    keys, before = ("leads", "opportunities", "priced", "won", "booked", "handed_over"), total("funnel", "leads")
    assert [int(one[2]) for one in steps] == [total("funnel", key) for key in keys]
    for label, cards, count, percent, left in steps:
        number = int(count)
        assert (int(left), int(percent)) == (before - number, round(100 * number / total("funnel", "leads"))), label
        assert len(re.findall(r'<li><div><(a|b) class="t"', reader.open(unescape(cards)).html)) == number, label
        before = number


def test_a_reports_picture_draws_the_numbers_of_its_table(busy: Funnel) -> None:
    drawn = {"close-rate": "rate", "lost-reasons": "lost"}
    bar = r'<rect class="bar" width="([^"]+)" height="10"/></svg><b class="num">([^<]+)</b>'
    for name, key in drawn.items():
        rows = busy.as_("admin").get(f"{REPORTS}/{name}").get_json()["rows"]
        values = [Decimal(row[key] or 0) for row in rows]
        top = Decimal(100) if key == "rate" else max(values)
        found = re.findall(bar, Reader(busy.bench, "admin").open(f"/reports/{name}").html)
        unit = " %" if key == "rate" else ""
        assert found == [(str(float(one * 100 / top)), f"{one}{unit}") for one in values], name


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
    prices = ("999.99", "19.99", "99.99", "4321.00", "555.55", "250.25", "75.00")
    assert Decimal(row["List price"]) == sum(Decimal(one) for one in prices)
    assert Decimal(row["Discount"]) == Decimal("50.00") + Decimal("24.25")
    assert (row["person"], row["Accepted"], row["With a discount"]) == ("salesperson", "6", "1")


def test_a_spreadsheet_can_add_up_what_a_report_says_was_sold(busy: Funnel) -> None:
    answer = busy.as_("admin").get(f"{REPORTS}/funnel?format=csv")

    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    shown = busy.as_("admin").get(f"{REPORTS}/funnel").get_json()["rows"]
    sold = [Decimal(one["amount"]) for row in shown for one in row["value"]]
    assert sum(Decimal(row["Value won USD"] or 0) for row in rows) == sum(sold) > 0


def test_what_no_report_is_called_or_divided_by_is_said(busy: Funnel) -> None:
    admin = busy.as_("admin")
    assert admin.get(f"{REPORTS}/profit").status_code == 404
    refused = admin.get(f"{REPORTS}/discounts?by=source")
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == "?by"
    names = [one["name"] for one in admin.get(REPORTS).get_json()["items"]]
    assert names[:2] == ["funnel", "close-rate"]


def test_what_is_sold_on_top_leaves_the_first_sale_in_its_time_and_has_days_of_its_own(funnel: Funnel) -> None:
    """A change order, and an order of its own after the work, each some days after the one before."""
    first = funnel.booked("1000.00")
    funnel.bench.clock.forward(days=2)
    funnel.assigned(first["id"])
    since = funnel.bench.clock.forward(days=1)
    opportunity = first["opportunity_id"]

    _sell_more(funnel, opportunity)
    for act in ("accept", "start", "complete"):
        funnel.do("operations", f"/bookings/{first['id']}/{act}")
    funnel.bench.clock.forward(days=4)
    _sell_more(funnel, opportunity)
    [own] = funnel.as_("office").items(f"{API}/bookings?opportunity_id={opportunity}&state=draft")
    funnel.bench.clock.forward(days=4)
    funnel.assigned(own["id"])

    manager = funnel.as_("manager")
    later = manager.get(f"{REPORTS}/close-rate", query_string={"since": since.isoformat()}).get_json()
    earlier = manager.get(f"{REPORTS}/close-rate", query_string={"until": since.isoformat()}).get_json()
    assert ([one["won"] for one in earlier["rows"]], later["rows"]) == ([1], [])
    [handed] = manager.get(f"{REPORTS}/hand-over").get_json()["rows"]
    assert (handed["handed_over"], handed["until_handed_over"]) == (2, "3.0")


def _sell_more(funnel: Funnel, opportunity: str) -> None:
    more = funnel.do("salesperson", "/estimates", {"opportunity_id": opportunity})["id"]
    funnel.price(more, "500.00")
    sent = funnel.do("salesperson", f"/estimates/{more}/send", {"to": ["customer@example.com"]})
    funnel.accept(sent["share_url"].rpartition("/")[2])


def test_an_order_whose_sale_was_undone_was_handed_over_after_its_own_acceptance(funnel: Funnel) -> None:
    """Not before that of what was sold instead; and it was so when a team first had it, whoever got it then."""
    first = funnel.booked("1000.00")
    funnel.bench.clock.forward(days=1)
    funnel.assigned(first["id"])
    funnel.bench.clock.forward(days=3)
    funnel.do("manager", f"/bookings/{first['id']}/reassign", {"assignee_id": str(CAST["operations"][0])})
    funnel.do("office", f"/bookings/sales/{first['acceptance_ids'][0]}/undo", {"reason": "another pump"})
    _sell_more(funnel, first["opportunity_id"])

    [handed] = funnel.as_("manager").get(f"{REPORTS}/hand-over").get_json()["rows"]
    assert (handed["handed_over"], handed["until_handed_over"]) == (1, "1.0")


def test_what_is_sold_in_several_orders_is_won_in_sum_and_done_though_one_is_cancelled(funnel: Funnel) -> None:
    first = funnel.booked("1000.00")
    funnel.assigned(first["id"])
    for act in ("accept", "start", "complete"):
        funnel.do("operations", f"/bookings/{first['id']}/{act}")

    def stands(lane: str, worth: str) -> None:
        card = funnel.one("/pipeline/cards")
        [row] = funnel.see("/pipeline/reports/funnel", "manager")["rows"]
        assert (card["lane"], card["value"]) == (lane, worth)
        assert row["value"] == [{"currency": "USD", "amount": worth}]
        assert (row["won"], row["booked"]) == (1, 1)

    stands("booking.completed", "1000.00")
    _sell_more(funnel, first["opportunity_id"])
    stands("booking.draft", "1500.00")
    [own] = funnel.as_("office").items(f"{API}/bookings?opportunity_id={first['opportunity_id']}&state=draft")
    funnel.do("manager", f"/bookings/{own['id']}/cancel", {"reason": "out of stock"})
    stands("booking.completed", "1500.00")
    funnel.do("office", f"/bookings/sales/{own['acceptance_ids'][0]}/undo", {"reason": "out of stock"})
    stands("booking.completed", "1000.00")


def test_an_order_that_has_the_card_again_is_waited_for_as_before_until_it_is_taken_over(funnel: Funnel) -> None:
    first = funnel.booked("1000.00")
    funnel.do("manager", f"/bookings/{first['id']}/cancel", {"reason": "out of stock"})
    _sell_more(funnel, first["opportunity_id"])
    second = funnel.assigned(funnel.one(f"/bookings?opportunity_id={first['opportunity_id']}&state=draft")["id"])
    anew = funnel.do("office", "/bookings", {"acceptance_ids": first["acceptance_ids"]})
    assert funnel.one("/pipeline/cards")["booking_id"] == anew["id"]
    funnel.do("manager", f"/bookings/{anew['id']}/cancel", {"reason": "out of stock"})

    card = funnel.one("/pipeline/cards")
    assert (card["booking_id"], card["take_over_by"]) == (second["id"], second["acknowledge_by"])

    funnel.do("operations", f"/bookings/{second['id']}/accept")
    card = funnel.see(f"/pipeline/cards/{card['id']}")
    assert {one["acknowledge_by"] for one in (card, *card["bookings"])} == {None}


def test_orders_that_no_team_has_any_more_are_a_row_that_leads_to_them_alone(funnel: Funnel) -> None:
    funnel.assigned(funnel.booked()["id"])
    back = funnel.assigned(funnel.booked()["id"])
    funnel.do("operations", f"/bookings/{back['id']}/return", {"reason": "no access"})
    funnel.do("office", f"/bookings/{back['id']}/ready")

    rows = funnel.as_("manager").get(f"{REPORTS}/hand-over").get_json()["rows"]
    assert [(one["handed_over"], one["by"] is None) for one in rows] == [(1, True), (1, False)]
    for row in rows:
        listed = funnel.as_("manager").get(f"{API}/pipeline/cards", query_string=_asked(row["cards"])).get_json()
        assert [one["booking_id"] == back["id"] for one in listed["items"]] == [row["by"] is None]
