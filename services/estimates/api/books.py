"""Price books over HTTP."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint

from libs.common.parties import folded
from libs.common.web import (
    Answer,
    Given,
    Listing,
    Page,
    begin,
    endpoint,
    equal,
    if_match,
    items,
    one,
    page,
    reading,
    visible,
)
from services.estimates import usecases
from services.estimates.model import Category, PriceBook, Task
from services.estimates.schemas.catalogue import (
    BookEdit,
    BookIn,
    BookOut,
    CategoryOut,
    ImportIn,
    ImportOut,
    ImportQuery,
    TaskOut,
    TaskQuery,
)

bp = Blueprint("books", __name__, url_prefix="/api/v1/estimates/price-books")

IMPORT_LIMIT = 10 * 1024 * 1024
BOOKS = Listing(PriceBook, sa.select(PriceBook))
TASKS = Listing(Task, sa.select(Task), equal(book=Task.book_id, code=Task.code, trade=Task.trade))


@bp.get("")
@endpoint(may="pricebook.read", query=Page, answer=BookOut, many=True)
def books(asked: Given) -> Answer:
    """The price books of the caller's branches."""
    with reading() as tx:
        return page(tx, BOOKS, BookOut, asked)


@bp.post("")
@endpoint(may="pricebook.edit", body=BookIn, answer=BookOut, status=201)
def add(given: Given) -> Answer:
    """A new price book."""
    with begin() as tx:
        book = usecases.add_book(tx, **given)
        return tx.answer(BookOut(), book, 201, {"Location": f"/api/v1/estimates/price-books/{book.id}"})


@bp.put("")
@endpoint(may="pricebook.edit", body=BookIn, answer=BookOut)
def put(given: Given) -> Answer:
    """Make a price book, or change the one of this name and branch (then with If-Match)."""
    with begin() as tx:
        book = usecases.book_named(tx, given["name"], given.get("branch"))
        if book is None:
            return tx.answer(BookOut(), usecases.add_book(tx, **given), 201)
        tx.expect(book, if_match())
        return tx.answer(BookOut(), usecases.change_book(tx, book, **given))


@bp.get("/<uuid:book_id>")
@endpoint(may="pricebook.read", answer=BookOut)
def book(book_id: UUID) -> Answer:
    """One price book."""
    with reading() as tx:
        return one(tx, BookOut, visible(tx, PriceBook, book_id))


@bp.patch("/<uuid:book_id>")
@endpoint(may="pricebook.edit", body=BookEdit, answer=BookOut, edits=True)
def change(book_id: UUID, given: Given) -> Answer:
    """Name it anew, move its dates, put it to use or retire it."""
    with begin() as tx:
        found = visible(tx, PriceBook, book_id)
        return tx.answer(BookOut(), usecases.change_book(tx, found, **given))


@bp.get("/<uuid:book_id>/categories")
@endpoint(may="pricebook.read", answer=CategoryOut, many=True)
def categories(book_id: UUID) -> Answer:
    """The book's tree, by path."""
    with reading() as tx:
        found = visible(tx, PriceBook, book_id)
        return items(
            CategoryOut, tx.all(sa.select(Category).where(Category.book_id == found.id).order_by(Category.path))
        )


@bp.get("/<uuid:book_id>/tasks")
@endpoint(may="pricebook.read", query=TaskQuery, answer=TaskOut, many=True)
def tasks(book_id: UUID, asked: Given) -> Answer:
    """The book's tasks, by code; ``category`` finds those below it as well."""
    with reading() as tx:
        found = []
        if "q" in asked:
            found.append(Task.search.contains(folded(asked["q"]), autoescape=True))
        if "category" in asked:
            below = Task.category.startswith(f"{asked['category']} > ", autoescape=True)
            found.append(sa.or_(Task.category == asked["category"], below))
        book = visible(tx, PriceBook, book_id).id
        return page(tx, TASKS, TaskOut, {"sort": "code", **asked, "book": book}, *found)


@bp.post("/<uuid:book_id>/import")
@endpoint(may="pricebook.edit", query=ImportQuery, body=ImportIn, answer=ImportOut, upload=True, limit=IMPORT_LIMIT)
def import_file(book_id: UUID, asked: Given, given: Given) -> Answer:
    """Tasks (or assemblies) out of a CSV, by code; with dry_run only the report. The same file again adds nothing."""
    with begin() as tx:
        found = visible(tx, PriceBook, book_id)
        report = usecases.import_file(tx, found, given["file"].content, **asked)
        return tx.answer(ImportOut(), report)
