"""Two tiny services for the suites: a maker of things, and takers that write down what they heard of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped

from libs.common import orm
from libs.common.columns import Aggregate, Exact, UtcDateTime, type_map
from libs.common.consumer import Consumer
from libs.common.contracts import base
from libs.common.contracts.base import Event
from libs.common.orm import Database
from libs.common.service import Service, Subscriptions
from libs.common.store import Store
from libs.common.tx import Tx

NOWHERE = Path("/nonexistent")


@dataclass(frozen=True, kw_only=True)
class ThingMade(Event):
    """A thing was made. Its note says how takers feel about it."""

    name = "plumbline.thing.made.v1"
    note: str


@dataclass(frozen=True, kw_only=True)
class ThingChanged(Event):
    name = "plumbline.thing.changed.v1"
    note: str


@dataclass(frozen=True, kw_only=True)
class ThingForgotten(Event):
    """Nobody reacts to this one, but its stream is bound."""

    name = "plumbline.thing.forgotten.v1"


FACTS = (ThingMade, ThingChanged, ThingForgotten)
for kind in FACTS:  # they are no part of Plumbline: documents made in this process must not list them
    del base._registry[kind.name]


@contextmanager
def known() -> Iterator[None]:
    """The throw-away facts can be read while this is open."""
    base._registry.update({kind.name: kind for kind in FACTS})
    try:
        yield
    finally:
        for kind in FACTS:
            base._registry.pop(kind.name, None)


@pytest.fixture(autouse=True)
def throwaway_facts() -> Iterator[None]:
    with known():
        yield


class MakerBase(DeclarativeBase):
    type_annotation_map = type_map


MAKER_TABLES = orm.kernel_tables(MakerBase.metadata)


class Thing(Aggregate, MakerBase):
    __tablename__ = "things"

    note: Mapped[str]
    price: Mapped[sa.Numeric | None] = sa.orm.mapped_column(Exact(14, 3), default=None)
    seen_at: Mapped[object | None] = sa.orm.mapped_column(UtcDateTime, default=None)
    pieces: Mapped[list["Piece"]] = sa.orm.relationship(cascade="all, delete-orphan", lazy="raise")


class Piece(MakerBase):
    __tablename__ = "pieces"

    id: Mapped[UUID] = sa.orm.mapped_column(primary_key=True)
    thing_id: Mapped[UUID] = sa.orm.mapped_column(sa.ForeignKey("things.id"))
    note: Mapped[str]


TAKER_METADATA = sa.MetaData()
TAKER_TABLES = orm.kernel_tables(TAKER_METADATA)
EFFECTS = sa.Table(
    "effects",
    TAKER_METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

MAKER = Service("maker", "Maker", MakerBase.metadata, MAKER_TABLES, NOWHERE)


def make(tx: Tx, *notes: str) -> UUID:
    """A thing with a fact for each note, in one act."""
    thing = tx.new(Thing, note=notes[0])
    tx.publish(ThingMade(subject=thing.id, note=notes[0]), of=thing)
    change(tx, thing.id, *notes[1:])
    return thing.id


def change(tx: Tx, ident: UUID, *notes: str) -> None:
    thing = tx.get(Thing, ident)
    for note in notes:
        thing.note = note
        fact = ThingForgotten(subject=ident) if note == "forgotten" else ThingChanged(subject=ident, note=note)
        tx.publish(fact, of=thing)


class Killed(BaseException):
    """Stands for the end of the process: nothing that catches errors may catch this."""


@dataclass
class Taker:
    """A subscriber. ``moods`` are called for facts whose note they are named after, before their effect."""

    name: str
    store: Store
    moods: dict[str, Callable[[Tx], None]] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        subscriptions = Subscriptions()
        for kind in (ThingMade, ThingChanged):
            subscriptions.on(kind)(self._hear)
        self.service = Service(self.name, self.name, TAKER_METADATA, TAKER_TABLES, NOWHERE, subscriptions=subscriptions)
        self.consumer = Consumer(self.store, subscriptions)

    def _hear(self, tx: Tx, fact: ThingMade | ThingChanged) -> None:
        self.tried.append(fact.note)
        tx.session.execute(sa.insert(EFFECTS).values(subject=fact.subject, note=fact.note))
        if fact.note in self.moods:
            self.moods[fact.note](tx)

    def heard(self, subject: UUID) -> list[str]:
        """The notes of a thing, in the order in which they took effect."""
        with self.store.reading() as tx:
            rows = sa.select(EFFECTS.c.note).where(EFFECTS.c.subject == subject).order_by(EFFECTS.c.id)
            return list(tx.session.scalars(rows))

    def position(self, subject: UUID) -> int:
        table = self.store.tables.stream_pos
        with self.store.reading() as tx:
            return tx.session.scalar(sa.select(table.c.last_seq).where(table.c.agg == subject)) or 0

    def parked(self) -> list[sa.Row[tuple[object, ...]]]:
        with self.store.reading() as tx:
            table = self.store.tables.parked
            return list(tx.session.execute(sa.select(table).order_by(table.c.id)))

    def held(self) -> list[sa.Row[tuple[object, ...]]]:
        with self.store.reading() as tx:
            table = self.store.tables.held
            return list(tx.session.execute(sa.select(table).order_by(table.c.agg, table.c.agg_seq)))

    def let_time_pass(self, since: timedelta = timedelta()) -> None:
        """What waits for a time was due so long ago, or now. Sleeping would prove nothing more."""
        held = self.store.tables.held
        with self.store.begin() as tx:
            tx.session.execute(sa.update(held).where(held.c.due_at.is_not(None)).values(due_at=tx.now - since))


def maker(database: Database) -> Store:
    MakerBase.metadata.create_all(database.engine)
    return Store("maker", database, MAKER_TABLES)


def taker(name: str, database: Database) -> Taker:
    TAKER_METADATA.create_all(database.engine)
    return Taker(name, Store(name, database, TAKER_TABLES))
