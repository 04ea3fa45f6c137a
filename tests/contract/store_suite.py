"""What a service's database promises, as tests, on SQLite and PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from libs.common import loops
from libs.common.errors import Conflict, Invalid, NotFound, PreconditionRequired, Stale
from libs.common.idempotency import AlreadyAnswered, RequestKey, tag
from libs.common.store import Store
from libs.common.tx import Origin
from tests.contract.outbox_suite import Outbox
from tests.contract.store_reminders import Reminders
from tests.contract.store_values import Sweeping, Values
from tests.contract.store_world import Shows, count, made
from tests.contract.throwaway import MAKER_TABLES, Thing, change, make


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

    def test_a_record_without_what_it_must_have_is_a_bug_and_nobody_elses_record(self, store: Store) -> None:
        with pytest.raises(exc.IntegrityError), store.begin() as tx:
            tx.new(Thing, note=None)

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
        assert first[2]["ETag"] == tag(1, {"note": "made"})
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

    def test_so_many_answers_at_once_are_forgotten_and_the_oldest_first(self, store: Store) -> None:
        table, now = MAKER_TABLES.idempotency, store.clock()
        row = {"caller": "ann", "path": "/things", "fingerprint": "", "status": 201, "headers": {}, "body": b""}
        ages = {"a": 9, "b": 30, "c": 10, "d": 3, "e": 8}
        with store.begin() as tx:
            given = [{**row, "key": key, "created_at": now - timedelta(days=days)} for key, days in ages.items()]
            tx.session.execute(sa.insert(table), given)

        left = []
        while loops.forget_answers(store, batch=2):
            with store.reading() as tx:
                left.append("".join(sorted(tx.session.scalars(sa.select(table.c.key)))))

        assert left == ["ade", "d"]


class StoreSuite(Acts, Answers, Reminders, Values, Sweeping, Outbox):
    pass
