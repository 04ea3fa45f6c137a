"""The price book beside the builder: tasks found by a word, and one of them to be copied into a line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.console.api.screens.frame import doors, place

SHOWN = 12


@dataclass(frozen=True)
class Found:
    """Tasks with the address a button names them by; ``more`` when there are others like them."""

    tasks: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    more: bool = False
    books: int = 0


def found(record: Mapping[str, Any], asked: str) -> Found:
    """Tasks of the books that an estimate of this branch and currency may use today; without a word, the first ones.

    Of a code that several have, the one that it is sold by: of the nearest and newest book.
    """
    books = sorted(_usable(record), key=_nearest, reverse=True)
    tasks: dict[str, tuple[str, Mapping[str, Any]]] = {}
    more = False
    for book in books[:3]:
        path = f"/estimates/price-books/{book['id']}/tasks"
        said = doors().maybe(path, {"items": [], "next": None}, q=asked[:200], limit=SHOWN)
        for one in said["items"]:
            tasks.setdefault(one["code"], (f"{book['id']}:{one['code']}", one))
        more = more or bool(said["next"])
    return Found(tuple(tasks.values())[:SHOWN], more or len(tasks) > SHOWN, len(books))


def _usable(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    today = place().today.isoformat()
    for one in doors().maybe_every("/estimates/price-books"):
        holds = (one["effective_from"] or today) <= today <= (one["effective_until"] or today)
        ours = one["currency"] == record["currency"] and one["branch"] in (None, record["branch"])
        if one["status"] == "active" and holds and ours:
            yield one


def _nearest(book: Mapping[str, Any]) -> tuple[bool, str, str]:
    return book["branch"] is not None, book["effective_from"] or "", book["created_at"]


def task(where: str) -> Mapping[str, Any] | None:
    """One task by book and code, as a button named it."""
    book, _, code = where.partition(":")
    if not book.replace("-", "").isalnum():
        return None
    tasks = doors().maybe(f"/estimates/price-books/{book}/tasks", {"items": []}, code=code)["items"]
    return next(iter(tasks), None)
