"""Amounts of money: rounding at the currency's exponent, sharing out to the cent, and what is no amount at all."""

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cache

from libs.common.errors import Fault, Invalid

ZERO = Decimal(0)
HUNDRED = Decimal(100)
LARGEST = Decimal(10) ** 11 - 1  # what columns.money() holds
LARGEST_SUM = Decimal("999999999999999.999")  # what columns.sum_of_money() holds
MOST = Decimal("999999999.999")  # what columns.quantity() holds
WIDE = Context(prec=80, rounding=ROUND_HALF_UP)  # qty × price × percent has 33 digits: none may be lost on the way


class MoneyError(Invalid, ValueError):
    """A price that cannot be worked out; ``errors`` names every fault at once, as the edge answers it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{one.pointer} {one.detail}" for one in faults), errors=faults)


@cache
def exponent(currency: str) -> int:
    """How many decimals the currency has: USD 2, JPY 0, KWD 3."""
    if not re.fullmatch("[A-Z]{3}", currency):
        raise MoneyError([Fault("/currency", "is three capital letters, such as USD")])
    from babel.numbers import get_currency_precision  # slow to import, and needed only where prices are worked out

    return get_currency_precision(currency)


def rounded(value: Decimal, currency: str) -> Decimal:
    """Half a cent goes up; never −0."""
    with localcontext(WIDE):
        return value.quantize(Decimal(1).scaleb(-exponent(currency))) + ZERO


def thousandths(value: Decimal) -> Decimal:
    """A quantity as it is kept: half a thousandth goes up."""
    with localcontext(WIDE):
        return value.quantize(Decimal("0.001"))


def as_text(value: Decimal, currency: str) -> str:
    """As it goes over the wire: ``6527.81``."""
    return format(rounded(value, currency), "f")


def spread(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Divides an amount by weight, and the last takes the remainder.

    No share is negative or above its weight: where the remainder does not fit the last (a free line, a line of one
    cent), the nearest before it takes what is left over.
    """
    with localcontext(WIDE):
        whole, left = sum(weights, ZERO), amount
        if not ZERO <= amount <= whole:
            raise ValueError(f"{amount} cannot be spread over {whole}")
        shares = []
        for weight in weights:
            shares.append(min(left, rounded(amount * weight / whole, currency)) if whole else ZERO)
            left -= shares[-1]
        for place in reversed(range(len(weights))):
            more = min(left, weights[place] - shares[place])
            shares[place] += more
            left -= more
        return shares


def refuse_if(faults: Sequence[Fault]) -> None:
    if faults:
        raise MoneyError(faults)


def number_faults(pointer: str, value: Decimal | None, most: Decimal, places: int) -> Iterator[Fault]:
    if value is None:
        return
    if not value.is_finite():
        yield Fault(pointer, "is not a number")
    elif not 0 <= value <= most:
        yield Fault(pointer, f"is {'negative' if value < 0 else f'more than {most}'}")
    elif WIDE.quantize(value, Decimal(1).scaleb(-places)) != value:
        yield Fault(pointer, f"has more than {places} decimals")


def percent_or_amount_faults(at: str, percent: Decimal | None, amount: Decimal | None, places: int) -> Iterator[Fault]:
    if percent is not None and amount is not None:
        yield Fault(f"{at}amount", "is given beside a percent; one of the two is possible")
    yield from number_faults(f"{at}percent", percent, HUNDRED, 4)
    yield from number_faults(f"{at}amount", amount, LARGEST, places)
