"""What comes at an odd moment: once more, before its time, behind what it needs, while the database is in trouble."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from libs.common import orm
from libs.common.bus import Delivery, Outgoing
from libs.common.consumer import TRIES
from libs.common.deadletters import DeadLetters
from libs.common.errors import NotYet, Unavailable
from libs.common.store import Store
from libs.common.tx import Tx
from tests.contract.bus_world import forged, refuse
from tests.contract.throwaway import MAKER_TABLES, Taker, known, make, maker, taker


def wait(_tx: Tx) -> None:
    raise NotYet("what it needs has not come")


class Desk:
    """A taker, and a maker whose facts it is given by hand."""

    def __init__(self, store: Store, reader: Taker) -> None:
        self.store, self.reader = store, reader

    def told(self, *notes: str) -> tuple[UUID, list[Outgoing]]:
        """A thing with a fact for each note."""
        table = MAKER_TABLES.outbox
        with self.store.begin() as tx:
            subject = make(tx, *notes)
        with self.store.reading() as tx:
            rows = tx.execute(sa.select(table).where(table.c.agg == subject).order_by(table.c.id)).all()
        return subject, [Outgoing(row.id, row.event_id, row.type, bytes(row.body)) for row in rows]

    def deliver(self, *rows: Outgoing, redelivered: bool = False) -> None:
        self.reader.consumer.deliver([Delivery(row.body, redelivered=redelivered) for row in rows])

    def settle(self) -> None:
        """What waits for its time has it, again and again."""
        for _ in range(2 * TRIES):
            self.reader.let_time_pass()
            self.reader.consumer.retry_due()

    def tried(self, note: str) -> int:
        return self.reader.tried.count(note)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    databases = [orm.connect(f"sqlite:///{tmp_path / name}.db", durable=False) for name in ("maker", "taker")]
    with known():
        yield Desk(maker(databases[0]), taker("taker", databases[1]))
    for database in databases:
        database.dispose()


@pytest.mark.parametrize("redelivered", [False, True])
def test_a_fact_that_failed_is_not_tried_before_its_time_however_often_it_comes(desk: Desk, redelivered: bool) -> None:
    desk.reader.moods["bad"] = refuse
    subject, rows = desk.told("made", "bad", "after")
    desk.deliver(*rows)
    before = desk.tried("bad")

    for _ in range(2 * TRIES):
        desk.deliver(rows[1], redelivered=redelivered)

    assert (desk.tried("bad"), desk.reader.parked()) == (before, [])
    del desk.reader.moods["bad"]
    desk.settle()
    assert desk.reader.heard(subject) == ["made", "bad", "after"]


@pytest.mark.parametrize("redelivered", [False, True])
def test_a_parked_fact_that_comes_again_waits_for_who_decides(desk: Desk, redelivered: bool) -> None:
    desk.reader.moods["bad"] = refuse
    subject, rows = desk.told("made", "bad", "after")
    desk.deliver(*rows)
    desk.settle()
    [parked] = desk.reader.parked()
    del desk.reader.moods["bad"]

    desk.deliver(rows[1], redelivered=redelivered)
    desk.settle()

    assert (desk.reader.heard(subject), desk.reader.parked()) == (["made"], [parked])
    assert desk.reader.consumer.replay([parked.id]) == 1
    assert desk.reader.heard(subject) == ["made", "bad", "after"]


def test_what_is_wrong_behind_a_gap_is_parked_in_its_turn_and_takes_not_the_one_before_with_it(desk: Desk) -> None:
    subject, [first, second, third] = desk.told("made", "changed", "after")
    wrong = forged(second, data={"note": 5})
    desk.deliver(third, wrong)

    desk.deliver(first)
    desk.settle()

    assert desk.reader.heard(subject) == ["made"]
    [parked] = desk.reader.parked()
    assert (parked.agg_seq, parked.blocks) == (2, True)
    assert desk.reader.consumer.discard(parked.id)
    assert desk.reader.heard(subject) == ["made", "after"]


def test_a_fact_that_failed_before_is_not_blamed_for_the_databases_trouble(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.reader.moods["bad"] = refuse
    subject, rows = desk.told("made", "bad")
    desk.deliver(*rows)
    del desk.reader.moods["bad"]

    def away(point: str) -> None:
        if point == "consumer_applied":
            raise Unavailable("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(desk.reader.store, "crash", away)
        for _ in range(2 * TRIES):
            desk.reader.let_time_pass()
            with pytest.raises(Unavailable):
                desk.reader.consumer.retry_due()
    desk.settle()

    assert (desk.reader.heard(subject), desk.reader.parked()) == (["made", "bad"], [])


def test_what_waits_for_another_is_tried_at_least_every_thirty_seconds_and_sooner_where_others_come(
    desk: Desk,
) -> None:
    desk.reader.moods["early"] = wait
    subject, rows = desk.told("early")
    desk.deliver(*rows)

    def pause() -> float:
        [held] = desk.reader.held()
        with desk.reader.store.reading() as tx:
            return float((held.due_at - tx.now).total_seconds())

    first = pause()
    for number in range(8):
        _, others = desk.told(f"other {number}")
        desk.deliver(*others)
    assert desk.tried("early") > 8
    assert pause() <= first + 0.5, "what others bring makes it wait no longer"
    for _ in range(20):
        desk.reader.let_time_pass()
        desk.reader.consumer.retry_due()
    assert 20 < pause() <= 30
    del desk.reader.moods["early"]
    desk.settle()
    assert (desk.reader.heard(subject), desk.reader.parked()) == (["early"], [])


def test_a_dead_letter_that_comes_again_is_parked_once_and_one_record_waits_for_one_decision(desk: Desk) -> None:
    """It is acknowledged after it was parked; and what has a parked fact's number is a fork, which blocks nothing."""
    subject, [first, second, third] = desk.told("made", "changed", "after")
    dead = DeadLetters(desk.reader.store, "plumbline.taker.dead")
    desk.deliver(first)
    for row in (second, third, forged(second, id=str(uuid4())), second, third):
        dead.deliver([Delivery(row.body)])

    parked = [(row.agg_seq, row.reason, row.blocks) for row in desk.reader.parked()]
    assert parked == [(2, "dead_letter", True), (3, "dead_letter", False), (2, "history_fork", False)]
    assert desk.reader.consumer.replay(row.id for row in desk.reader.parked() if row.agg_seq == 3) == 1
    assert desk.reader.consumer.replay(row.id for row in desk.reader.parked() if row.blocks) == 1
    assert desk.reader.heard(subject) == ["made", "changed", "after"]


def test_a_dead_letter_takes_nothing_from_the_fact_whose_number_it_has(desk: Desk) -> None:
    desk.reader.moods["bad"] = refuse
    subject, [first, second, third] = desk.told("made", "bad", "after")
    desk.deliver(first, second, third)
    forks = [forged(row, id=str(uuid4()), data={"note": "other"}) for row in (first, second, third)]

    DeadLetters(desk.reader.store, "plumbline.taker.dead").deliver([Delivery(row.body) for row in forks])

    assert [(row.reason, row.blocks) for row in desk.reader.parked()] == [("history_fork", False)] * 3
    del desk.reader.moods["bad"]
    desk.settle()
    assert desk.reader.heard(subject) == ["made", "bad", "after"]
