"""The right price to the cent (R22): the domain's fixtures, the corners, and what is refused."""

from decimal import Decimal
from decimal import Decimal as D  # noqa: N817  # many amounts, short lines

import pytest

from libs.common.money import (
    Deposit,
    Discount,
    Line,
    MoneyError,
    TaxMode,
    as_text,
    exponent,
    line_amount,
    option_totals,
    spread,
)

RATES = {"exempt": D(0), "reduced": D("0.0675"), "full": D("0.0925"), "vat19": D("0.19"), "vat20": D("0.20")}
CENT = D("0.01")


def line(qty: str, price: str, code: str | None = "full", **more: Decimal | bool) -> Line:
    return Line(qty=D(qty), unit_price=D(price), tax_code=code, **more)  # type: ignore[arg-type]


# the fixtures of the domain


def test_a_line_discount_then_tax() -> None:
    totals = option_totals(
        [line("16", "348.35", "vat22", discount_percent=D(4))], rates={"vat22": D("0.22")}, currency="USD"
    )

    assert (totals.net, totals.tax, totals.total) == (D("5350.66"), D("1177.15"), D("6527.81"))


@pytest.mark.parametrize(("mode", "tax"), [("document", "37.05"), ("line", "37.06")])
def test_tax_is_rounded_once_a_document_or_once_a_line(mode: TaxMode, tax: str) -> None:
    three = [line("1", price, "vat19") for price in ("97.50", "65", "32.50")]

    assert option_totals(three, rates=RATES, tax_mode=mode, currency="USD").tax == D(tax)


def test_half_a_cent_goes_up() -> None:
    assert line_amount(line("9.5", "124.75"), "USD") == D("1185.13")


@pytest.mark.parametrize("mode", ["document", "line"])
def test_tax_is_taken_out_of_an_inclusive_price(mode: TaxMode) -> None:
    totals = option_totals([line("1", "69.99", "vat20")], rates=RATES, inclusive=True, tax_mode=mode, currency="USD")

    assert (totals.net, totals.tax, totals.total) == (D("58.33"), D("11.66"), D("69.99"))


@pytest.mark.parametrize(("price", "deposit"), [("4500", "450.00"), ("25000", "1000.00")])
def test_a_capped_deposit_is_ten_percent_up_to_a_thousand(price: str, deposit: str) -> None:
    totals = option_totals([line("1", price, None)], deposit=Deposit(percent=D(10), capped=True), currency="USD")

    assert (totals.deposit, totals.balance) == (D(deposit), D(price) - D(deposit))


def test_a_whole_discount_leaves_nothing_and_no_margin() -> None:
    totals = option_totals(
        [line("1", "4500", cost=D(900))], rates=RATES, discount=Discount(percent=D(100)), currency="USD"
    )

    assert as_text(totals.total, "USD") == "0.00"
    assert (totals.net, totals.tax, totals.margin) == (D(0), D(0), None)


# corners


def test_a_document_discount_comes_off_before_tax_and_untaxed_lines_take_their_part() -> None:
    lines = [line("1", "100", "vat20"), line("1", "100", "vat20", taxable=False)]

    totals = option_totals(lines, rates=RATES, discount=Discount(amount=D(20)), currency="USD")

    assert (totals.net, totals.tax, totals.total) == (D(180), D(18), D(198))
    assert [part.taxable for part in totals.taxes] == [D(90)]


def test_the_last_line_takes_the_remainder_of_the_discount() -> None:
    totals = option_totals([line("1", "10")] * 3, rates=RATES, discount=Discount(amount=D(1)), currency="USD")

    assert [one.discount for one in totals.lines] == [D("0.33"), D("0.33"), D("0.34")]


def test_a_remainder_that_does_not_fit_the_last_line_goes_to_the_one_before() -> None:
    free_at_the_end = [line("1", "33.33"), line("1", "33.33"), line("1", "33.34"), line("1", "0")]

    totals = option_totals(free_at_the_end, rates=RATES, discount=Discount(amount=D("0.04")), currency="USD")

    assert [one.discount for one in totals.lines] == [D("0.01"), D("0.01"), D("0.02"), D("0.00")]


def test_shares_that_all_round_up_never_add_up_to_more_than_there_is() -> None:
    assert spread(D("0.02"), [CENT] * 4, "USD") == [CENT, CENT, 0, 0]


def test_a_discount_on_inclusive_prices_includes_its_tax() -> None:
    totals = option_totals(
        [line("1", "120", "vat20")], rates=RATES, discount=Discount(amount=D(12)), inclusive=True, currency="USD"
    )

    assert (totals.subtotal, totals.discount, totals.total) == (D(120), D(12), D(108))
    assert (totals.net, totals.tax) == (D(90), D(18))


def test_a_line_discount_never_makes_a_line_negative() -> None:
    assert line_amount(line("1", "10", discount_amount=D("10.01")), "USD") == 0


