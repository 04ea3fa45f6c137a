"""What a price may be sent without, and who says yes when it may not."""

import itertools
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, localcontext
from typing import Any
from uuid import UUID

from libs.common import money
from libs.common.amounts import HUNDRED, WIDE, ZERO
from libs.common.contracts.estimates import EstimateApproved, EstimateRefused, EstimateSubmitted
from libs.common.tx import Tx
from services.estimates.model import Estimate, Line, Option, Version
from services.estimates.settings import PREFERENCES
from services.estimates.usecases import facts


def submit(tx: Tx, estimate: Estimate, *, roles: Collection[str], by: UUID, note: str = "") -> Estimate:
    """Ask for the approval of a discount or a margin that one may not give oneself."""
    asked = reasons(tx, estimate, roles)
    estimate.submit(reasons=asked, by=by, at=tx.now)
    told: dict[str, Any] = {"submitted_by": by, "submitted_at": tx.now, "reasons": tuple(asked), "note": note}
    tx.publish(EstimateSubmitted(**facts.head(tx, estimate), **told), of=estimate)
    return estimate


def approve(tx: Tx, estimate: Estimate, *, by: UUID, note: str = "") -> Estimate:
    """The price may go out exactly as it is."""
    asked_by = estimate.current.submitted_by
    estimate.decide_approval(True, by=by, at=tx.now, note=note)
    assert asked_by is not None, "what is pending was submitted by somebody"
    told: dict[str, Any] = {"submitted_by": asked_by, "decided_by": by, "decided_at": tx.now, "note": note}
    tx.publish(EstimateApproved(**facts.head(tx, estimate), **told), of=estimate)
    return estimate


def refuse(tx: Tx, estimate: Estimate, *, by: UUID, reason: str) -> Estimate:
    """The price may not go out so: it is a draft again."""
    asked_by = estimate.current.submitted_by
    estimate.decide_approval(False, by=by, at=tx.now, note=reason)
    assert asked_by is not None, "what is pending was submitted by somebody"
    told: dict[str, Any] = {"submitted_by": asked_by, "decided_by": by, "decided_at": tx.now, "reason": reason}
    tx.publish(EstimateRefused(**facts.head(tx, estimate), **told), of=estimate)
    return estimate


def look(tx: Tx, estimate: Estimate, *, roles: Collection[str], by: UUID) -> Estimate:
    """The estimate with what stands in this person's way: an approval that it needs of them, or that is not theirs."""
    estimate.beyond = reasons(tx, estimate, roles)
    estimate.asks_oneself = estimate.is_own_of(by)
    return estimate


def reasons(tx: Tx, estimate: Estimate, roles: Collection[str]) -> list[str]:
    """Why somebody in these roles may not send it by themselves; nothing when they may."""
    rules = PREFERENCES.read(tx, estimate.branch)
    limits = [Decimal(one["percent"]) for one in rules["discount_limits"] if one["role"] in roles]
    floors = [Decimal(one["margin"]) for one in rules["margin_floors"] if one["role"] in roles]
    common = rules["margin_floor"]
    floor = min(floors) if floors else (Decimal(common) if common is not None else None)
    return [
        why
        for option in estimate.current.options
        for why in _of(estimate.current, option, max(limits, default=ZERO), floor)
    ]


def _of(version: Version, option: Option, limit: Decimal, floor: Decimal | None) -> Iterator[str]:
    with localcontext(WIDE):
        given = _discount(version, option, limit)
        if given > limit:
            have, most = _apart(given, limit)
            yield f"{option.name}: a discount of {have} is more than the {most} you may give"
        if floor is None:
            return
        thin = [line for line in option.add_ons if (own := _alone(version, line)) is not None and own < floor]
        margins = [_margin(one) for one in (version.totals_with(option), version.totals_with(option, thin))]
        least = min((one for one in margins if one is not None), default=None)
        if least is not None and least < floor:
            have, wanted = _apart(least * HUNDRED, floor * HUNDRED)
            yield f"{option.name}: a margin of {have} is under the floor of {wanted}"


def _discount(version: Version, option: Option, limit: Decimal) -> Decimal:
    """The most that is given away, in per cent of full price: with those add-ons that make it more."""
    rule: Mapping[str, Any] = version.discount or {}
    kept = (HUNDRED - Decimal(rule.get("percent", 0))) / HUNDRED
    full = {line.id: _full(line, version.currency) for line in option.rows}
    asked = {line.id: _asked(line, version.currency) * kept for line in option.rows}
    counted = [line.id for line in option.lines]
    counted += [line.id for line in option.add_ons if asked[line.id] < full[line.id] * (HUNDRED - limit) / HUNDRED]
    whole = sum((full[one] for one in counted), ZERO)
    left = sum((asked[one] for one in counted), ZERO) - Decimal(rule.get("amount", 0))
    return (whole - left) / whole * HUNDRED if whole else ZERO


def _full(line: Line, currency: str) -> Decimal:
    """What it costs when nothing is given away: a task sold under its book's price is a discount too."""
    return money.rounded(line.qty * max(line.unit_price, line.list_price or ZERO), currency)


def _asked(line: Line, currency: str) -> Decimal:
    """What a line asks. A cent that rounding takes is given away by nobody: 10 % off 10.06 is 10 %, and 9.05."""
    if line.discount_percent is None:
        return line.amount
    exact = money.rounded(line.qty * line.unit_price, currency) * (HUNDRED - line.discount_percent) / HUNDRED
    return max(line.amount, exact)


def _margin(totals: money.Totals) -> Decimal | None:
    """To the last digit: what is shown of it is rounded, and 29.996 % is less than 30 %."""
    return None if totals.margin is None else (totals.net - totals.cost) / totals.net


def _alone(version: Version, line: Line) -> Decimal | None:
    rule = version.discount or {}
    alone = money.option_totals(
        [line.priced()],
        currency=version.currency,
        rates={code: Decimal(one["rate"]) for code, one in version.rates.items()},
        discount=money.Discount(percent=Decimal(rule["percent"])) if "percent" in rule else None,
        tax_mode="line" if version.tax_mode == "line" else "document",
        inclusive=version.prices_include_tax,
    )
    return _margin(alone)


def _apart(one: Decimal, other: Decimal) -> tuple[str, str]:
    """Two figures that differ, in per cent, with as many decimals as it takes to see it; two at least."""
    shown = ((_percent(one, places), _percent(other, places)) for places in itertools.count(2))
    return next(pair for pair in shown if pair[0] != pair[1])


def _percent(value: Decimal, places: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-places)).normalize():f} %"
