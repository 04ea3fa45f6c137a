"""Writing an estimate: right to the cent, and never over somebody else's change."""

from collections.abc import Callable
from typing import Any

import pytest

from embedded.testing import Bench
from libs.common.contracts.estimates import EstimateDrafted, EstimateSelected
from tests.service.estimate_world import (
    ESTIMATES,
    PUMP,
    act,
    converted,
    drafted,
    priced,
    seen,
    sent,
    set_rules,
    set_taxes,
    write,
)


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    made = bench("estimates")
    set_taxes(made)
    return made


def line(qty: str, price: str, code: str | None = "t0", **more: Any) -> dict[str, Any]:
    return {"description": "Work", "qty": qty, "unit_price": price} | ({"tax_code": code} if code else {}) | more


def test_conversion_drafts_one_estimate_and_selects_it_however_often_it_is_told(estimates: Bench) -> None:
    event = converted(estimates)
    [row] = estimates.as_("salesperson").items(f"{ESTIMATES}?opportunity_id={event.subject}")

    assert row["number"].startswith("EST-")
    assert (row["state"], row["revision"], row["selected"], row["currency"]) == ("draft", 1, True, "USD")
    assert row["lead_id"] == str(event.lead_id)
    [told] = estimates.told("estimates", EstimateDrafted)
    assert told.data["on_conversion"] is True
    assert told.correlationid == event.lead_id
    assert len(estimates.told("estimates", EstimateSelected)) == 1


def test_a_new_estimate_is_selected_from_every_client(estimates: Bench) -> None:
    event = converted(estimates)
    answer = estimates.as_("salesperson").post(ESTIMATES, {"opportunity_id": str(event.subject)})

    assert answer.status_code == 201, answer.get_data(as_text=True)
    rows = estimates.as_("salesperson").items(f"{ESTIMATES}?opportunity_id={event.subject}")
    assert [(row["id"] == answer.get_json()["id"], row["selected"]) for row in rows] == [(True, True), (False, False)]
    last = estimates.told("estimates", EstimateSelected)[-1]
    assert last.data["previous_estimate_id"] == rows[1]["id"]

    again = act(estimates, rows[1]["id"], "select")
    assert again.get_json()["selected"] is True
    assert act(estimates, rows[1]["id"], "select").status_code == 200
    assert len(estimates.told("estimates", EstimateSelected)) == 3


@pytest.mark.parametrize(
    ("lines", "more", "wanted"),
    [
        (
            [line("16", "348.35", "t22", discount_percent="4")],
            {},
            {"net": "5350.66", "tax": "1177.15", "total": "6527.81"},
        ),
        ([line("1", one, "t19") for one in ("97.50", "65.00", "32.50")], {"tax_mode": "document"}, {"tax": "37.05"}),
        ([line("1", one, "t19") for one in ("97.50", "65.00", "32.50")], {"tax_mode": "line"}, {"tax": "37.06"}),
        ([line("9.5", "124.75")], {}, {"total": "1185.13"}),
        (
            [line("1", "69.99", "t20")],
            {"prices_include_tax": True},
            {"net": "58.33", "tax": "11.66", "total": "69.99"},
        ),
        (
            [line("1", "4500.00")],
            {"deposit": {"percent": "10", "capped": True}},
            {"deposit": "450.00", "balance": "4050.00"},
        ),
        ([line("1", "25000.00")], {"deposit": {"percent": "10", "capped": True}}, {"deposit": "1000.00"}),
        (
            [line("1", "4500.00", "t22")],
            {"discount": {"percent": "100"}},
            {"net": "0.00", "tax": "0.00", "total": "0.00"},
        ),
    ],
)
def test_money_is_right_to_the_cent(
    estimates: Bench, lines: list[dict[str, Any]], more: dict[str, Any], wanted: dict[str, str]
) -> None:
    totals = priced(estimates, drafted(estimates)["id"], *lines, **more)
    assert {name: totals[name] for name in wanted} == wanted


def test_a_line_that_says_nothing_of_tax_is_not_taxed_even_where_there_is_a_default(estimates: Bench) -> None:
    set_rules(estimates, default_tax_code="t22")
    ident = drafted(estimates)["id"]

    assert priced(estimates, ident, line("1", "1.00", None))["total"] == "1.00"
    assert priced(estimates, ident, line("1", "1.00", None, taxable=True))["total"] == "1.22"


def test_a_fixed_deposit_of_the_branch_does_not_stand_in_the_way_of_a_blank_draft(estimates: Bench) -> None:
    set_rules(estimates, deposit={"amount": "500.00"})
    ident = drafted(estimates)["id"]
    assert seen(estimates, ident)["deposit"] == {"amount": "500.00"}
    assert priced(estimates, ident, PUMP)["deposit"] == "0.00"


