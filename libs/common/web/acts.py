"""What a view writes between reading and answering: open, find what the caller may see, answer."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from flask import request
from marshmallow import Schema

from libs.common import eagerload, idempotency, rowlocks
from libs.common.auth import Caller, May
from libs.common.columns import Aggregate
from libs.common.errors import NotFound
from libs.common.idempotency import Answer
from libs.common.scoping import in_scope, scoped
from libs.common.tx import Tx
from libs.common.web.body import request_key
from libs.common.web.context import caller, if_match, origin, rule, store

Record = TypeVar("Record", bound=Aggregate)


@contextmanager
def begin(*, keyed: bool = True) -> Iterator[Tx]:
    """The act's transaction, with the request's Idempotency-Key.

    A view that needs several gives ``keyed=False`` to all but the one that answers.
    """
    with store().begin(origin(request_key() if keyed else None)) as tx:
        yield tx


def demand_new_request() -> None:
    """For a view that commits before it answers: a repeat, or a key used for another body, has no effect at all."""
    idempotency.demand_new(store(), request_key())


@contextmanager
def reading() -> Iterator[Tx]:
    """A look that changes nothing and waits for nobody."""
    with store().reading(origin()) as tx:
        tx.session.info["reading"] = True
        yield tx


def visible(tx: Tx, kind: type[Record], ident: UUID, permission: May | None = None) -> Record:
    """The record, whole, if it is in the caller's scope; locked unless in ``reading()``. Raises NotFound.

    In a changing request a record that the path names is held against If-Match, if given.
    """
    looking = bool(tx.session.info.get("reading", False))
    permission = permission or rule().permissions
    which: Any = kind  # functools wants to be told that a class can be hashed
    statement = _in_scope(which, caller(), permission, looking) if permission else _any(which, looking)
    given = {"ident": ident}
    if looking:
        row = eagerload.fetch(tx, statement, given)
    else:
        row = eagerload.fetch_for_update(tx, which, rowlocks.lock_by_id(which), statement, given)
    if row is None:
        raise NotFound(f"there is no {kind.__name__.lower()} {ident}")
    record: Record = row[0]
    if not looking and if_match() is not None and ident in (request.view_args or {}).values():
        tx.expect(record, if_match())
    return record


@functools.lru_cache(maxsize=1000)
def _in_scope(kind: Any, who: Caller, permission: May, looking: bool) -> sa.Select[Any]:
    """Made once for each who asks: making it, and finding what it was compiled to, took longer than running it."""
    return scoped(_any(kind, looking), kind, who, permission, one=True)


@functools.lru_cache(maxsize=100)
def _any(kind: Any, looking: bool) -> sa.Select[Any]:
    statement = eagerload.selecting(kind) if looking else eagerload.selecting_for_update(kind)
    return statement.where(kind.id == sa.bindparam("ident"))


def location(path: str, record: Aggregate, permission: May) -> dict[str, str]:
    """Where a record just made is: no header when it is another branch's and the caller would find nothing there."""
    return {"Location": f"{path}/{record.id}"} if in_scope(record, caller(), permission) else {}


def one(tx: Tx, schema: type[Schema], record: Any) -> Answer:
    """The answer to a GET of one record: with its ETag, or 304 when the caller has just this."""
    return unless_seen(tx.answer(schema(), record))


def unless_seen(answer: Answer) -> Answer:
    """The answer, or 304 when the caller has it."""
    tag = answer[2].get("ETag")
    if tag is not None and request.if_none_match.contains_weak(tag.strip('"')):
        return b"", 304, {"ETag": tag}
    return answer
