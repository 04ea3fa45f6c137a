"""Lists by cursor: where the page before ended, never how many rows to skip."""

import base64
import binascii
import functools
import hashlib
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa
from flask import request
from marshmallow import Schema as AnySchema

from libs.common.columns import UtcDateTime
from libs.common.errors import Fault, Invalid
from libs.common.idempotency import Answer
from libs.common.schema.fields import Instant, Uuid
from libs.common.schema.listing import DEFAULT
from libs.common.schema.value import Value
from libs.common.tx import Tx
from libs.common.web.listings import Beyond, Condition, Listing, Reader, made, reader

NEWEST = "-created_at"


def page(tx: Tx, listing: Listing, schema: type[AnySchema], asked: Mapping[str, Any], *more: Condition) -> Answer:
    """``{items, next}`` of what this caller may see, newest first unless ``sort`` says otherwise.

    ``more`` is what a question comes to that has no parameter.
    """
    rows, following = piece(tx, listing, reader(), schema, asked, *more)
    headers = {"Content-Type": "application/json"}
    if following:
        where = urlencode({**request.args.to_dict(), "cursor": following})
        headers["Link"] = f'<{request.path}?{where}>; rel="next"'
    return msgspec.json.encode({"items": rows, "next": following}), 200, headers


def piece(
    tx: Tx, listing: Listing, by: Reader, schema: type[AnySchema], asked: Mapping[str, Any], *more: Condition
) -> tuple[list[Any], str | None]:
    """The rows behind the cursor that is asked for, at most ``limit``, and the cursor behind them, if any follow."""
    kind, sort, limit = listing.kind, asked.get("sort") or NEWEST, asked.get("limit", DEFAULT)
    column = getattr(kind, sort.lstrip("-"))
    names = listing.narrowed.keys() & asked.keys()
    given = {name: asked[name] for name in names} | {"most_rows": limit + 1}
    beyond = None
    if "cursor" in asked:
        value, ident = _read(asked["cursor"], sort, kind, column)
        beyond = Beyond.NOTHING if value is None else Beyond.VALUE
        given |= {"last_id": ident} | ({} if value is None else {"last_value": value})
    statement = made(listing, frozenset(names), by, sort, beyond)
    if more:
        statement = statement.where(*more)
    rows, ends = _read_and_show(tx, statement, given, schema, kind, column)
    following = _cursor(*ends(limit - 1), sort, kind) if len(rows) > limit else None
    return rows[:limit], following


def items(schema: type[AnySchema], rows: Any) -> Answer:
    """A short list, whole: ``{items, next: null}``."""
    return msgspec.json.encode({"items": shown(schema, rows), "next": None}), 200, {"Content-Type": "application/json"}


def shown(schema: type[AnySchema], rows: Any) -> Any:
    """The rows as the schema shows them."""
    return schema().dump(rows, many=True)


def _read_and_show(
    tx: Tx, statement: sa.Select[Any], given: Mapping[str, Any], schema: type[AnySchema], kind: Any, column: Any
) -> tuple[list[Any], Callable[[int], tuple[Any, Any]]]:
    """What a list shows, and for a place in it (the value it is sorted by, id).

    Where only columns are shown they are read as rows: making records of them costs as much again.
    """
    ways = _columns(schema, kind)
    if ways is None:
        records = tx.session.scalars(statement, given).all()
        return shown(schema, records), lambda place: (getattr(records[place], column.key), records[place].id)
    result = tx.execute(statement, given)
    names = list(result.keys())
    if len(set(names)) < len(names):
        raise TypeError(f"{schema.__name__} shows columns only, so its list need not join anything to them")
    at, rows = {name: place for place, name in enumerate(names)}, result.all()
    keys, taken = [name for name, *_ in ways], operator.itemgetter(*(at[column_name] for _, column_name, _ in ways), 0)
    items = [dict(zip(keys, taken(row), strict=False)) for row in rows]  # the 0 is for a schema of one field: a tuple
    for name, _, field in ways:
        kind_of_field: Any = type(field)
        if not _as_it_is(kind_of_field):
            for item in items:
                if item[name] is not None:
                    item[name] = field._serialize(item[name], name, item)
    return items, lambda place: (rows[place][at[column.key]], rows[place][at["id"]])


@functools.cache
def _as_it_is(field: Any) -> bool:
    """Whether JSON shows a column's value as this field does: as what it is, or as msgspec writes ids and instants."""
    return field in (Uuid, Instant) or (field._serialize is Value._serialize and field.show is Value.show)


@functools.cache
def _columns(schema: type[AnySchema], kind: Any) -> list[tuple[str, str, Any]] | None:
    """Each field's name in JSON, its column and itself, if all that the schema shows are columns of the record."""
    ways = [(field.data_key or name, field.attribute or name, field) for name, field in schema().dump_fields.items()]
    columns = {one.key for one in sa.inspect(kind).column_attrs if one.columns[0].name == one.key}
    return ways if columns.issuperset(column for _, column, _ in ways) else None


def _cursor(value: Any, ident: Any, sort: str, kind: type[Any]) -> str:
    said = msgspec.json.encode([value, str(ident)], enc_hook=str)
    return base64.urlsafe_b64encode(_mark(said, sort, kind) + said).rstrip(b"=").decode()


def _read(cursor: str, sort: str, kind: type[Any], column: Any) -> tuple[Any, Any]:
    """Raises Invalid for a cursor of another list or order, or one that was tampered with."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mark, said = raw[:8], raw[8:]
        if mark != _mark(said, sort, kind) or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != cursor:
            raise ValueError("not given out by this list")
        value, ident = msgspec.json.decode(said)
        if value is not None:
            value = _demand_fit(msgspec.convert(value, _kind(column), strict=False), column)
        return value, msgspec.convert(ident, kind.id.type.python_type, strict=False)
    except (ValueError, TypeError, ArithmeticError, binascii.Error, msgspec.DecodeError) as wrong:
        fault = Fault("?cursor", "is not one that this list gave out for this order")
        raise Invalid("the cursor cannot be used; start without one", errors=[fault]) from wrong


def _kind(column: Any) -> type:
    return datetime if isinstance(column.type, UtcDateTime) else column.type.python_type


def _demand_fit(value: Any, column: Any) -> Any:
    """The value, as either database can compare it with the column's. Raises ValueError or ArithmeticError."""
    if hasattr(column.type, "demand_fit"):
        column.type.demand_fit(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if (isinstance(value, int) and not -(2**63) <= value < 2**63) or (isinstance(value, str) and "\0" in value):
        raise ValueError("no database holds this")
    return value


def _mark(said: bytes, sort: str, kind: type[Any]) -> bytes:
    """A cursor is checked, not secret: it reaches nothing that the list's own scope would not show."""
    return hashlib.blake2b(said, digest_size=8, key=f"{kind.__name__}{sort}".encode()[:64]).digest()
