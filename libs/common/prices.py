"""What the price of an option is worked out from and what it comes to, and everything that is wrong with the former."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from libs.common.amounts import MOST, exponent, number_faults, percent_or_amount_faults
from libs.common.errors import Fault

TaxMode = Literal["document", "line"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """``unit_price`` and ``cost`` are for one. Taxable without a code is taxed nothing; the service has a default."""

    qty: Decimal
    unit_price: Decimal
    description: str = ""
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    taxable: bool = True
    tax_code: str | None = None
    cost: Decimal | None = None


@dataclass(frozen=True)
class Discount:
    percent: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True)
class Deposit:
    percent: Decimal | None = None
    amount: Decimal | None = None
    capped: bool = False


@dataclass(frozen=True)
class TaxPart:
    """``taxable`` is the net that ``tax`` was worked out from, or that was left when it was taken out."""

    code: str
    rate: Decimal
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True)
class LineTotals:
    """``amount`` is the line as priced, ``discount`` its part of the document's; each adds up to the option's."""

    amount: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Totals:
    """Inclusive ``subtotal`` and ``discount`` contain tax. ``margin`` is None at net 0, and when no cost is known."""

    subtotal: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    deposit: Decimal
    balance: Decimal
    taxes: tuple[TaxPart, ...]
    lines: tuple[LineTotals, ...]
    cost: Decimal
    margin: Decimal | None


def faults(
    lines: Sequence[Line],
    add_ons: Sequence[Line],
    rates: Mapping[str, Decimal],
    discount: Discount,
    deposit: Deposit,
    currency: str,
    at: str,
) -> Iterator[Fault]:
    places = exponent(currency)
    for kind, group in (("lines", lines), ("add_ons", add_ons)):
        for number, line in enumerate(group):
            here = f"{at}/{kind}/{number}"
            yield from number_faults(f"{here}/qty", line.qty, MOST, 3)
            yield from number_faults(f"{here}/unit_price", line.unit_price, Decimal("9999999999.9999"), 4)
            yield from number_faults(f"{here}/cost", line.cost, Decimal("9999999999.9999"), 4)
            yield from percent_or_amount_faults(
                f"{here}/discount_", line.discount_percent, line.discount_amount, places
            )
            if line.taxable and line.tax_code is not None and line.tax_code not in rates:
                yield Fault(f"{here}/tax_code", f"there is no tax code {line.tax_code}")
    for code, rate in rates.items():
        yield from number_faults(f"/rates/{code}", rate, Decimal(1), 6)
    yield from percent_or_amount_faults("/discount/", discount.percent, discount.amount, places)
    yield from percent_or_amount_faults("/deposit/", deposit.percent, deposit.amount, places)
