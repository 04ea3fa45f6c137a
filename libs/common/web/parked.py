"""``/parked``: what could not be applied here, and what people decide about it."""

import base64
import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint
from sqlalchemy import orm

from libs.common import parked
from libs.common.errors import Missing, NotFound
from libs.common.idempotency import Answer
from libs.common.schema import Page, fields
from libs.common.schema.strict import Given, Schema
from libs.common.tx import Tx
from libs.common.web.acts import begin, one, reading
from libs.common.web.allowed import Allowed
from libs.common.web.context import edge
from libs.common.web.endpoint import endpoint
from libs.common.web.listings import Listing, equal
from libs.common.web.paging import page


class Parked:
    """A parked row, as it is shown."""

    branch = None
    id: Any
    body: bytes
    reason: Any

    def open_actions(self) -> Sequence[str]:
        return ("replay", "discard")

    def missing(self, _action: str, /) -> Sequence[Missing]:
        return ()

    @property
    def text(self) -> str | None:
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return None

    @property
    def raw(self) -> str:
        return base64.b64encode(self.body).decode()


@functools.cache
def kind_of(table: sa.Table) -> type[Any]:
    """The class of a service's parked rows: each service has a table of its own."""
    kind = type("Parked", (Parked,), {})
    shown = {"created_at": table.c.parked_at, "body": orm.deferred(table.c.body)}
    orm.registry().map_imperatively(kind, table, properties=shown)
    return kind


class Digits(fields.Text):
    """A whole number as text, as envelopes and ids have it."""

    def show(self, value: Any) -> str:
        return str(value)


class ParkedOut(Schema):
    id = Digits()
    producer = fields.Text()
    subject = fields.Uuid(attribute="agg")
    sequence = Digits(attribute="agg_seq")
    event_id = fields.Text()
    type = fields.Text()
    reason = fields.Text()
    detail = fields.Text()
    blocks = fields.Flag()
    parked_at = fields.Instant(attribute="created_at")
    allowed = Allowed({"replay": "parked.admin", "discard": "parked.admin"})


class ParkedWhole(ParkedOut):
    """With what arrived: as text where it is text, and to the byte."""

    body = fields.Text(attribute="text")
    body_base64 = fields.Text(attribute="raw")
    waiting = fields.Whole()


class Decided(Schema):
    """What was parked, and what became of it."""

    id = Digits()
    outcome = fields.Code(("replayed", "discarded"))
    producer = fields.Text()
    subject = fields.Uuid(attribute="agg")
    sequence = Digits(attribute="agg_seq")
    type = fields.Text()
    reason = fields.Text()


class ParkedQuery(Page):
    reason = fields.Text(max_length=40, blank=False)
    producer = fields.Text(max_length=40, blank=False)
    type = fields.Text(max_length=200, blank=False)
    subject = fields.Uuid()


class Discard(Schema):
    note = fields.Text(max_length=500)


def add(bp: Blueprint) -> None:
    bp.get("/parked")(parked_list)
    bp.get("/parked/<parked_id>")(parked_one)
    bp.post("/parked/<parked_id>/replay")(parked_replay)
    bp.post("/parked/<parked_id>/discard")(parked_discard)


@endpoint(may=("parked.read", "parked.admin"), query=ParkedQuery, answer=ParkedOut, many=True)
def parked_list(asked: Given) -> Answer:
    """What could not be applied here, newest first."""
    with reading() as tx:
        kind: Any = kind_of(tx.tables.parked)  # functools wants to be told that a class can be hashed
        return page(tx, _listing(kind), ParkedOut, asked)


@functools.cache
def _listing(kind: Any) -> Listing:
    narrowed = equal(reason=kind.reason, producer=kind.producer, type=kind.type, subject=kind.agg)
    return Listing(kind, sa.select(kind), narrowed)


@endpoint(may=("parked.read", "parked.admin"), answer=ParkedWhole)
def parked_one(parked_id: str) -> Answer:
    """One of them, with the reason, the bytes as they came and how many wait behind it."""
    with reading() as tx:
        found = tx.session.get(kind_of(tx.tables.parked), number(parked_id))
        if found is None:
            raise NotFound(f"nothing is parked here as {parked_id}")
        found.waiting = _waiting(tx, found)
        return one(tx, ParkedWhole, found)


@endpoint(may="parked.admin", answer=Decided)
def parked_replay(parked_id: str) -> Answer:
    """Give it back to its record, with all its tries; what waited behind it follows in order."""
    with begin() as tx:
        row = parked.replay(tx, number(parked_id), edge().service.commands)
        return tx.answer(Decided(), {**row._mapping, "outcome": "replayed"})


@endpoint(may="parked.admin", body=Discard, answer=Decided)
def parked_discard(parked_id: str, given: Given) -> Answer:
    """Give it up for good; its record goes on behind it."""
    with begin() as tx:
        row = parked.discard(tx, number(parked_id), given.get("note") or "")
        return tx.answer(Decided(), {**row._mapping, "outcome": "discarded"})


def number(text: str) -> int:
    """The row that a path names. Raises NotFound for what can be none."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound("nothing is parked here under that number")
    return int(text)


def _waiting(tx: Tx, found: Any) -> int:
    held = tx.tables.held
    behind = sa.select(sa.func.count()).where(held.c.producer == found.producer, held.c.agg == found.agg)
    return int(tx.execute(behind).scalar_one()) if found.agg is not None else 0
