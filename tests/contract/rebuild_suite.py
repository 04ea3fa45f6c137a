"""A read model built anew from history, while facts go on coming, on any database: all of it for one at a time."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from libs.common import rebuild as rebuilding
from libs.common.bus import Delivery
from libs.common.deadletters import DeadLetters
from libs.common.errors import Conflict
from libs.common.orm import Database
from libs.common.rebuild import ReadModel, rebuild
from tests.contract.bus_world import forged
from tests.contract.parked_suite import Desk, refuse
from tests.contract.throwaway import EFFECTS, MAKER_TABLES, Killed, known


class Workshop(Desk):
    """The taker's effects are its read model; the maker's outbox is the history."""

    def __init__(self, *databases: Database) -> None:
        super().__init__(*databases)
        self.model = ReadModel(("maker",), (EFFECTS,), self.taker.service.subscriptions)
        self.while_reading: Callable[[], object] = lambda: None
        self.at_the_end: Callable[[], object] = lambda: None

    def history(self, since: datetime | None) -> Iterator[Sequence[Delivery]]:
        outbox, last = MAKER_TABLES.outbox, 0
        asked = sa.select(outbox.c.id, outbox.c.body).order_by(outbox.c.id).limit(50)
        if since is not None:
            asked = asked.where(outbox.c.created_at >= since)
        while True:
            with self.maker.reading() as tx:
                rows = tx.execute(asked.where(outbox.c.id > last)).all()
            if not rows:
                self.at_the_end()  # told when all is read: the live model has it, the one beside has not
                return
            last = rows[-1].id
            yield [Delivery(bytes(row.body)) for row in rows]
            self.while_reading()

    def rebuild(self) -> int:
        return rebuild(self.taker.store, self.taker.consumer, self.model, self.history)

    def shown(self) -> list[tuple[Any, str]]:
        """The read model, record by record in the order of effects."""
        with self.taker.store.reading() as tx:
            rows = tx.execute(sa.select(EFFECTS.c.subject, EFFECTS.c.note).order_by(EFFECTS.c.subject, EFFECTS.c.id))
            return [(row.subject, row.note) for row in rows]

    def spoil(self) -> None:
        """What a bug, or a hand, may do to a read model."""
        with self.taker.store.begin() as tx:
            some = sa.select(EFFECTS.c.id).where(EFFECTS.c.note.in_(["1", "2"]))
            tx.session.execute(sa.delete(EFFECTS).where(EFFECTS.c.id.in_(some)))
            tx.session.execute(sa.update(EFFECTS).where(EFFECTS.c.note == "3").values(note="wrong"))


class RebuildSuite:
    @pytest.fixture
    def workshop(self, databases: tuple[Database, Database]) -> Iterator[Workshop]:
        with known():
            yield Workshop(*databases)

    @pytest.mark.parametrize("count", [40, pytest.param(20_000, marks=[pytest.mark.long, pytest.mark.timeout(1200)])])
    def test_a_rebuilt_read_model_is_equal_to_the_live_one(self, workshop: Workshop, count: int) -> None:
        for _ in range(count):
            workshop.make(*map(str, range(5)))
        workshop.settle()
        right = workshop.shown()
        workshop.spoil()
        assert workshop.shown() != right

        assert workshop.rebuild() == count

        assert workshop.shown() == right
        assert len(right) == 5 * count

    def test_what_is_right_already_is_not_written_anew_as_facts_wait_meanwhile(self, workshop: Workshop) -> None:
        """Facts of a company of three years waited for minutes until a model that was nearly right was put in place."""
        workshop.make("0", "1", "2", "3")
        workshop.make("one that nothing happened to")
        workshop.settle()
        workshop.spoil()
        written: list[tuple[str, int]] = []
        placed = ("INSERT INTO effects", "INSERT INTO stream_pos")

        def note(_connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
            into, _, what = statement.partition(" (")
            if statement.startswith("DELETE FROM effects") or (into in placed and "SELECT" in what):
                written.append((statement.split()[0], cursor.rowcount))

        sa.event.listen(sa.Engine, "after_cursor_execute", note)
        try:
            workshop.rebuild()
        finally:
            sa.event.remove(sa.Engine, "after_cursor_execute", note)

        assert written == [("DELETE", 1), ("INSERT", 3), ("INSERT", 0)]

    def test_facts_of_the_history_are_applied_together_and_not_each_alone(self, workshop: Workshop) -> None:
        for _ in range(40):
            workshop.make(*map(str, range(5)))
        workshop.settle()
        commits = 0

        def count(point: str) -> None:
            nonlocal commits
            commits += point == "after_commit"

        workshop.taker.store.crash = count
        assert workshop.rebuild() == 40

        assert commits <= 3 * 200 / 50, "three readings of 200 facts, 50 at a time"

    def test_it_goes_on_serving_and_loses_nothing_of_what_is_told_meanwhile(self, workshop: Workshop) -> None:
        things = [workshop.make("made", "0") for _ in range(60)]
        workshop.settle()
        seen, at_the_end = [], []

        def tell() -> None:
            workshop.change(things[len(seen)], f"later {len(seen)}")
            workshop.make(f"new {len(seen)}")
            workshop.carry()

        def meanwhile() -> None:
            seen.append(len(workshop.shown()))
            if len(seen) < 4:
                tell()

        def last_minute() -> None:
            at_the_end.append(len(workshop.shown()))
            tell()

        workshop.while_reading, workshop.at_the_end = meanwhile, last_minute
        workshop.rebuild()
        assert len(at_the_end) == 3, "once more after it was put in its place"
        workshop.while_reading = workshop.at_the_end = lambda: None
        workshop.settle()

        assert seen[:6] == sorted(seen[:6]), "the live model goes on while the other is built"
        outbox = MAKER_TABLES.outbox
        with workshop.maker.reading() as tx:
            facts = tx.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()
        assert len(workshop.shown()) == facts
        after = workshop.make("after", "all")
        workshop.settle()
        assert workshop.taker.heard(after) == ["after", "all"]

    def test_a_model_whose_history_cannot_be_applied_stays_as_it_is(self, workshop: Workshop) -> None:
        workshop.make("made", "bad", "after")
        workshop.settle()
        before = workshop.shown()
        workshop.taker.moods["bad"] = refuse

        with pytest.raises(Conflict, match="stays as it is"):
            workshop.rebuild()

        assert workshop.shown() == before
        assert workshop.parked() == []
        del workshop.taker.moods["bad"]
        workshop.rebuild()
        assert workshop.shown() == before

    def test_a_model_whose_last_fact_cannot_be_read_stays_as_it_is(self, workshop: Workshop) -> None:
        """It is parked at once, and nothing waits behind it."""
        workshop.make("made", "0")
        workshop.settle()
        before = workshop.shown()
        made, changed = workshop.rows()
        wrong = [Delivery(row.body) for row in (made, forged(changed, data={"note": 5}))]
        workshop.history = lambda _since: [wrong]  # type: ignore[method-assign, assignment, return-value]

        with pytest.raises(Conflict, match="1 facts could not be applied"):
            workshop.rebuild()

        assert workshop.shown() == before

    def test_what_is_applied_or_parked_of_another_publisher_stays_so(self, workshop: Workshop) -> None:
        workshop.make("made", "0")
        workshop.settle()
        theirs, far = str(uuid4()), "/plumbline/elsewhere"
        first, second = (forged(row, id=str(uuid4()), source=far, subject=theirs).body for row in workshop.rows())
        workshop.taker.consumer.deliver([Delivery(first)])
        DeadLetters(workshop.taker.store, "plumbline.taker.dead").deliver([Delivery(second)])
        before = workshop.parked()
        assert len(before) == 1

        workshop.rebuild()

        assert (workshop.parked(), workshop.taker.position(UUID(theirs))) == (before, 1)

    def test_what_a_rebuild_that_was_killed_left_behind_is_in_no_later_one(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workshop.make("made", "0")
        workshop.settle()
        right, clear = workshop.shown(), rebuilding._clear
        wrong = sa.insert(EFFECTS).values(subject=UUID(int=1), note="wrong")
        workshop.taker.moods["0"] = lambda tx: tx.execute(wrong)  # which is why somebody ended it

        def killed() -> None:
            monkeypatch.setattr(rebuilding, "_clear", lambda *_: None)  # nobody is left to do it
            raise Killed

        workshop.at_the_end = killed
        with pytest.raises(Killed):
            workshop.rebuild()
        monkeypatch.setattr(rebuilding, "_clear", clear)
        workshop.at_the_end = lambda: None
        del workshop.taker.moods["0"]

        workshop.rebuild()

        assert workshop.shown() == right

    def test_bytes_that_are_no_fact_keep_no_model_from_being_built_anew(self, workshop: Workshop) -> None:
        subject = workshop.make("made", "0")
        workshop.settle()
        junk = [Delivery(b'{"type":"plumbline.thing.nonsense.v1"}'), Delivery(b'"plumbline.thing." and no JSON')]
        workshop.taker.consumer.deliver(junk)
        history, workshop.history = workshop.history, lambda since: [junk, *history(since)]  # type: ignore[method-assign]

        workshop.rebuild()

        assert len(workshop.parked()) == 2, "as before: each once"
        assert workshop.taker.heard(subject) == ["made", "0"]

    def test_a_blocked_record_is_open_once_its_facts_are_in_the_rebuilt_model(self, workshop: Workshop) -> None:
        subject, _ = workshop.stumble("made", "bad", "after")
        del workshop.taker.moods["bad"]

        workshop.rebuild()

        assert workshop.parked() == []
        assert not workshop.taker.held()
        assert workshop.taker.heard(subject) == ["made", "bad", "after"]
        workshop.change(subject, "later")
        workshop.settle()
        assert workshop.taker.heard(subject) == ["made", "bad", "after", "later"]

    def test_of_two_rebuilds_at_once_the_second_is_refused_and_the_first_is_whole(self, workshop: Workshop) -> None:
        for _ in range(20):
            workshop.make("0", "1")
        workshop.settle()
        right = workshop.shown()
        workshop.spoil()

        def second() -> None:
            workshop.at_the_end = lambda: None
            with pytest.raises(Conflict, match="a rebuild of taker is running"):
                workshop.rebuild()

        workshop.at_the_end = second
        assert workshop.rebuild() == 20
        assert workshop.shown() == right
        for _ in range(5):  # as fast as it goes, like one command of a service with several read models
            assert workshop.rebuild() == 20, "the one before is over"
        assert workshop.shown() == right
