"""What a version says and what it comes to: tasks copied from the price book, tax by code, totals to the cent."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import money
from libs.common.amounts import MOST, thousandths
from libs.common.errors import Fault, Invalid
from libs.common.tx import Tx
from services.estimates.model import Estimate, Line, Option, Task, TaxCode, Version
from services.estimates.settings import PREFERENCES
from services.estimates.usecases import catalogue

Given = Mapping[str, Any]


def fill(tx: Tx, estimate: Estimate, version: Version, options: Sequence[Given], *, begun: bool = False) -> None:
    """Puts these options into a version and prices it. Raises Invalid naming every fault at once."""
    given = [line for option in options for kind in ("lines", "add_ons") for line in option.get(kind) or ()]
    codes = {line["task_code"] for line in given if line.get("task_code")}
    tasks = catalogue.tasks(tx, codes, branch=estimate.branch, currency=estimate.currency)
    default = PREFERENCES.read(tx, estimate.branch)["default_tax_code"]
    faults = list(_unknown(options, tasks))
    version.options[:] = []
    for place, option in enumerate(options):
        ident = tx.store.ids()
        version.options.append(
            Option(
                id=ident,
                version_id=version.id,
                sort=place,
                name=option["name"],
                description=option.get("description") or "",
                totals={},
                total=Decimal(0),
                rows=[
                    _line(tx.store.ids(), ident, line, number, kind == "add_ons", tasks, version.member, default)
                    for kind in ("lines", "add_ons")
                    for number, line in enumerate(option.get(kind) or ())
                ],
            )
        )
    price(tx, estimate, version, faults, begun=begun)


def price(tx: Tx, estimate: Estimate, version: Version, faults: Sequence[Fault] = (), *, begun: bool = False) -> None:
    """Works out a version by the tax rates of today, which it keeps.

    One that is ``begun`` has its deposit from the branch or the version before: nobody wrote it for these prices.
    """
    rows = [(f"/options/{option.sort}", line) for option in version.options for line in option.rows]
    wanted = {line.tax_code for _, line in rows if line.taxable and line.tax_code}
    known = {one.code: one for one in tx.all(sa.select(TaxCode).where(TaxCode.code.in_(wanted)))} if wanted else {}
    found = [*faults, *_taxless(rows, known)]
    version.rates = {code: {"name": one.name, "rate": _plain(one.rate)} for code, one in sorted(known.items())}
    if begun and not found:
        version.deposit = _within_totals(version)
    for option in version.options if not found else ():
        _total(version, option, found)
    if found:
        raise Invalid("this estimate cannot be priced", errors=list(dict.fromkeys(found)))
    version.snapshot_hash = None
    sums = [one.total for one in version.options]
    estimate.total, estimate.total_max = (min(sums), max(sums)) if sums else (Decimal(0), Decimal(0))


def shown(totals: money.Totals, currency: str) -> dict[str, Any]:
    """Totals as bodies and facts show them: amounts as text, taxes by code."""

    def text(value: Decimal) -> str:
        return money.as_text(value, currency)

    names = ("subtotal", "discount", "net", "tax", "total", "deposit", "balance")
    taxes = [
        {"code": one.code, "rate": _plain(one.rate), "taxable": text(one.taxable), "tax": text(one.tax)}
        for one in totals.taxes
    ]
    return {**{name: text(getattr(totals, name)) for name in names}, "taxes": taxes}


def _within_totals(version: Version) -> dict[str, Any] | None:
    """The deposit; a fixed one asks for no more than the cheapest option comes to."""
    rule, version.deposit = version.deposit, None
    if not rule or rule.get("amount") is None:
        return rule
    try:
        least = min((version.totals_with(one).total for one in version.options if one.lines), default=None)
    except money.MoneyError:
        return rule  # what is wrong is named where each option is worked out
    asked = money.rounded(Decimal(rule["amount"]), version.currency)
    within = asked if least is None else min(asked, least)
    return rule if within == Decimal(rule["amount"]) else rule | {"amount": money.as_text(within, version.currency)}


def _total(version: Version, option: Option, found: list[Fault]) -> None:
    try:
        version.totals_with(option, option.add_ons)  # what the customer might choose can be priced as well
        totals = version.totals_with(option)
    except money.MoneyError as wrong:
        found.extend(wrong.errors)
        return
    option.totals, option.total = shown(totals, version.currency), totals.total
    option.margin = totals.margin if totals.margin is None or abs(totals.margin) < 10**9 else None
    for line in option.rows:
        line.amount = money.line_amount(line.priced(), version.currency)


def _unknown(options: Sequence[Given], tasks: Mapping[str, Task]) -> Iterator[Fault]:
    for place, option in enumerate(options):
        for kind in ("lines", "add_ons"):
            for number, line in enumerate(option.get(kind) or ()):
                code, at = line.get("task_code"), f"/options/{place}/{kind}/{number}"
                if code in tasks and (tasks[code].hours or 0) * line["qty"] > MOST:
                    yield Fault(f"{at}/qty", f"comes to more than {MOST} hours")
                if code and code not in tasks:
                    yield Fault(f"{at}/task_code", f"there is no task {code} in an active price book")
                elif not code and line.get("unit_price") is None:
                    yield Fault(f"{at}/unit_price", "is needed where no task gives it")
                if not code and not (line.get("description") or "").strip():
                    yield Fault(f"{at}/description", "is needed where no task gives it")


def _taxless(rows: Sequence[tuple[str, Line]], known: Mapping[str, TaxCode]) -> Iterator[Fault]:
    for at, line in rows:
        here = f"{at}/{'add_ons' if line.add_on else 'lines'}/{line.sort}/tax_code"
        if line.taxable and line.tax_code is None:
            yield Fault(here, "is needed: the line is taxable and the branch has no default code")
        elif line.taxable and line.tax_code not in known:
            yield Fault(here, f"there is no tax code {line.tax_code}")


def _line(
    ident: UUID,
    option_id: UUID,
    given: Given,
    sort: int,
    add_on: bool,
    tasks: Mapping[str, Task],
    member: bool,
    default: str | None,
) -> Line:
    """A line as given, or copied from its task. One that says nothing of tax is not taxed."""
    task = tasks.get(given.get("task_code") or "")
    full = task.unit_price if task else None
    asked = task.member_price if task and member and task.member_price is not None else full
    code = given.get("tax_code") or (task.tax_code if task else None)
    taxable = given.get("taxable")
    if taxable is None:
        taxable = bool(given.get("tax_code")) or bool(task and task.taxable)
    price = given["unit_price"] if given.get("unit_price") is not None else asked
    costs = [one for one in (given.get("cost"), task.cost if task else None) if one is not None]
    return Line(
        id=ident,
        option_id=option_id,
        add_on=add_on,
        sort=sort,
        task_code=given.get("task_code"),
        description=given.get("description") or (_described(task) if task else ""),
        qty=given["qty"],
        unit_price=price if price is not None else Decimal(0),
        list_price=full,  # also to a member: nobody's book says who is one, so their price is a discount like another
        discount_percent=given.get("discount_percent"),
        discount_amount=given.get("discount_amount"),
        taxable=taxable,
        tax_code=(code or default) if taxable else code,
        cost=max(costs, default=None),  # never less than the book's: who sells it would write its margin themselves
        hours=_hours(task, given["qty"]),
        amount=Decimal(0),
        materials=list(task.materials) if task else [],
    )


def _hours(task: Task | None, qty: Decimal) -> Decimal | None:
    """What the work takes. What is more than can be kept was refused by name before, and is not kept."""
    return min(thousandths(task.hours * qty), MOST) if task and task.hours is not None else None


def _described(task: Task) -> str:
    return f"{task.name}\n{task.description}" if task.description else task.name


def _plain(rate: Decimal) -> str:
    return format(rate.normalize() + 0, "f")
