"""Three tiny services over the kernel's real tables: a desk takes orders, a yard writes slips, a board shows both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped

from libs.common import orm
from libs.common.columns import Aggregate, type_map
from libs.common.contracts import base
from libs.common.contracts.base import Event
from libs.common.errors import NotYet
from libs.common.orm import Tables
from libs.common.service import Handler, Subscriptions, TimerHandler
from libs.common.tx import Tx


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


class Mood(Protocol):
    """What a world lets happen inside a handler."""

    def mood(self, service: str, stream: str, note: str) -> None: ...

    def given_up(self, service: str, stream: str, note: str) -> bool: ...


def subscriptions(name: str, world: Mood, wrap: Callable[[Handler], Handler]) -> Subscriptions:
    """What the service does about each fact: an effect, and at the yard a slip with a fact of its own."""
    mine = Subscriptions()
    note_down, look_up = STATEMENTS.get(name, (None, None))

    def hear(tx: Tx, fact: OrderTold | SlipWritten) -> None:
        stream = fact.aggregate()
        if stream == "slip" and not _heard(tx, fact) and not world.given_up(name, "order", fact.note):
            raise NotYet("the order's own fact has not come")
        row = {"stream": stream, "subject": fact.subject, "note": fact.note, "event": tx.origin.causation}
        tx.execute(note_down, row)
        if name == "yard":
            slip = tx.session.get(Slip, fact.subject) or tx.new(Slip, fact.subject, note=fact.note)
            slip.note = fact.note
            tx.publish(SlipWritten(subject=slip.id, note=fact.note), of=slip)
        world.mood(name, stream, fact.note)

    def _heard(tx: Tx, fact: OrderTold | SlipWritten) -> bool:
        return tx.execute(look_up, {"of": fact.subject, "named": fact.note}).first() is not None

    for kind in (OrderTold, SlipWritten):
        if kind.aggregate() in STREAMS[name]:
            mine.on(kind)(wrap(hear))
    return mine


def tell(tx: Tx, order: Order, *notes: str) -> None:
    for note in notes:
        order.note = note
        kind = OrderFiled if note.endswith("~") else OrderTold
        tx.publish(kind(subject=order.id, note=note), of=order)


def nudges(latest: Callable[[], datetime]) -> TimerHandler:
    """What the desk's timer does: it says so in the order's stream. ``latest`` knows no clock that jumps back."""

    def nudge(tx: Tx, subject: UUID, payload: dict[str, Any]) -> None:
        tell(tx, tx.get(Order, subject), payload["note"] + "!")
        early = latest() < datetime.fromisoformat(payload["due"])
        tx.execute(sa.insert(FIRED), {"note": payload["note"], "early": early})

    return nudge
