"""A small company of the kernel's making: what is measured is Store, Relay, Consumer, the reader and the web edge.

``desk`` takes enquiries in over HTTP; ``clerk`` makes a job of each (a record, an audit row, a fact); ``board`` keeps
a card of each (a projection); five hops pass a fact on, each with a record of its own.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Blueprint
from sqlalchemy.orm import DeclarativeBase, Mapped

from libs.common import orm
from libs.common.columns import Aggregate, Json, type_map
from libs.common.contracts.base import Event
from libs.common.service import Service, Subscriptions
from libs.common.tx import Tx
from libs.common.web import PUBLIC, Answer, Given, Listing, Page, Schema, begin, endpoint, fields, page, reading

NOWHERE = Path("/nonexistent")
HOPS = 5
KINDS = ("kitchen-remodel", "roof", "bath")
#: what every variant of every measurement is given, ours and the peers'
ENQUIRY = {
    "name": "Jordan Q. Example",
    "email": "jordan@example.com",
    "phone": "+16155550100",
    "address": "12 Sample Street, Springfield",
    "job_kind": "kitchen-remodel",
    "budget_cents": 4250000,
    "currency": "USD",
    "notes": "Wants new cabinets, worktop and a window; prefers a start in spring.",
}


@dataclass(frozen=True, kw_only=True)
class Told(Event):
    """What an enquiry says; never published itself. ``number`` tells one from the other."""

    number: int
    name_of: str
    email: str
    phone: str
    address: str
    job_kind: str
    budget_cents: int
    currency: str
    notes: str


@dataclass(frozen=True, kw_only=True)
class EnquiryMade(Told):
    name = "plumbline.enquiry.made.v1"


@dataclass(frozen=True, kw_only=True)
class JobOpened(Told):
    name = "plumbline.job.opened.v1"


def told(fact: Told) -> dict[str, Any]:
    """All but its subject, for the next fact."""
    return {field: getattr(fact, field) for field in Told.data_fields()}


def enquiry(number: int) -> dict[str, Any]:
    given = {key: value for key, value in ENQUIRY.items() if key != "name"}
    return {**given, "name_of": ENQUIRY["name"], "number": number}


class _Columns(Aggregate):
    """A record of what was told, a column each."""

    number: Mapped[int] = sa.orm.mapped_column(sa.BigInteger)
    name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    job_kind: Mapped[str]
    budget_cents: Mapped[int] = sa.orm.mapped_column(sa.BigInteger)
    currency: Mapped[str]
    notes: Mapped[str]
    status: Mapped[str]


class DeskBase(DeclarativeBase):
    type_annotation_map = type_map


class Enquiry(_Columns, DeskBase):
    __tablename__ = "enquiries"


class ClerkBase(DeclarativeBase):
    type_annotation_map = type_map


class Job(_Columns, ClerkBase):
    __tablename__ = "jobs"


class HopBase(DeclarativeBase):
    type_annotation_map = type_map


class Step(_Columns, HopBase):
    __tablename__ = "steps"


BOARD = sa.MetaData()
CARDS = sa.Table(
    "cards",
    BOARD,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("job_kind", sa.Text, nullable=False),
    sa.Column("budget_cents", sa.BigInteger, nullable=False),
    sa.Column("told", Json, nullable=False),
)
DESK_TABLES, CLERK_TABLES = orm.kernel_tables(DeskBase.metadata), orm.kernel_tables(ClerkBase.metadata)
HOP_TABLES, BOARD_TABLES = orm.kernel_tables(HopBase.metadata), orm.kernel_tables(BOARD)

# -- clerk: a handler as services have them

clerk_hears = Subscriptions()


@clerk_hears.on(EnquiryMade)
def open_job(tx: Tx, fact: EnquiryMade) -> None:
    job = tx.new(Job, **_fields(fact))
    tx.publish(JobOpened(subject=job.id, **told(fact)), of=job)


def _fields(fact: Told) -> dict[str, Any]:
    given = told(fact)
    return {"name": given.pop("name_of"), **given, "status": "new"}


# -- board: a projection

board_hears = Subscriptions()
PIN = sa.insert(CARDS)


@board_hears.on(EnquiryMade)
def pin(tx: Tx, fact: EnquiryMade) -> None:
    some = {"number": fact.number, "job_kind": fact.job_kind, "budget_cents": fact.budget_cents}
    tx.deferred.run(PIN, {"subject": fact.subject, **some, "told": told(fact)})


# -- five hops

MOVED: list[Any] = [
    type(f"Moved{one}", (Told,), {"name": f"plumbline.hop_{'abcdef'[one]}.moved.v1", "__doc__": "It went on."})
    for one in range(HOPS + 1)
]


def _hop(place: int) -> Service:
    """The service that hears of one move and makes the next."""
    hears = Subscriptions()

    @hears.on(MOVED[place], awaited=True)
    def move(tx: Tx, fact: Told) -> None:
        step = tx.new(Step, **_fields(fact))
        tx.publish(MOVED[place + 1](subject=step.id, **told(fact)), of=step)

    return Service(f"hop{place}", f"Hop {place}", HopBase.metadata, HOP_TABLES, NOWHERE, subscriptions=hears)


# -- desk: a write of the kernel alone, and a list


class EnquiryIn(Schema):
    name = fields.Name(required=True)
    email = fields.Email(required=True)
    phone = fields.Phone(required=True)
    address = fields.Text(required=True, max_length=300)
    job_kind = fields.Code(KINDS, required=True)
    budget_cents = fields.Whole(required=True, least=0, most=10**12)
    currency = fields.Text(required=True, max_length=3)
    notes = fields.Text(max_length=2000, load_default="")


class EnquiryOut(Schema):
    id = fields.Uuid()
    status = fields.Text()


class EnquiryRow(EnquiryIn):
    id = fields.Uuid()
    status = fields.Text()
    created_at = fields.Instant()


bp = Blueprint("desk", __name__, url_prefix="/api/v1/desk")


@bp.post("/enquiries")
@endpoint(may=PUBLIC, body=EnquiryIn, answer=EnquiryOut, status=201, idempotent=False)
def take(given: Given) -> Answer:
    """Validated, a record, its fact in the outbox."""
    with begin(keyed=False) as tx:
        found = tx.new(Enquiry, number=0, status="new", **given)
        name_of = given.pop("name")
        tx.publish(EnquiryMade(subject=found.id, number=0, name_of=name_of, **given), of=found)
        return tx.answer(EnquiryOut(), found, 201)


LISTING = Listing(Enquiry, sa.select(Enquiry))


@bp.get("/enquiries")
@endpoint(may=PUBLIC, query=Page, answer=EnquiryRow, many=True)
def enquiries(asked: Given) -> Answer:
    """The newest."""
    with reading() as tx:
        return page(tx, LISTING, EnquiryRow, asked)


SERVICES = {
    one.name: one
    for one in (
        Service("desk", "Desk", DeskBase.metadata, DESK_TABLES, NOWHERE, blueprints=lambda: (bp,)),
        Service("clerk", "Clerk", ClerkBase.metadata, CLERK_TABLES, NOWHERE, subscriptions=clerk_hears),
        Service("board", "Board", BOARD, BOARD_TABLES, NOWHERE, subscriptions=board_hears),
        *(_hop(place) for place in range(HOPS)),
    )
}
#: who may publish which stream
PUBLISHERS = {"enquiry": "desk", "job": "clerk", "hop_a": "desk"} | {
    f"hop_{'abcdef'[place + 1]}": f"hop{place}" for place in range(HOPS)
}
