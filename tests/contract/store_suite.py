"""What a service's database promises, as tests, on SQLite and PostgreSQL alike."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common import audit, loops
from libs.common.answers import AlreadyAnswered, RequestKey
from libs.common.bus import BusDown, nothing
from libs.common.errors import Conflict, Invalid, NotFound, PreconditionRequired, Stale, Unavailable
from libs.common.relay import Relay
from libs.common.store import Store, no_crash
from libs.common.timers import Timers
from libs.common.tx import Origin, Tx
from tests.contract.outbox_suite import Outbox
from tests.contract.throwaway import MAKER_TABLES, Thing, change, known, make


@pytest.fixture(autouse=True)
def throwaway_facts() -> Iterator[None]:
    with known():
        yield


def count(store: Store, table: Any) -> int:
    with store.reading() as tx:
        return tx.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def made(store: Store, *notes: str) -> UUID:
    with store.begin() as tx:
        return make(tx, *(notes or ("made",)))


class Shows:
    """A schema, as far as ``Tx.answer`` cares."""

    def dump(self, thing: Any) -> dict[str, str]:
        return {"note": thing.note}


class Acts:
    """Record, fact, audit and answer commit together or not at all."""

    def test_an_act_that_fails_leaves_nothing(self, store: Store) -> None:
        origin = Origin(key=RequestKey("csr", "/things", "k-1", "hash"))
        with pytest.raises(ZeroDivisionError), store.begin(origin) as tx:
            thing = tx.get(Thing, make(tx, "never"))
            tx.remind("nudge", thing.id, tx.now)
            tx.answer(Shows(), thing, 201)
            raise ZeroDivisionError

        tables = (Thing, MAKER_TABLES.outbox, MAKER_TABLES.audit, MAKER_TABLES.timers, MAKER_TABLES.idempotency)
        assert [count(store, table) for table in tables] == [0, 0, 0, 0, 0]

    @pytest.mark.parametrize("point", ["after_write", "before_commit"])
    def test_a_process_that_ends_before_the_commit_leaves_nothing(self, store: Store, point: str) -> None:
        class Ended(BaseException):
            pass

        def crash(at: str) -> None:
            if at == point:
                raise Ended

        store.crash = crash
        with pytest.raises(Ended):
            made(store)
        assert (count(store, Thing), count(store, MAKER_TABLES.outbox)) == (0, 0)

    def test_what_was_committed_is_told_once_the_relay_may_see_it(self, store: Store) -> None:
        seen: list[int] = []
        store.woken = lambda: seen.append(count(store, MAKER_TABLES.outbox))

        made(store)
        with store.begin() as tx:
            tx.count("nothing to tell")

        assert seen == [1]

    def test_a_records_facts_are_numbered_without_gaps_under_eight_writers(self, store: Store) -> None:
        subject = made(store)

        def edit(writer: int) -> None:
            for turn in range(12):
                with store.begin() as tx:
                    change(tx, subject, f"{writer}.{turn}")

        with ThreadPoolExecutor(8) as writers:
            list(writers.map(edit, range(8)))

        outbox = MAKER_TABLES.outbox
        with store.reading() as tx:
            numbers = list(tx.session.scalars(sa.select(outbox.c.agg_seq).order_by(outbox.c.id)))
            thing = tx.session.get(Thing, subject)
        assert numbers == list(range(1, 98))
        assert thing is not None
        assert (thing.agg_seq, thing.version) == (97, 97)

    def test_human_counts_are_unique_under_four_writers(self, store: Store) -> None:
        def take(_: int) -> int:
            with store.begin() as tx:
                return tx.count("LEAD")

        with ThreadPoolExecutor(4) as writers:
            assert sorted(writers.map(take, range(20))) == list(range(1, 21))

    def test_a_record_that_is_not_there_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFound, match="no thing"), store.begin() as tx:
            tx.get(Thing, UUID(int=7))

    def test_a_second_record_with_the_same_id_collides(self, store: Store) -> None:
        subject = made(store)
        with pytest.raises(Conflict), store.begin() as tx:
            tx.new(Thing, subject, note="twin")

    def test_an_edit_says_which_version_it_means(self, store: Store) -> None:
        subject = made(store)
        with store.begin() as tx:
            thing = tx.get(Thing, subject)
            tx.expect(thing, f'"{thing.version}"')
            with pytest.raises(Stale):
                tx.expect(thing, '"99"')
            with pytest.raises(PreconditionRequired):
                tx.expect(thing, None)

    def test_a_record_read_without_its_lock_cannot_overwrite_a_change(self, store: Store) -> None:
        subject = made(store)
        with store.reading() as tx:
            old = tx.session.get(Thing, subject)
        with store.begin() as tx:
            change(tx, subject, "theirs")

        with pytest.raises(Stale), store.begin() as tx:
            assert old is not None
            tx.session.add(old)
            old.note = "mine"
        with store.reading() as tx:
            assert tx.session.scalar(sa.select(Thing.note)) == "theirs"


class Answers:
    """One key, one effect, one answer."""

    def ask(self, store: Store, key: str = "k-1", body: str = "hash", note: str = "made") -> Any:
        try:
            with store.begin(Origin(key=RequestKey("csr", "/things", key, body))) as tx:
                return tx.answer(Shows(), tx.get(Thing, make(tx, note)), 201)
        except AlreadyAnswered as before:
            return before.answer

    def test_a_repeated_request_gets_the_first_answer_to_the_byte(self, store: Store) -> None:
        first = self.ask(store)

        assert self.ask(store, note="another") == first
        assert first[:2] == (b'{"note":"made"}', 201)
        assert first[2]["ETag"] == '"1"'
        assert count(store, Thing) == 1

    def test_a_key_used_for_another_body_is_refused(self, store: Store) -> None:
        self.ask(store)
        with pytest.raises(Invalid, match="another body"):
            self.ask(store, body="other")

    def test_twins_in_flight_have_one_effect_and_one_answer(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as callers:
            answers = list(callers.map(lambda caller: self.ask(store, note=str(caller)), range(8)))

        assert len({answer[0] for answer in answers}) == 1
        assert count(store, Thing) == 1

    def test_answers_are_forgotten_after_a_week(self, store: Store) -> None:
        self.ask(store)
        assert loops.forget_answers(store) == 0
        table = MAKER_TABLES.idempotency
        with store.begin() as tx:
            tx.session.execute(sa.update(table).values(created_at=tx.now - timedelta(days=7, seconds=1)))

        assert loops.forget_answers(store) == 1
        assert count(store, table) == 0


class Reminders:
    """Durable timers: once, by one worker, with their effect."""

    def remind(self, store: Store, subjects: range) -> None:
        with store.begin() as tx:
            for subject in subjects:
                tx.remind("nudge", UUID(int=subject), tx.now, hint=str(subject))

    def test_a_timer_fires_once_though_two_workers_look_for_it(self, store: Store) -> None:
        self.remind(store, range(40))
        fired: list[int] = []
        guard = threading.Lock()

        def nudge(tx: Tx, subject: UUID, _payload: dict[str, Any]) -> None:
            tx.count("nudges")
            with guard:
                fired.append(subject.int)

        def work(_: int) -> int:
            timers, total = Timers(store, {"nudge": nudge}), 0
            while (found := timers.step(limit=7)) > 0:
                total += found
            return total

        with ThreadPoolExecutor(2) as workers:
            assert sum(workers.map(work, range(2))) == 40

        assert sorted(fired) == list(range(40))
        with store.begin() as tx:
            assert tx.count("nudges") == 41
        assert count(store, MAKER_TABLES.timers) == 0

    def test_timers_of_one_instant_fire_in_one_order_on_every_database(self, store: Store) -> None:
        fired: list[int] = []
        with store.begin() as tx:
            at = tx.now
        for subject in (3, 1, 4, 2, 0):
            with store.begin() as tx:
                tx.remind("nudge", UUID(int=subject), at)
        with store.begin() as tx:
            tx.remind("nudge", UUID(int=9), at - timedelta(seconds=1))
        Timers(store, {"nudge": lambda _tx, subject, _payload: fired.append(subject.int)}).step()
        assert fired == [9, 0, 1, 2, 3, 4]

    def test_a_timer_that_was_moved_or_taken_back_does_not_fire(self, store: Store) -> None:
        self.remind(store, range(2))
        with store.begin() as tx:
            tx.remind("nudge", UUID(int=0), tx.now + timedelta(hours=1))
            tx.forget("nudge", UUID(int=1))

        assert Timers(store, {"nudge": fail}).step() == 0

    def test_of_what_an_act_says_about_a_timer_the_last_counts(self, store: Store) -> None:
        self.remind(store, range(2))
        with store.begin() as tx:
            tx.forget("nudge", UUID(int=0))
            tx.remind("nudge", UUID(int=0), tx.now, hint="set again")
            tx.remind("nudge", UUID(int=1), tx.now, hint="moved")
            tx.forget("nudge", UUID(int=1))
        fired: list[tuple[int, Any]] = []

        Timers(store, {"nudge": lambda _tx, subject, payload: fired.append((subject.int, payload["hint"]))}).step()

        assert fired == [(0, "set again")]

    def test_a_timer_that_was_moved_and_fell_due_again_while_a_worker_stood_still_fires_as_it_was_moved(
        self, store: Store
    ) -> None:
        fired: list[str] = []

        def meanwhile(point: str) -> None:
            """The timer is moved, and the worker that claims it next does not get to the end."""
            if point != "timers_claimed":
                return
            with replace(store, crash=no_crash).begin() as tx:
                tx.remind("nudge", UUID(int=0), tx.now, hint="moved")
            with pytest.raises(Unavailable):
                Timers(replace(store, crash=fall), {"nudge": fail}).step()

        def fall(point: str) -> None:
            if point == "timers_claimed":
                raise Unavailable("the database went away")

        self.remind(store, range(1))
        slow = Timers(replace(store, crash=meanwhile), {"nudge": lambda _tx, _id, given: fired.append(given["hint"])})

        assert slow.step() == 1
        assert fired == ["moved"]
        assert count(store, MAKER_TABLES.timers) == 0

    def test_a_timer_that_fails_keeps_its_row_and_in_the_end_says_why(self, store: Store) -> None:
        self.remind(store, range(1))
        timers, table = Timers(store, {"nudge": fail}), MAKER_TABLES.timers
        for _ in range(10):
            assert timers.step() == 1
            with store.begin() as tx:
                tx.session.execute(sa.update(table).values(due_at=tx.now))

        assert timers.step() == 0
        with store.reading() as tx:
            assert tx.session.scalar(sa.select(table.c.failed)) == "ValueError: it does not fit"

    def test_a_timer_that_ends_the_process_each_time_is_given_up(self, store: Store) -> None:
        class Ended(BaseException):
            pass

        def end(_tx: Tx, _subject: UUID, _payload: dict[str, Any]) -> None:
            raise Ended

        self.remind(store, range(1))
        timers, table = Timers(store, {"nudge": end}), MAKER_TABLES.timers
        for _ in range(10):
            with pytest.raises(Ended):
                timers.step()
            with store.begin() as tx:
                tx.session.execute(sa.update(table).values(due_at=tx.now))

        assert timers.step() == 0
        with store.reading() as tx:
            assert "without a word" in str(tx.session.scalar(sa.select(table.c.failed)))


def fail(_tx: Tx, _subject: UUID, _payload: dict[str, Any]) -> None:
    raise ValueError("it does not fit")


class Values:
    """What is written is what is read."""

    @pytest.mark.parametrize("price", ["0.000", "0.001", "-0.001", "6527.810", "99999999999.999", "-99999999999.999"])
    def test_an_amount_comes_back_to_the_digit(self, store: Store, price: str) -> None:
        with store.begin() as tx:
            subject = tx.new(Thing, note="priced", price=Decimal(price)).id
        with store.reading() as tx:
            found = tx.session.scalar(sa.select(Thing.price).where(Thing.id == subject))
        assert str(found) == price

    @pytest.mark.parametrize(
        "at",
        [
            datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
            datetime(2026, 3, 28, 20, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5))),
            datetime(1970, 1, 1, tzinfo=UTC),
        ],
    )
    def test_an_instant_comes_back_in_utc_whatever_zone_it_was_said_in(self, store: Store, at: datetime) -> None:
        with store.begin() as tx:
            subject = tx.new(Thing, note="seen", seen_at=at).id
        with store.reading() as tx:
            found = tx.session.scalar(sa.select(Thing.seen_at).where(Thing.id == subject))
        assert found == at
        assert found.utcoffset() == timedelta(0)

    def test_a_time_without_an_offset_is_refused(self, store: Store) -> None:
        with pytest.raises(ValueError, match="names no instant"), store.begin() as tx:
            tx.new(Thing, note="naive", seen_at=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point

    def test_every_sort_of_text_comes_back_as_it_was_typed(self, store: Store) -> None:
        typed = "Zoë O’Brien\u202e \U0001f527 \t'; DROP TABLE things; -- ﷽ é e\u0301"
        with store.begin() as tx:
            subject = tx.new(Thing, note=typed).id
        with store.reading() as tx:
            assert tx.session.scalar(sa.select(Thing.note).where(Thing.id == subject)) == typed

    def test_what_is_changed_comes_back_as_what_is_made_and_its_version_counts_acts(self, store: Store) -> None:
        at = datetime(2026, 3, 28, 20, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
        subject = made(store)
        values: list[dict[str, Any]] = [
            {"note": "Zoë O’Brien\u202e \U0001f527 \t'; --", "price": Decimal("-99999999999.999"), "seen_at": at},
            {"note": "", "price": Decimal("0.001"), "seen_at": None},
            {"note": "last", "price": None, "seen_at": at},
        ]
        for version, given in enumerate(values, start=2):
            with store.begin() as tx:
                thing = tx.get(Thing, subject)
                for name, value in given.items():
                    setattr(thing, name, value)
            with store.reading() as tx:
                found = tx.session.get_one(Thing, subject)
                assert {name: getattr(found, name) for name in given} == given
                assert found.version == version

    def test_two_records_that_one_act_changes_are_both_changed(self, store: Store) -> None:
        subjects = [made(store), made(store), made(store)]
        with store.begin() as tx:
            for place, subject in enumerate(subjects):
                tx.get(Thing, subject).note = f"changed {place}"
            tx.get(Thing, subjects[0]).price = Decimal(7)
        with store.reading() as tx:
            found = [tx.session.get_one(Thing, subject) for subject in subjects]
            assert [(one.note, one.price) for one in found] == [
                ("changed 0", Decimal(7)), ("changed 1", None), ("changed 2", None)
            ]  # fmt: skip

    def test_a_changed_time_without_an_offset_is_refused(self, store: Store) -> None:
        subject = made(store)
        with pytest.raises(ValueError, match="names no instant"), store.begin() as tx:
            tx.get(Thing, subject).seen_at = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point


def _marked(store: Store) -> int:
    table = MAKER_TABLES.outbox
    with store.reading() as tx:
        return int(tx.execute(sa.select(sa.func.count(table.c.published_at))).scalar_one())


class Sweeping:
    """The outbox is swept in order; the audit trail is chained."""

    def test_a_fact_whose_transaction_commits_late_is_not_skipped(self, store: Store) -> None:
        if store.database.sqlite:  # one writer at a time: nobody can commit late
            return
        sent: list[int] = []

        class Bus:
            def send(self, batch: Any, meanwhile: Any = nothing) -> int:
                sent.extend(row.row for row in batch)
                return len(batch)

        relay = Relay(store, Bus())
        with store.begin() as late:
            thing = make(late, "late")
            late.session.flush()
            late.session.execute(sa.insert(MAKER_TABLES.outbox), late.published)
            late.published.clear()
            made(store, "early")
            assert relay.step() == 1
        assert relay.step() == 1
        assert sent[0] > sent[1]
        assert thing

    def test_what_follows_is_read_while_the_bus_is_at_work_and_marked_when_it_has_it(self, store: Store) -> None:
        made(store, *"abcdefgh")
        sent: list[int] = []
        marked: list[int] = []

        class Bus:
            def send(self, batch: Any, meanwhile: Any = nothing) -> int:
                sent.extend(row.row for row in batch)
                meanwhile()
                marked.append(_marked(store))
                return len(batch)

        relay = Relay(store, Bus(), batch=3)
        assert [relay.step() for _ in range(4)] == [3, 3, 2, 0]
        assert sent == sorted(set(sent))
        assert marked == [0, 3, 3], "what the bus is at work on is not marked yet"
        assert _marked(store) == len(sent) == 8

    @pytest.mark.parametrize("trouble", [1, BusDown("away")])
    def test_what_was_read_ahead_waits_when_those_before_it_were_not_taken(self, store: Store, trouble: Any) -> None:
        made(store, *"abcdefghi")
        sent: list[int] = []

        class Bus:
            def send(self, batch: Any, meanwhile: Any = nothing) -> int:
                meanwhile()
                if len(sent) == 3 and (once := self.once.pop() if self.once else None):
                    if isinstance(once, BusDown):
                        raise once
                    sent.extend(row.row for row in batch[:once])
                    return int(once)
                sent.extend(row.row for row in batch)
                return len(batch)

            once = [trouble]  # noqa: RUF012 - this bus is made once

        relay = Relay(store, Bus(), batch=3)
        assert relay.step() == 3
        with pytest.raises(BusDown):
            relay.step()
        while relay.step():
            pass
        assert sent == sorted(set(sent))
        assert _marked(store) == len(sent) == 9

    def test_the_audit_trail_says_who_changed_what_and_shows_what_was_taken_out(self, store: Store) -> None:
        subject = made(store)
        with store.begin(Origin(actor="csr", action="PATCH /things")) as tx:
            change(tx, subject, "changed")

        def chain(_: int) -> int:
            return audit.chain(store)

        with ThreadPoolExecutor(2) as workers:
            assert sum(workers.map(chain, range(2))) == 2
        table = MAKER_TABLES.audit
        with store.reading() as tx:
            rows = tx.session.execute(sa.select(table).order_by(table.c.position)).all()
        assert [(row.position, row.actor, row.changes) for row in rows] == [
            (1, "system", {"created": [None, True]}),
            (2, "csr", {"note": ["made", "changed"]}),
        ]
        assert rows[1].hash == audit.link(rows[0].hash, rows[1])


class StoreSuite(Acts, Answers, Reminders, Values, Sweeping, Outbox):
    pass
