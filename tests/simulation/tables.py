"""What three tiny services have on their disks beside the kernel's real tables, and the facts they tell."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped

from libs.common import orm
from libs.common.columns import Aggregate, type_map
from libs.common.contracts import base
from libs.common.contracts.base import Event
from libs.common.orm import Tables


@dataclass(frozen=True, kw_only=True)
class OrderTold(Event):
    """Something happened to an order; the note says which act, and which of its facts."""

    name = "plumbline.order.told.v1"
    note: str


@dataclass(frozen=True, kw_only=True)
class SlipWritten(Event):
    """The yard wrote a line on an order's slip, for the order's fact of the same note."""

    name = "plumbline.slip.written.v1"
    note: str


@dataclass(frozen=True, kw_only=True)
class OrderFiled(Event):
    """Nobody reacts to this one, but it has its number in the order's stream. Its note ends in ``~``."""

    name = "plumbline.order.filed.v1"
    note: str


FACTS = (OrderTold, OrderFiled, SlipWritten)
for kind in FACTS:  # they are no part of Plumbline: documents made in this process must not list them
    del base._registry[kind.name]


@contextmanager
def known() -> Iterator[None]:
    """The facts can be read while this is open."""
    base._registry.update({kind.name: kind for kind in FACTS})
    try:
        yield
    finally:
        for kind in FACTS:
            base._registry.pop(kind.name, None)


class DeskBase(DeclarativeBase):
    type_annotation_map = type_map


class YardBase(DeclarativeBase):
    type_annotation_map = type_map


class BoardBase(DeclarativeBase):
    type_annotation_map = type_map


BASES = {"desk": DeskBase, "yard": YardBase, "board": BoardBase}
TABLES: dict[str, Tables] = {name: orm.kernel_tables(one.metadata) for name, one in BASES.items()}
STREAMS = {"desk": (), "yard": ("order",), "board": ("order", "slip")}  #: what each service hears
PRODUCERS = {"order": "desk", "slip": "yard"}


class Order(Aggregate, DeskBase):
    __tablename__ = "orders"

    note: Mapped[str]


class Slip(Aggregate, YardBase):
    __tablename__ = "slips"

    note: Mapped[str]


#: each act of the desk, each nudge that fired, each effect of a fact: no row is unique, so that twice shows as two
DONE = sa.Table(
    "done",
    DeskBase.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("note", sa.Text),
    sa.Column("subject", sa.Uuid),
)
FIRED = sa.Table(
    "fired",
    DeskBase.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("note", sa.Text),
    sa.Column("early", sa.Boolean),
)
EFFECTS = {
    name: sa.Table(
        "effects",
        BASES[name].metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("stream", sa.Text),
        sa.Column("subject", sa.Uuid),
        sa.Column("note", sa.Text),
        sa.Column("event", sa.Text),
    )
    for name in ("yard", "board")
}
STATEMENTS = {
    name: (
        sa.insert(one),
        sa.select(one.c.id).where(
            one.c.stream == "order", one.c.subject == sa.bindparam("of"), one.c.note == sa.bindparam("named")
        ),
    )
    for name, one in EFFECTS.items()
}
ACTED, NUDGED = sa.insert(DONE), sa.insert(FIRED)
SLIP = sa.select(Slip).where(Slip.id == sa.bindparam("of"))
