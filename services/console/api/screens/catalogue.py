"""Price books and tax codes: what a price is made of, for those who look and those who keep it."""

from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, request

from services.console.adapters import words
from services.console.api.acts import EVERY
from services.console.api.screens import forms
from services.console.api.screens.frame import doors, go, page, place, screen
from services.console.api.screens.offers import Offers, drawn

bp = Blueprint("console_catalogue", __name__)

NEW_TAX = EVERY["tax.put"].fields


def _branches() -> dict[str, str]:
    found = doors().maybe_every("/staff/branches")
    return {one["id"]: one["name"] for one in found}


@bp.get("/settings/price-books")
@screen(may="pricebook.read")
def books() -> Response:
    """What do we offer, at which price?"""
    found = doors().items("/estimates/price-books", limit=200)
    return page("books.html", nav="/settings", found=found, branches=_branches(), offers=Offers({}, ()))


@bp.get("/settings/price-books/<uuid:book_id>")
@screen(may="pricebook.read")
def book(book_id: UUID) -> Response:
    """One book: its tasks, by category or by a word."""
    path = f"/estimates/price-books/{book_id}"
    record = doors().get(path)
    asked = {name: request.args.get(name, "") for name in ("q", "category", "cursor")}
    return page(
        "book.html",
        nav="/settings",
        book=record,
        asked=asked,
        found=doors().get(f"{path}/tasks", limit=50, **asked),
        categories=doors().items(f"{path}/categories"),
        branches=_branches(),
        offers=Offers(record, (str(book_id),)),
    )


@bp.get("/settings/tax-codes")
@screen(may="pricebook.read")
def taxes() -> Response:
    """Which taxes are there?"""
    return _taxes()


@bp.post("/settings/tax-codes")
@screen(may="taxcode.edit")
def add_tax() -> Response:
    """A new tax code; one that is there already is changed on its own form."""
    code, typed = request.form.get("code", "").strip(), request.form
    if not code:
        return _taxes(422, {"code": words.said("is needed")})
    if any(one["code"] == code for one in doors().items("/estimates/tax-codes", limit=200)):
        return _taxes(422, {"code": words.said("is there already; change that one")})
    body, _ = forms.body(NEW_TAX, typed, place(), edits=False)
    said = doors().ask("PUT", f"/estimates/tax-codes/{quote(code, safe='')}", body)
    if said.ok:
        return go("/settings/tax-codes", words.said("Saved."))
    of_fields, others = forms.faults(said.problem, NEW_TAX)
    return _taxes(said.status, of_fields or {"code": "; ".join(others) or str(said.problem.get("detail"))})


def _taxes(status: int = 200, errors: dict[str, str] | None = None) -> Response:
    found = doors().items("/estimates/tax-codes", limit=200)
    values = forms.typed(NEW_TAX, request.form)
    return page(
        "taxes.html",
        status,
        nav="/settings",
        found=[(one, Offers(one, (quote(one["code"], safe=""),))["tax.put"]) for one in found],
        branches=_branches(),
        fields=drawn(EVERY["tax.put"], values, {}, errors),
        code=request.form.get("code", ""),
        wrong=errors or {},
    )
