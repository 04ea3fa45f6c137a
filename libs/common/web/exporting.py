"""``?format=csv``: a list as a file for a spreadsheet, whole, as it is narrowed, sorted and seen by who asks for it."""

import copy
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema as AnySchema

from libs.common import people
from libs.common.csvwriting import CONTENT_TYPE, line
from libs.common.idempotency import Answer
from libs.common.schema.fields import Instant
from libs.common.schema.strict import Schema
from libs.common.tx import Tx
from libs.common.web.context import origin, store
from libs.common.web.listings import Condition, Listing, reader
from libs.common.web.paging import page, piece
from libs.common.workhours import zone

CSV = "csv"
AS_FILE = ("text/csv",)  #: what such a list answers beside its pages
PIECE = 500  #: rows that are in memory at once, each piece read by itself: nothing is held open for a slow reader


@dataclass(frozen=True)
class Sheet:
    """A list's file: what it is called, and its columns, each with where in a row of the list its value stands.

    A point goes into a part, and a list gives all that it holds. ``team_id``, ``branch`` and the ids of people are told
    by name, times by the clock of the row's branch, in UTC where it has none.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)

    @functools.cached_property
    def paths(self) -> list[list[str]]:
        return [path.split(".") for path in self.columns.values()]


def same(*names: str) -> dict[str, str]:
    """Columns that are called as the list calls them."""
    return {name: name for name in names}


def listed(
    tx: Tx, listing: Listing, schema: type[AnySchema], asked: dict[str, Any], sheet: Sheet, *more: Condition
) -> Answer | Response:
    """A page of the list or, asked for so, all of it as a file; ``limit`` and ``cursor`` are of pages only."""
    if asked.get("format") != CSV:
        return page(tx, listing, schema, asked, *more)
    cells, by = _cells(schema, frozenset(path[0] for path in (*sheet.paths, ["branch"]))), reader()

    def read(tx: Tx, asked: dict[str, Any]) -> tuple[list[Any], str | None]:
        return piece(tx, listing, by, cells, asked, *more)

    wanted = {name: value for name, value in asked.items() if name != "cursor"} | {"limit": PIECE}
    begin = functools.partial(store().reading, origin())
    first = _lines(tx, sheet, cells, *read(tx, asked=wanted))  # at once, while a trouble can still be told
    named = {"Content-Disposition": f'attachment; filename="{sheet.name}.csv"', "Cache-Control": "no-store"}
    content = (text.encode() for text in chain((line(sheet.columns),), _all(first, sheet, cells, read, wanted, begin)))
    return Response(content, content_type=CONTENT_TYPE, headers=named)


@functools.cache
def _cells(schema: type[AnySchema], names: frozenset[str]) -> type[AnySchema]:
    """The list's schema with the fields that the file shows, and no other: what it costs us is in none of them."""
    declared = {name: copy.deepcopy(one) for name, one in schema._declared_fields.items() if name in names}
    return type(f"{schema.__name__}Cells", (Schema,), declared)


def _all(
    first: tuple[str, str | None],
    sheet: Sheet,
    cells: type[AnySchema],
    read: Callable[..., tuple[list[Any], str | None]],
    wanted: dict[str, Any],
    begin: Callable[[], AbstractContextManager[Tx]],
) -> Iterator[str]:
    """All rows, piece by piece, each where the one before it ended."""
    text, following = first
    yield text
    while following is not None:
        with begin() as tx:
            text, following = _lines(tx, sheet, cells, *read(tx, asked=wanted | {"cursor": following}))
        yield text


def _lines(
    tx: Tx, sheet: Sheet, cells: type[AnySchema], rows: list[Any], following: str | None
) -> tuple[str, str | None]:
    moments = {name for name, one in cells().fields.items() if isinstance(one, Instant)}
    called, zones = _called(tx, sheet, rows), _zones(tx, rows)
    text = []
    for row in rows:
        there = zones.get(_id(row.get("branch")), UTC)
        row |= {name: _local(row[name], there) for name in moments}
        row |= {name: called.get(_id(row[name]), row[name]) for name in row if _is_somebody(name)}
        text.append(line(_at(row, path) for path in sheet.paths))
    return "".join(text), following


def _at(value: Any, path: list[str]) -> Any:
    for place, step in enumerate(path):
        if isinstance(value, list):
            return [_at(one, path[place:]) for one in value]
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _is_somebody(name: str) -> bool:
    return name == "branch" or name.endswith("_id")


def _called(tx: Tx, sheet: Sheet, rows: list[Any]) -> dict[UUID | None, str]:
    """What whoever the rows name by an id is called."""
    ids = {path[0]: {_id(row[path[0]]) for row in rows} - {None} for path in sheet.paths if _is_somebody(path[0])}
    found: dict[Any, str] = {}
    for name, those in ids.items():
        of = {"branch": people.branch, "team_id": people.team}.get(name)
        found.update(_named(tx, of, those) if of else people.names(tx, list(those)))
    return found


def _named(tx: Tx, of: Callable[[Tx, UUID | None], Any], those: Iterable[UUID | None]) -> dict[UUID | None, str]:
    return {one: str((of(tx, one) or {}).get("name", "")) for one in those}


def _zones(tx: Tx, rows: list[Any]) -> dict[UUID | None, Any]:
    every = {_id(row.get("branch")) for row in rows} - {None}
    return {one: zone(people.branch(tx, one) or {}) for one in every}


def _id(value: Any) -> UUID | None:
    return value if value is None or isinstance(value, UUID) else UUID(str(value))


def _local(value: Any, there: Any) -> str | None:
    """As a spreadsheet reads a time: 2026-03-01 09:30:00."""
    if value is None:
        return None
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return at.astimezone(there).strftime("%Y-%m-%d %H:%M:%S")