def test_taxes_are_told_apart_by_code_and_exempt_is_told_too() -> None:
    lines = [line("1", "100"), line("2", "50", "exempt"), line("1", "10", "reduced"), line("1", "7", None)]

    totals = option_totals(lines, rates=RATES, currency="USD")

    assert [(part.code, part.taxable, part.tax) for part in totals.taxes] == [
        ("exempt", D(100), D(0)),
        ("full", D(100), D("9.25")),
        ("reduced", D(10), D("0.68")),
    ]
    assert totals.total == D("226.93")


def test_chosen_add_ons_count_as_lines() -> None:
    totals = option_totals([line("1", "100")], add_ons=[line("1", "20")], rates=RATES, currency="USD")

    assert totals.subtotal == D(120)


def test_an_option_without_lines_costs_nothing() -> None:
    totals = option_totals([], currency="USD")

    assert (as_text(totals.subtotal, "USD"), as_text(totals.balance, "USD"), totals.taxes) == ("0.00", "0.00", ())


def test_margin_is_what_is_left_of_the_net_and_unknown_without_costs() -> None:
    lines = [line("2", "100", cost=D(40)), line("1", "50")]
    assert option_totals(lines, rates=RATES, currency="USD").margin == D("0.6800")
    assert option_totals([line("1", "50", cost=D(60))], rates=RATES, currency="USD").margin == D("-0.2000")
    assert option_totals([line("1", "50")], rates=RATES, currency="USD").margin is None


def test_a_margin_that_is_hardly_negative_is_no_minus_zero() -> None:
    lines = [line("1.152", "173.6502", cost=D("173.6589"))]
    assert str(option_totals(lines, rates=RATES, currency="USD").margin) == "0.0000"


@pytest.mark.parametrize(("currency", "text"), [("JPY", "1235"), ("USD", "1234.50"), ("KWD", "1234.500")])
def test_amounts_have_the_decimals_of_their_currency(currency: str, text: str) -> None:
    totals = option_totals([line("1", "1234.5", None)], currency=currency)

    assert as_text(totals.total, currency) == text
    assert totals.total.as_tuple().exponent == -exponent(currency)


def test_there_is_no_negative_zero() -> None:
    assert as_text(D("-0.001"), "USD") == "0.00"
    assert as_text(option_totals([line("-0", "-0.00")], rates=RATES, currency="USD").total, "USD") == "0.00"


def test_large_quantities_times_fine_prices_are_exact() -> None:
    dear = line("999999.999", "99999.9999", discount_percent=D("0.0001"))

    assert line_amount(dear, "USD") == D("99999899800.00")


# refusals


@pytest.mark.parametrize(
    ("lines", "more", "pointers"),
    [
        ([line("-1", "10")], {}, ["/options/0/lines/0/qty"]),
        ([line("1", "10"), line("1.0001", "-1")], {}, ["/options/0/lines/1/qty", "/options/0/lines/1/unit_price"]),
        ([line("1", "1e1000000")], {}, ["/options/0/lines/0/unit_price"]),
        ([line("NaN", "Infinity")], {}, ["/options/0/lines/0/qty", "/options/0/lines/0/unit_price"]),
        ([line("1", "1e-1000000")], {}, ["/options/0/lines/0/unit_price"]),
        ([line("1", "10", discount_percent=D(101))], {}, ["/options/0/lines/0/discount_percent"]),
        ([line("1", "10", discount_amount=D("0.001"))], {}, ["/options/0/lines/0/discount_amount"]),
        ([line("1", "1", discount_percent=D(1), discount_amount=D(1))], {}, ["/options/0/lines/0/discount_amount"]),
        ([line("1", "10", "nowhere")], {}, ["/options/0/lines/0/tax_code"]),
        ([line("1", "10")], {"add_ons": [line("1", "-1")]}, ["/options/0/add_ons/0/unit_price"]),
        ([line("1", "10")], {"discount": Discount(amount=D("10.01"))}, ["/discount/amount"]),
        ([line("1", "10")], {"discount": Discount(percent=D(-1))}, ["/discount/percent"]),
        ([line("1", "10")], {"discount": Discount(D(1), D(1))}, ["/discount/amount"]),
        ([line("1", "10")], {"deposit": Deposit(amount=D("10.94"), capped=True)}, ["/deposit/amount"]),
        ([line("1", "10")], {"deposit": Deposit(percent=D("100.01"))}, ["/deposit/percent"]),
        ([line("1", "10")], {"rates": {"full": D("9.25")}}, ["/rates/full"]),
        ([line("99999999", "99999")], {}, ["/options/0/lines"]),
        ([line("99999999", "99999", discount_percent=D(100))], {}, ["/options/0/lines"]),
        ([line("1", "10")], {"currency": "usd"}, ["/currency"]),
    ],
)
def test_what_cannot_be_priced_is_refused_and_every_fault_is_named(
    lines: list[Line], more: dict[str, object], pointers: list[str]
) -> None:
    with pytest.raises(MoneyError) as refusal:
        option_totals(lines, **({"rates": RATES, "currency": "USD", "at": "/options/0"} | more))  # type: ignore[arg-type]

    assert [fault.pointer for fault in refusal.value.errors] == pointers
    assert refusal.value.status == 422


def test_more_than_there_is_cannot_be_spread() -> None:
    with pytest.raises(ValueError, match="cannot be spread"):
        spread(D(2), [D(1)], "USD")