def test_a_fixed_deposit_of_the_branch_asks_for_no_more_than_a_further_estimate_comes_to(estimates: Bench) -> None:
    set_rules(estimates, deposit={"amount": "500"})
    event = converted(estimates)
    options = [
        {"name": name, "lines": [line("1", price)]} for name, price in (("Good", "300.00"), ("Better", "900.00"))
    ]

    made = estimates.as_("salesperson").post(ESTIMATES, {"opportunity_id": str(event.subject), "options": options})

    assert made.status_code == 201, made.get_data(as_text=True)
    assert made.get_json()["deposit"] == {"amount": "300.00"}
    assert [one["totals"]["deposit"] for one in made.get_json()["options"]] == ["300.00", "300.00"]


def test_what_was_sent_can_be_revised_though_its_tax_and_so_its_total_fell_below_the_fixed_deposit(
    estimates: Bench,
) -> None:
    ident, _ = sent(estimates, line("1", "1000.00", "t22"), deposit={"amount": "1220.00"})
    tax = {"name": "Less", "rate": "0.10"}
    assert estimates.as_("admin").call("PUT", f"{ESTIMATES}/tax-codes/t22", json=tax).status_code == 200

    revised = act(estimates, ident, "revise", {"reason": "the new rate"})

    assert revised.status_code == 200, revised.get_data(as_text=True)
    totals = revised.get_json()["options"][0]["totals"]
    assert (totals["total"], totals["deposit"], totals["balance"]) == ("1100.00", "1100.00", "0.00")


def test_every_wrong_value_is_named_at_once(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    wrong = write(
        estimates,
        ident,
        line("1", "1.00", "none-such"),
        {"qty": "1"},
        {"qty": "1", "task_code": "X"},
        line("1", "2.00", None, taxable=True),
    )
    both = write(estimates, ident, line("1", "2.00", discount_percent="5", discount_amount="0.10"))
    assert [one["pointer"] for one in both.get_json()["errors"]] == ["/options/0/lines/0/discount_amount"]
    assert wrong.status_code == 422
    assert {one["pointer"] for one in wrong.get_json()["errors"]} >= {
        "/options/0/lines/0/tax_code",
        "/options/0/lines/1/unit_price",
        "/options/0/lines/1/description",
        "/options/0/lines/2/task_code",
        "/options/0/lines/3/tax_code",
    }
    for body, at in (
        ({"discount": {"percent": "101"}}, "/discount/percent"),
        ({"discount": {"percent": "5", "amount": "5.00"}}, "/discount"),
        ({"discount": {"amount": "5000.00"}}, "/discount/amount"),
        ({"deposit": {"amount": "9000.00"}}, "/deposit/amount"),
        ({"valid_until": "2020-01-01"}, "/valid_until"),
        ({"totals": {}}, "/totals"),
    ):
        answer = write(estimates, ident, line("1", "100.00"), **body)
        assert answer.status_code == 422, body
        assert at in {one["pointer"] for one in answer.get_json()["errors"]}
    assert seen(estimates, ident)["options"][0]["lines"] == []


def test_a_stale_edit_is_refused_and_one_without_an_etag_too(estimates: Bench) -> None:
    ident, sales = drafted(estimates)["id"], estimates.as_("salesperson")
    tag = sales.get(f"{ESTIMATES}/{ident}").headers["ETag"]
    body = {"options": [{"name": "S", "lines": [line("1", "1.00")]}]}

    first = sales.call("PUT", f"{ESTIMATES}/{ident}/draft", json=body, headers={"If-Match": tag})
    second = sales.call("PUT", f"{ESTIMATES}/{ident}/draft", json=body, headers={"If-Match": tag})
    none = sales.call("PUT", f"{ESTIMATES}/{ident}/draft", json=body)

    assert [first.status_code, second.status_code, none.status_code] == [200, 412, 428]
    assert first.headers["ETag"] == sales.get(f"{ESTIMATES}/{ident}").headers["ETag"] != tag


def test_notes_and_the_last_day_can_be_put_right_alone(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP)
    answer = estimates.as_("salesperson").edit("PATCH", f"{ESTIMATES}/{ident}", {"notes": "Ring first"})

    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.get_json()["notes"] == "Ring first"
    assert answer.get_json()["options"][0]["totals"]["total"] == "8400.00"


def test_a_tax_code_is_put_without_an_etag_and_old_prices_keep_their_rate(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    assert priced(estimates, ident, line("1", "100.00", "t22"))["tax"] == "22.00"
    path, admin = f"{ESTIMATES}/tax-codes/t22", estimates.as_("admin")

    assert admin.call("PUT", path, json={"name": "More", "rate": "0.25"}).status_code == 200
    assert admin.get(path).get_json()["rate"] == "0.25"
    assert seen(estimates, ident)["options"][0]["totals"]["taxes"][0]["rate"] == "0.22"
    assert admin.call("PUT", path, json={"name": "More", "rate": "1.25"}).status_code == 422
    assert estimates.as_("manager").call("PUT", path, json={"name": "x", "rate": "0"}).status_code == 403
    assert admin.get(f"{ESTIMATES}/tax-codes/none").status_code == 404
