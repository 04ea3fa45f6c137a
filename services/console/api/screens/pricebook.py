"""The price book beside the builder: tasks found by a word, and one of them to be copied into a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.console.api.screens.frame import doors

SHOWN = 12


@dataclass(frozen=True)
class Found:
    """Tasks with the address a button names them by; ``more`` when there are others like them."""

    tasks: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    more: bool = False
    books: int = 0


def found(record: Mapping[str, Any], asked: str) -> Found:
    """Tasks of the books that an estimate of this branch and currency may use; without a word, the first ones."""
    books = [
        one
        for one in doors().maybe("/estimates/price-books", {"items": []}, limit=50)["items"]
        if one["status"] == "active"
        and one["currency"] == record["currency"]
        and one["branch"] in (None, record["branch"])
    ]
    tasks: list[tuple[str, Mapping[str, Any]]] = []
    more = False
    for book in books[:3]:
        path = f"/estimates/price-books/{book['id']}/tasks"
        said = doors().maybe(path, {"items": [], "next": None}, q=asked[:200], limit=SHOWN)
        tasks += [(f"{book['id']}:{one['code']}", one) for one in said["items"]]
        more = more or bool(said["next"])
    return Found(tuple(tasks[:SHOWN]), more or len(tasks) > SHOWN, len(books))


def task(where: str) -> Mapping[str, Any] | None:
    """One task by book and code, as a button named it."""
    book, _, code = where.partition(":")
    if not book.replace("-", "").isalnum():
        return None
    tasks = doors().maybe(f"/estimates/price-books/{book}/tasks", {"items": []}, q=code[:200], limit=200)["items"]
    return next((one for one in tasks if one["code"] == code), None)
