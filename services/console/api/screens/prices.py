"""Price books and tax codes: what is in use, what it costs, and how it comes in."""

from uuid import UUID

from flask import Blueprint, Response, request

from services.console.api.screens.frame import doors, go, page, screen
from services.console.api.screens.offers import Offers
from services.console.api.screens.settings import form_of, saved
from services.console.api.screens.shapes import Shape

bp = Blueprint("console_prices", __name__)

HINTS: dict[str, str] = {}


@bp.get("/settings/prices")
@screen(may="pricebook.read")
def prices() -> Response:
    """What does it cost?"""
    books = doors().items("/estimates/price-books", limit=200)
    codes = doors().items("/estimates/tax-codes", limit=200)
    return page("prices.html", nav="/settings", books=books, codes=codes, offers=Offers({}, ()))


@bp.get("/settings/prices/<uuid:book_id>")
@screen(may="pricebook.read")
def book(book_id: UUID) -> Response:
    """One price book, and what is in it."""
    record = doors().get(f"/estimates/price-books/{book_id}")
    asked = {name: request.args.get(name, "") for name in ("q", "cursor")}
    tasks = doors().get(f"/estimates/price-books/{book_id}/tasks", limit=50, **asked)
    offers = Offers(record, (record["id"],))
    return page("price-book.html", nav="/settings", book=record, tasks=tasks, asked=asked, offers=offers)


@bp.get("/settings/tax-codes")
@screen(may="taxcode.edit")
def new_tax_code() -> Response:
    """The form of a code that is named first."""
    code = request.args.get("code", "").strip()
    return go(f"/settings/tax-codes/{code}" if code.isalnum() else "/settings/prices")


@bp.get("/settings/tax-codes/<code>")
@screen(may="taxcode.edit")
def tax_code(code: str) -> Response:
    """One tax code; one that nobody has is a new one."""
    return _tax_code(code)


@bp.post("/settings/tax-codes/<code>")
@screen(may="taxcode.edit")
def put_tax_code(code: str) -> Response:
    """Makes or changes it; what was priced before keeps its rate."""
    address = f"/estimates/tax-codes/{code}"
    return saved(_shape(), address, "/settings/prices", lambda **more: _tax_code(code, **more))


def _shape() -> Shape:
    return Shape.of(doors().get("/estimates/openapi.json"), "TaxCodeIn")


def _tax_code(code: str, **more: object) -> Response:
    found = doors().maybe(f"/estimates/tax-codes/{code}", {})
    return form_of("tax-code.html", _shape(), found, "", HINTS, {"code": code}, **more)  # type: ignore[arg-type]
