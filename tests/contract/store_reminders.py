"""What a service's timers promise, on SQLite and PostgreSQL alike."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common.errors import Unavailable
from libs.common.store import Store, no_crash
from libs.common.timers import Timers
from libs.common.tx import Tx
from tests.contract.store_world import count
from tests.contract.throwaway import MAKER_TABLES, Killed


class Reminders:
    """Durable timers: once, by one worker, with their effect."""

    def remind(self, store: Store, subjects: range) -> None:
        with store.begin() as tx:
            for subject in subjects:
                tx.remind("nudge", UUID(int=subject), tx.now, hint=str(subject))

    def let_leases_end(self, store: Store) -> None:
        with store.begin() as tx:
            tx.execute(sa.update(MAKER_TABLES.timers).values(due_at=tx.now))

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

    def test_a_records_timers_of_two_kinds_fire_and_are_taken_back_each_by_itself(self, store: Store) -> None:
        kinds, fired = ("nudge", "chase"), list[tuple[str, int]]()
        with store.begin() as tx:
            for subject in range(2):
                for kind in kinds:
                    tx.remind(kind, UUID(int=subject), tx.now)
        with store.begin() as tx:
            tx.forget("chase", UUID(int=1))

        def firing(kind: str) -> Callable[[Tx, UUID, dict[str, Any]], None]:
            return lambda _tx, subject, _payload: fired.append((kind, subject.int))

        Timers(store, {kind: firing(kind) for kind in kinds}).step()

        assert fired == [("chase", 0), ("nudge", 0), ("nudge", 1)]

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

    def test_a_timer_that_was_moved_and_fell_due_again_while_a_worker_stood_still_fires_once_as_it_was_moved(
        self, store: Store
    ) -> None:
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

        def nudge(tx: Tx, _subject: UUID, payload: dict[str, Any]) -> None:
            tx.count(payload["hint"])

        self.remind(store, range(1))
        assert Timers(replace(store, crash=meanwhile), {"nudge": nudge}).step() == 1
        self.let_leases_end(store)
        assert Timers(store, {"nudge": nudge}).step() == 1

        assert count(store, MAKER_TABLES.timers) == 0
        with store.begin() as tx:
            assert [tx.count(hint) for hint in ("moved", "0")] == [2, 1]

    @pytest.mark.parametrize("bad", [Killed(), sa.exc.OperationalError("slow", {}, Exception("it takes too long"))])
    def test_a_timer_that_ends_the_process_or_its_statement_costs_no_other_an_attempt(
        self, store: Store, bad: BaseException
    ) -> None:
        def nudge(_tx: Tx, subject: UUID, _payload: dict[str, Any]) -> None:
            if subject.int == 0:
                raise bad
            fired.append(subject.int)

        fired: list[int] = []
        self.remind(store, range(5))
        with pytest.raises((Killed, Unavailable)):
            Timers(store, {"nudge": nudge}).step()
        if isinstance(bad, Killed):  # the next process
            Timers(store, {"nudge": nudge}).step()

        assert sorted(fired) == [1, 2, 3, 4]
        with store.reading() as tx:
            [left] = tx.execute(sa.select(MAKER_TABLES.timers)).all()
        assert (left.subject, left.attempts) == (UUID(int=0), 1)

    @pytest.mark.parametrize(
        ("kind", "code"),
        [(sa.exc.OperationalError, "53100"), (sa.exc.ProgrammingError, "42P01")],
        ids=["room on its disk", "a table"],
    )
    def test_what_its_database_lacks_for_hours_gives_no_timer_up(
        self, store: Store, kind: type[sa.exc.DBAPIError], code: str
    ) -> None:
        lacking, fired = [kind("INSERT", {}, Lacking(code))] * 12, list[int]()

        def nudge(_tx: Tx, subject: UUID, _payload: dict[str, Any]) -> None:
            if lacking:
                raise lacking.pop()
            fired.append(subject.int)

        self.remind(store, range(1))
        timers = Timers(store, {"nudge": nudge})
        while lacking:
            with pytest.raises(Unavailable, match="nudge: "):
                timers.step()
            assert timers.step() == 0, "not before its lease is over"
            self.let_leases_end(store)

        assert timers.step() == 1
        assert fired == [0]

    def test_a_timer_that_fails_waits_longer_each_time_and_in_the_end_says_why(self, store: Store) -> None:
        self.remind(store, range(1))
        timers, table = Timers(store, {"nudge": fail}), MAKER_TABLES.timers
        for attempt in range(10):
            with store.reading() as tx:
                began = tx.now
            assert timers.step() == 1
            with store.reading() as tx:
                due = tx.execute(sa.select(table.c.due_at)).scalar_one()
            assert due - began >= timedelta(seconds=min(300, 2**attempt))
            self.let_leases_end(store)

        assert timers.step() == 0
        with store.reading() as tx:
            assert tx.session.scalar(sa.select(table.c.failed)) == "ValueError: it does not fit"

    def test_a_timer_that_only_the_next_version_knows_is_left_to_it(self, store: Store) -> None:
        self.remind(store, range(1))
        fired: list[UUID] = []

        assert Timers(store, {"remind": fail}).step() == 0
        assert Timers(store, {"remind": fail, "nudge": lambda _tx, subject, _: fired.append(subject)}).step() == 1

        assert fired == [UUID(int=0)]

    def test_a_timer_that_was_given_up_and_is_set_anew_fires(self, store: Store) -> None:
        self.remind(store, range(1))
        with store.begin() as tx:
            tx.execute(sa.update(MAKER_TABLES.timers).values(attempts=10, failed="ValueError: it does not fit"))
        fired: list[dict[str, Any]] = []
        timers = Timers(store, {"nudge": lambda _tx, _subject, payload: fired.append(payload)})
        assert timers.step() == 0

        with store.begin() as tx:
            tx.remind("nudge", UUID(int=0), tx.now, hint="anew")

        assert timers.step() == 1
        assert fired == [{"hint": "anew"}]

    def test_a_timer_that_ends_the_process_each_time_is_given_up(self, store: Store) -> None:
        def end(_tx: Tx, _subject: UUID, _payload: dict[str, Any]) -> None:
            raise Killed

        self.remind(store, range(1))
        timers, table = Timers(store, {"nudge": end}), MAKER_TABLES.timers
        for _ in range(10):
            with pytest.raises(Killed):
                timers.step()
            self.let_leases_end(store)

        assert timers.step() == 0
        with store.reading() as tx:
            assert "without a word" in str(tx.session.scalar(sa.select(table.c.failed)))


class Lacking(Exception):
    """PostgreSQL's own word."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("it lacks something")
        self.sqlstate = sqlstate


def fail(_tx: Tx, _subject: UUID, _payload: dict[str, Any]) -> None:
    raise ValueError("it does not fit")
