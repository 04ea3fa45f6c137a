"""What holds for every price there is (R22): the books balance, nothing is negative, rounding keeps its bounds."""

from decimal import Decimal
from decimal import Decimal as D  # noqa: N817  # many amounts, short lines
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from libs.common.money import (
    Deposit,
    Discount,
    Line,
    TaxMode,
    Totals,
    as_text,
    exponent,
    option_totals,
    rounded,
    spread,
)

RATES = {"exempt": D(0), "reduced": D("0.0675"), "full": D("0.0925"), "vat20": D("0.20")}
CENT = D("0.01")
percents = st.decimals(0, 100, places=4)
line_discounts: st.SearchStrategy[dict[str, Decimal]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"discount_percent": percents}),
    st.fixed_dictionaries({"discount_amount": st.decimals(0, 500, places=2)}),
)
priced_lines = st.builds(
    lambda qty, price, code, taxable, cost, off: Line(
        qty=qty, unit_price=price, tax_code=code, taxable=taxable, cost=cost, **off
    ),
    st.decimals(0, 500, places=3),
    st.decimals(0, 2000, places=4),
    st.sampled_from([*RATES, None]),
    st.booleans(),
    st.none() | st.decimals(0, 1000, places=4),
    line_discounts,
)
options = st.lists(priced_lines, max_size=8)
discounts = st.none() | st.builds(Discount, percent=percents)
modes = st.sampled_from(["document", "line"])
currencies = st.sampled_from(["USD", "JPY", "KWD"])


def priced(lines: list[Line], **more: object) -> Totals:
    """Cents of the drawn discounts are too fine for yen, so those are rounded away."""
    currency = str(more.get("currency", "USD"))
    fit = [
        Line(**(vars(one) | {"discount_amount": one.discount_amount and rounded(one.discount_amount, currency)}))
        for one in lines
    ]
    return option_totals(fit, **({"rates": RATES, "currency": "USD"} | more))  # type: ignore[arg-type]


@given(options, discounts, modes, st.booleans(), currencies, percents, st.booleans())
def test_the_books_of_every_option_balance(
    lines: list[Line],
    discount: Discount | None,
    mode: TaxMode,
    inclusive: bool,
    currency: str,
    deposit: Decimal,
    capped: bool,
) -> None:
    totals = priced(
        lines,
        discount=discount,
        tax_mode=mode,
        inclusive=inclusive,
        currency=currency,
        deposit=Deposit(percent=deposit, capped=capped),
    )

    assert totals.net + totals.tax == totals.total
    assert totals.total == totals.subtotal - totals.discount + (0 if inclusive else totals.tax)
    assert totals.deposit + totals.balance == totals.total
    assert sum(part.tax for part in totals.taxes) == totals.tax
    assert sum(one.amount for one in totals.lines) == totals.subtotal
    assert sum(one.discount for one in totals.lines) == totals.discount
    assert sum(one.net for one in totals.lines) == totals.net
    assert sum(one.tax for one in totals.lines) == totals.tax
    amounts = [totals.subtotal, totals.discount, totals.net, totals.tax, totals.deposit, totals.balance, totals.cost]
    amounts += [part for one in totals.lines for part in vars(one).values()]
    assert all(amount >= 0 and amount == rounded(amount, currency) for amount in amounts)


@given(options, discounts, st.booleans())
def test_rounding_by_line_or_by_document_differs_by_half_a_cent_a_line_at_most(
    lines: list[Line], discount: Discount | None, inclusive: bool
) -> None:
    by_document = priced(lines, discount=discount, inclusive=inclusive, tax_mode="document")
    by_line = priced(lines, discount=discount, inclusive=inclusive, tax_mode="line")

    roundings = len(lines) + len(by_document.taxes)
    assert abs(by_document.tax - by_line.tax) <= roundings * CENT / 2


@given(options, modes, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing_but_who_takes_the_remainder(
    lines: list[Line], mode: TaxMode, inclusive: bool, random: Random
) -> None:
    mixed = list(lines)
    random.shuffle(mixed)
    plain, other = (priced(one, tax_mode=mode, inclusive=inclusive) for one in (lines, mixed))
    less, other_less = (priced(one, discount=Discount(percent=D(7)), tax_mode=mode) for one in (lines, mixed))

    assert (plain.net, plain.tax, plain.taxes, plain.margin) == (other.net, other.tax, other.taxes, other.margin)
    assert (less.discount, less.net) == (other_less.discount, other_less.net)
    assert abs(less.tax - other_less.tax) <= len(lines) * CENT


@given(options, modes)
def test_taking_tax_out_and_adding_it_again_comes_back_to_the_cent(lines: list[Line], mode: TaxMode) -> None:
    for part in priced(lines, tax_mode=mode, inclusive=True).taxes:
        assert abs(part.taxable * part.rate - part.tax) <= len(lines) * CENT


@given(options, percents, percents)
def test_a_larger_discount_never_costs_more(lines: list[Line], one: Decimal, other: Decimal) -> None:
    less, more = (priced(lines, discount=Discount(percent=each)) for each in sorted((one, other)))

    assert more.net <= less.net
    assert more.total <= less.total + len(RATES) * CENT  # the remainder may move a cent from one code to another


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20), st.data(), currencies)
def test_what_is_spread_adds_up_and_no_share_is_above_its_weight(
    sizes: list[int], data: st.DataObject, currency: str
) -> None:
    unit = D(1).scaleb(-exponent(currency))
    weights = [size * unit for size in sizes]
    amount = data.draw(st.integers(0, sum(sizes))) * unit

    shares = spread(amount, weights, currency)

    assert sum(shares) == amount
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


@given(st.decimals(-(10**9), 10**9, places=6), currencies)
def test_an_amount_written_is_the_amount_read(value: Decimal, currency: str) -> None:
    text = as_text(value, currency)

    assert as_text(D(text), currency) == text
    assert abs(D(text) - value) <= D("0.5").scaleb(-exponent(currency))
