"""What arrives together is written together, and yet each fact answers for itself."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from libs.common import orm, skipping
from libs.common.bus import Delivery
from libs.common.columns import Aggregate, type_map
from libs.common.consumer import Consumer
from libs.common.contracts.base import Message, decode
from libs.common.dberrors import TryAgain
from libs.common.service import Subscriptions
from libs.common.store import Store
from libs.common.tx import Origin, Tx
from tests.contract.throwaway import ThingChanged, ThingMade, known, make, maker


class Base(DeclarativeBase):
    type_annotation_map = type_map


TABLES = orm.kernel_tables(Base.metadata)


class Copy(Aggregate, Base):
    __tablename__ = "copies"

    note: Mapped[str] = mapped_column(unique=True)
    thing: Mapped[UUID]


LINES = sa.Table("lines", Base.metadata, sa.Column("note", sa.Text, nullable=False, unique=True))
LINE = sa.insert(LINES)


class Copier:
    """Makes a record and a line of every thing, and rewrites its record when the thing changes."""

    def __init__(self, folder: Path) -> None:
        self.maker = maker(orm.connect(f"sqlite:///{folder / 'maker.db'}", durable=False))
        database = orm.connect(f"sqlite:///{folder / 'copier.db'}", durable=False)
        Base.metadata.create_all(database.engine)
        self.store = Store("copier", database, TABLES)
        hears = Subscriptions()
        hears.on(ThingMade)(self.copy)
        hears.on(ThingChanged)(self.rewrite)
        self.consumer = Consumer(self.store, hears)
        self.copies: dict[UUID, UUID] = {}

    def copy(self, tx: Tx, fact: ThingMade) -> None:
        self.copies[fact.subject] = tx.new(Copy, note=fact.note, thing=fact.subject).id
        tx.deferred.run(LINE, {"note": fact.note})

    def rewrite(self, tx: Tx, fact: ThingChanged) -> None:
        tx.get(Copy, self.copies[fact.subject]).note = fact.note

    def facts(self, *things: tuple[str, ...]) -> list[Message]:
        """All that is said of things with these notes."""
        outbox = self.maker.tables.outbox
        with self.maker.begin() as tx:
            for notes in things:
                make(tx, *notes)
        with self.maker.reading() as tx:
            return [decode(bytes(body)) for body in tx.session.scalars(sa.select(outbox.c.body).order_by(outbox.c.id))]

    def deliver(self, messages: list[Message]) -> None:
        self.consumer.deliver([Delivery(message.encode()) for message in messages])

    def column(self, column: sa.ColumnElement[str]) -> list[str]:
        with self.store.reading() as tx:
            return sorted(tx.session.scalars(sa.select(column)))

    def audit(self) -> list[tuple[str, str]]:
        """The cause of each audit row, and what it says changed."""
        table = self.store.tables.audit
        with self.store.reading() as tx:
            rows = tx.session.execute(sa.select(table).order_by(table.c.id))
            return [(row.request, ",".join(row.changes)) for row in rows]


@pytest.fixture
def copier(tmp_path: Path) -> Iterator[Copier]:
    with known():
        copier = Copier(tmp_path)
        yield copier
        for store in (copier.maker, copier.store):
            store.database.dispose()


def test_records_made_of_several_facts_together_each_name_their_own_cause(copier: Copier) -> None:
    facts = copier.facts(("one",), ("two",), ("three",))

    copier.deliver(facts)

    assert copier.column(LINES.c.note) == ["one", "three", "two"]
    assert copier.audit() == [(str(fact.id), "created") for fact in facts]


def test_what_a_fact_leads_to_is_told_of_whoever_brought_it_about(copier: Copier) -> None:
    with copier.maker.begin(Origin(actor="ivy")) as tx:
        make(tx, "hers")

    copier.deliver(copier.facts(("nobody's",)))

    assert copier.column(copier.store.tables.audit.c.actor) == ["ivy", "system"]


def test_a_change_of_a_record_made_in_the_same_batch_names_its_own_cause(copier: Copier) -> None:
    facts = copier.facts(("draft", "final"), ("other",))

    copier.deliver(facts)

    assert copier.column(Base.metadata.tables["copies"].c.note) == ["final", "other"]
    made, changed, other = (str(fact.id) for fact in facts)
    assert sorted(copier.audit()) == sorted([(made, "created"), (changed, "note"), (other, "created")])


def test_a_fact_whose_record_cannot_be_written_takes_no_other_with_it(copier: Copier) -> None:
    facts = copier.facts(("one",), ("two",), ("one",), ("three",))

    copier.deliver(facts)

    held = copier.store.tables.held
    with copier.store.reading() as tx:
        assert [row.event_id for row in tx.session.execute(sa.select(held))] == [facts[2].id]
    assert copier.column(Base.metadata.tables["copies"].c.note) == ["one", "three", "two"]
    assert copier.column(LINES.c.note) == ["one", "three", "two"]


def test_what_nobody_reacts_to_takes_nothing_with_it_where_the_database_was_restarted_meanwhile(
    copier: Copier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is found stale at the first statement: that of facts which nobody reacts to."""
    made, forgotten, changed, other = copier.facts(("one", "forgotten", "final"), ("other",))
    copier.deliver([made])

    def stale(*_: object) -> None:
        raise TryAgain("the database was restarted")

    with monkeypatch.context() as patch:
        patch.setattr(skipping, "_moved", stale)
        copier.deliver([forgotten, other])
    copier.deliver([changed])

    assert copier.column(Base.metadata.tables["copies"].c.note) == ["final", "other"]
