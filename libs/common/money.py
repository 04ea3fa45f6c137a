"""Prices to the cent: what one option comes to, by the seven rules of the domain."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

from libs.common.amounts import HUNDRED, LARGEST, WIDE, ZERO, MoneyError, as_text, exponent, refuse_if, rounded, spread
from libs.common.errors import Fault
from libs.common.prices import Deposit, Discount, Line, LineTotals, TaxMode, TaxPart, Totals, faults

__all__ = [
    "Deposit",
    "Discount",
    "Line",
    "LineTotals",
    "MoneyError",
    "TaxMode",
    "TaxPart",
    "Totals",
    "as_text",
    "exponent",
    "line_amount",
    "option_totals",
    "rounded",
    "spread",
]

DEPOSIT_CAP = Decimal(1000)  # a capped deposit is at most this,
DEPOSIT_CAP_PERCENT = Decimal(10)  # and at most this part of the total


def line_amount(line: Line, currency: str) -> Decimal:
    """The line with its own discount, before the document's."""
    with localcontext(WIDE):
        gross = line.qty * line.unit_price
        if line.discount_percent is not None:
            return rounded(gross * (HUNDRED - line.discount_percent) / HUNDRED, currency)
        return max(ZERO, rounded(gross, currency) - (line.discount_amount or ZERO))


def option_totals(
    lines: Sequence[Line],
    *,
    currency: str,
    add_ons: Sequence[Line] = (),
    rates: Mapping[str, Decimal] | None = None,
    discount: Discount | None = None,
    tax_mode: TaxMode = "document",
    inclusive: bool = False,
    deposit: Deposit | None = None,
    at: str = "",
) -> Totals:
    """One option with its chosen add-ons. ``at`` is where it stands in the request (``/options/0``), for a refusal."""
    rates, discount, deposit = rates or {}, discount or Discount(), deposit or Deposit()
    refuse_if(list(faults(lines, add_ons, rates, discount, deposit, currency, at)))
    with localcontext(WIDE):
        chosen = [*lines, *add_ons]
        amounts = [line_amount(line, currency) for line in chosen]
        subtotal = sum(amounts, ZERO)
        taken_off = rounded(_part(subtotal, discount, currency), currency)
        if taken_off > subtotal:
            refuse_if([Fault("/discount/amount", f"is {taken_off}, more than the {subtotal} it is taken from")])
        shares = spread(taken_off, amounts, currency)
        bases = [amount - share for amount, share in zip(amounts, shares, strict=True)]
        parts, taxes = _taxed(chosen, bases, rates, tax_mode, inclusive, currency)
        nets = [base - tax if inclusive else base for base, tax in zip(bases, taxes, strict=True)]
        net, tax = sum(nets, rounded(ZERO, currency)), sum(taxes, rounded(ZERO, currency))
        costs = [rounded(line.qty * line.cost, currency) for line in chosen if line.cost is not None]
        cost, full = sum(costs, rounded(ZERO, currency)), sum((line.qty * line.unit_price for line in chosen), ZERO)
        if max(full, subtotal, net + tax, cost) > LARGEST:  # in full, too: reports say what was taken off
            refuse_if([Fault(f"{at}/lines", f"come to more than {LARGEST}")])
        due = _deposit(net + tax, deposit, currency)
        return Totals(
            subtotal=rounded(subtotal, currency),
            discount=taken_off,
            net=net,
            tax=tax,
            total=net + tax,
            deposit=due,
            balance=net + tax - due,
            taxes=parts,
            lines=tuple(LineTotals(*each) for each in zip(amounts, shares, nets, taxes, strict=True)),
            cost=cost,
            margin=((net - cost) / net).quantize(Decimal("0.0001")) + ZERO if net and costs else None,  # no minus zero
        )


def _part(whole: Decimal, rule: Discount | Deposit, currency: str) -> Decimal:
    if rule.percent is not None:
        return rounded(whole * rule.percent / HUNDRED, currency)
    return rule.amount or ZERO


def _deposit(total: Decimal, rule: Deposit, currency: str) -> Decimal:
    asked = rounded(_part(total, rule, currency), currency)
    if asked > total:
        refuse_if([Fault("/deposit/amount", f"is {asked}, more than the total of {total}")])
    if rule.capped:
        return min(asked, rounded(DEPOSIT_CAP, currency), rounded(total * DEPOSIT_CAP_PERCENT / HUNDRED, currency))
    return asked


def _taxed(
    lines: Sequence[Line],
    bases: Sequence[Decimal],
    rates: Mapping[str, Decimal],
    mode: TaxMode,
    inclusive: bool,
    currency: str,
) -> tuple[tuple[TaxPart, ...], list[Decimal]]:
    """The tax by code and by line. A code's tax is rounded once and spread over its lines, or rounded at every line."""

    def tax_of(base: Decimal, rate: Decimal) -> Decimal:
        return base - rounded(base / (1 + rate), currency) if inclusive else rounded(base * rate, currency)

    parts, by_line = [], [rounded(ZERO, currency)] * len(lines)
    for code in sorted({line.tax_code for line in lines if line.taxable and line.tax_code is not None}):
        mine = [place for place, line in enumerate(lines) if line.taxable and line.tax_code == code]
        own = [bases[place] for place in mine]
        whole = sum(own, rounded(ZERO, currency))
        if mode == "line":
            each = [tax_of(base, rates[code]) for base in own]
        else:
            each = spread(tax_of(whole, rates[code]), own, currency)
        tax = sum(each, rounded(ZERO, currency))
        parts.append(TaxPart(code, rates[code], whole - tax if inclusive else whole, tax))
        for place, amount in zip(mine, each, strict=True):
            by_line[place] = amount
    return tuple(parts), by_line
