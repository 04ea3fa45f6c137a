"""Price books and tax codes: who may sell what at which rate."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import people, workhours
from libs.common.errors import Conflict, Fault, Invalid
from libs.common.tx import Tx
from services.estimates.model import PriceBook, Task, TaxCode
from services.estimates.settings import PREFERENCES
from services.estimates.states import BookStatus


def add_book(tx: Tx, **given: Any) -> PriceBook:
    """A new price book; nothing is sold from it before it is active."""
    people.demand_branch(tx, given.get("branch"))
    currency = given.pop("currency", None) or _currency(tx, given.get("branch"))
    _demand_period(given.get("effective_from"), given.get("effective_until"))
    _demand_free(tx, given["name"], given.get("branch"))
    return tx.new(PriceBook, currency=currency, **given)


def change_book(tx: Tx, book: PriceBook, **given: Any) -> PriceBook:
    """Names it anew, moves its dates, puts it to use or retires it. Raises Conflict for another currency."""
    if given.get("currency", book.currency) != book.currency:
        fault = Fault("/currency", f"is {book.currency}, as all its prices are; make another book")
        raise Conflict("a price book keeps its currency", errors=[fault])
    name, branch = given.get("name", book.name), given.get("branch", book.branch)
    if (name, branch) != (book.name, book.branch):
        people.demand_branch(tx, branch)
        _demand_free(tx, name, branch)
    _demand_period(given.get("effective_from", book.effective_from), given.get("effective_until", book.effective_until))
    for field, value in given.items():
        setattr(book, field, value)
    tx.touch(book)
    return book


def book_named(tx: Tx, name: str, branch: UUID | None) -> PriceBook | None:
    """The book of this name; of several, from before there were turns, the oldest."""
    tx.count("price_books")  # two who name a book at once take turns, so that the second sees what the first made
    named = sa.select(PriceBook).where(PriceBook.name == name, PriceBook.branch == branch)
    return tx.find(named.order_by(PriceBook.created_at, PriceBook.id).limit(1).with_for_update())


def tasks(tx: Tx, codes: Collection[str], *, branch: UUID | None, currency: str) -> dict[str, Task]:
    """Tasks by code out of the active books that hold today; the branch's own book goes before the company's."""
    if not codes:
        return {}
    today = tx.now.astimezone(workhours.zone(people.branch(tx, branch))).date()
    own = sa.or_(PriceBook.branch == branch, PriceBook.branch.is_(None))
    found = (
        sa.select(Task)
        .join(PriceBook, PriceBook.id == Task.book_id)
        .where(Task.code.in_(codes), PriceBook.status == BookStatus.ACTIVE, PriceBook.currency == currency, own)
        .where(sa.or_(PriceBook.effective_from.is_(None), PriceBook.effective_from <= today))
        .where(sa.or_(PriceBook.effective_until.is_(None), PriceBook.effective_until >= today))
        .order_by(PriceBook.branch.is_(None).desc(), PriceBook.effective_from.nulls_first(), PriceBook.created_at)
    )
    return {task.code: task for task in tx.all(found)}  # the last of a code is the nearest and newest


def put_tax_code(tx: Tx, code: str, *, name: str, rate: Decimal, branch: UUID | None = None) -> tuple[TaxCode, bool]:
    """Makes or changes a tax code. What was priced keeps its rate. Says whether it is new."""
    people.demand_branch(tx, branch)
    tx.count("tax_codes")  # in turns, too
    known = tx.find(sa.select(TaxCode).where(TaxCode.code == code).with_for_update())
    if known is None:
        return tx.new(TaxCode, code=code, name=name, rate=rate, branch=branch), True
    known.name, known.rate, known.branch = name, rate, branch
    tx.touch(known)
    return known, False


def dead_tax_code(tx: Tx, settings: Mapping[str, Any]) -> list[Fault]:
    """A default code that is not there: no line that is taxed by it could be priced."""
    code = settings["default_tax_code"]
    if code is None or tx.find(sa.select(TaxCode).where(TaxCode.code == code)) is not None:
        return []
    return [Fault("/default_tax_code", f"there is no tax code {code}")]


def _currency(tx: Tx, branch: UUID | None) -> str:
    return str((people.branch(tx, branch) or {}).get("currency") or PREFERENCES.read(tx, branch)["currency"])


def _demand_free(tx: Tx, name: str, branch: UUID | None) -> None:
    if book_named(tx, name, branch) is not None:
        raise Conflict(f"there is a price book {name} already", errors=[Fault("/name", "is taken in this branch")])


def _demand_period(first: Any, last: Any) -> None:
    if first and last and last < first:
        raise Invalid(
            "a price book cannot end before it begins", errors=[Fault("/effective_until", "is before it begins")]
        )
