"""``/audit``: who changed what from what to what, when, through which client; and who was refused what."""

import functools
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from flask import Blueprint
from sqlalchemy import orm

from libs.common import audit as audits
from libs.common.idempotency import Answer
from libs.common.schema import Page, fields
from libs.common.schema.strict import Given, Schema
from libs.common.web.acts import reading
from libs.common.web.endpoint import endpoint
from libs.common.web.listings import Listing, equal
from libs.common.web.paging import page
from libs.common.web.parked import Digits

STRETCH = 1000  #: rows that one request checks


class Audited:
    """A row of the audit, as it is shown."""

    branch = None


@functools.cache
def kind_of(table: sa.Table) -> type[Any]:
    """The class of a service's rows: each service has a table of its own."""
    kind = type("Audited", (Audited,), {})
    orm.registry().map_imperatively(kind, table)
    return kind


class AuditOut(Schema):
    """``changes`` has each field's value before and after. ``position`` and ``hash`` bind a row to all before it."""

    id = Digits()
    at = fields.Instant()
    actor = fields.Text()
    action = fields.Text()
    kind = fields.Text()
    subject = fields.Text()
    changes = fields.Raw(like=dict[str, list[Annotated[Any, msgspec.Meta(description="Before, then after.")]]])
    request = fields.Text()
    client = fields.Text()
    position = fields.Whole()
    hash = fields.Text()


class AuditQuery(Page):
    subject = fields.Text(max_length=80, blank=False)
    actor = fields.Text(max_length=80, blank=False)
    kind = fields.Text(max_length=60, blank=False)


class ChainOut(Schema):
    """``position`` is the last that holds, ``hash`` its link; ``broken_at`` the first that does not follow, if any."""

    rows = fields.Whole()
    position = fields.Whole()
    hash = fields.Text()
    broken_at = fields.Whole(allow_none=True)
    more = fields.Flag()


class ChainQuery(Schema):
    after = fields.Whole(least=0, most=2**53)


def add(bp: Blueprint) -> None:
    bp.get("/audit")(audit)
    bp.get("/audit/chain")(chain)


@endpoint(may="audit.read", query=AuditQuery, answer=AuditOut, many=True)
def audit(asked: Given) -> Answer:
    """Who changed which record of this service's from what to what, when and how, newest first; and what was denied."""
    asked = {**asked, "sort": "-id"}  # as they were written, which has an index: by ``at``, all would be sorted
    with reading() as tx:
        kind: Any = kind_of(tx.tables.audit)  # functools wants to be told that a class can be hashed
        return page(tx, _listing(kind), AuditOut, asked)


@functools.cache
def _listing(kind: Any) -> Listing:
    return Listing(kind, sa.select(kind), equal(subject=kind.subject, actor=kind.actor, kind=kind.kind))


@endpoint(may="audit.read", query=ChainQuery, answer=ChainOut)
def chain(asked: Given) -> Answer:
    """Whether a row was altered or taken out: 1,000 of them ``after`` a position, each against the one before."""
    with reading() as tx:
        return tx.answer(ChainOut(), audits.check(tx, asked.get("after", 0), STRETCH))
