"""How much may wait in an outbox, what of it is sent again, and when it is let go of; part of the store's suite."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common import outbox, relay
from libs.common.deployment import OutboxLimits
from libs.common.store import Store
from libs.common.tx import Tx
from tests.contract.throwaway import MAKER_TABLES, make
from tests.statements import hearing


def made(store: Store, *notes: str) -> UUID:
    with store.begin() as tx:
        return make(tx, *(notes or ("made",)))


class Outbox:
    """How much may wait in it, what of it is sent again, and when it is let go of."""

    def limits(self, store: Store, **limits: int) -> None:
        store.deployment = replace(store.deployment, outbox=OutboxLimits(**limits))

    def age(self, store: Store, rows: int, **span: float) -> None:
        """The first so many facts were told, and sent, that long ago."""
        table = MAKER_TABLES.outbox
        with store.begin() as tx:
            then = tx.now - timedelta(**span)
            first = sa.select(table.c.id).order_by(table.c.id).limit(rows).scalar_subquery()
            tx.session.execute(sa.update(table).where(table.c.id.in_(first)).values(created_at=then, published_at=then))

    def sent(self, store: Store) -> list[bool]:
        table = MAKER_TABLES.outbox
        with store.reading() as tx:
            return [at is not None for at in tx.session.scalars(sa.select(table.c.published_at).order_by(table.c.id))]

    def said(self, store: Store) -> str:
        with store.reading() as tx:
            return outbox.too_much(tx)

    def test_nothing_is_too_much_until_the_limit_is_passed(self, store: Store) -> None:
        self.limits(store, most_rows=3)
        made(store, "a", "b", "c")
        assert self.said(store) == ""
        made(store, "d")
        assert self.said(store) == "more than 3 facts wait to be sent"
        self.age(store, 1, seconds=0)
        assert self.said(store) == ""

    def test_what_waits_is_counted_only_where_its_numbers_leave_room_for_too_much(self, store: Store) -> None:
        """It is asked once a second in each process, and counting a long backlog takes its time."""
        self.limits(store, most_rows=3)
        made(store, "a", "b", "c")
        with hearing(store.database) as asked:
            assert self.said(store) == ""
        looks = len(asked)

        made(store, "d", "e")
        with store.begin() as tx:  # two come to nothing, so that there are gaps
            gone = sa.select(MAKER_TABLES.outbox.c.id).order_by(MAKER_TABLES.outbox.c.id).offset(1).limit(2)
            tx.session.execute(sa.delete(MAKER_TABLES.outbox).where(MAKER_TABLES.outbox.c.id.in_(gone)))
        with hearing(store.database) as asked:
            assert self.said(store) == ""
        assert len(asked) == looks + 1
        made(store, "f")
        assert self.said(store) == "more than 3 facts wait to be sent"

    def test_a_fact_that_waits_for_days_is_too_much(self, store: Store) -> None:
        self.limits(store, most_hours=48)
        made(store)
        with store.begin() as tx:
            tx.session.execute(sa.update(MAKER_TABLES.outbox).values(created_at=tx.now - timedelta(hours=47)))
        assert self.said(store) == ""
        with store.begin() as tx:
            tx.session.execute(sa.update(MAKER_TABLES.outbox).values(created_at=tx.now - timedelta(hours=49)))
        assert "more than 48 h" in self.said(store)

    def test_what_an_operator_sends_again_is_never_too_much(self, store: Store) -> None:
        self.limits(store, most_rows=1, most_hours=1)
        made(store, *"abcde")
        self.age(store, 5, days=400)
        with store.begin() as tx:
            assert outbox.send_again(tx, tx.now - timedelta(days=500)).count == 5
        assert self.sent(store) == [False] * 5
        assert self.said(store) == ""
        made(store, "f", "g")
        assert "more than 1 fact" in self.said(store)

    def test_what_is_sent_again_to_a_broker_that_lost_its_history_is_never_too_much(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "PIECE", 2)
        made(store, *"abcde")
        self.age(store, 5, days=8)
        self.limits(store, most_rows=3)

        assert relay.refill(store, MAKER_TABLES.outbox.c.created_at > store.clock() - timedelta(days=30)) == 5

        assert self.sent(store) == [False] * 5
        assert self.said(store) == ""

    def test_the_gauge_is_read_once_a_second_however_many_ask(self, store: Store) -> None:
        self.limits(store, most_rows=1)
        made(store, "a", "b")
        at = [100.0]
        gauge = outbox.Gauge(store, lambda: at[0])

        with hearing(store.database) as asked:
            assert gauge.said()
            looks = len(asked)
            assert [gauge.said() for _ in range(1000)] == ["more than 1 facts wait to be sent"] * 1000
        assert len(asked) == looks > 0
        self.age(store, 2, seconds=0)
        at[0] += 1.1
        assert gauge.said() == ""

    def test_a_long_replay_goes_piece_by_piece_and_does_not_chase_what_comes_meanwhile(self, store: Store) -> None:
        made(store, *map(str, range(10)))
        self.age(store, 10, days=3)
        pieces, after, until = [], 0, None
        while until is None or after < until:
            with store.begin() as tx:
                piece = outbox.send_again(tx, tx.now - timedelta(days=4), after, until, most=4)
            pieces.append(piece.count)
            after, until = piece.through, piece.until
            made(store, "new")
            self.age(store, 99, days=3)
        assert pieces == [4, 4, 2]
        assert piece.left == 0

    def test_sending_all_again_ends_with_what_was_there_as_it_began_and_wakes_who_sends(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "PIECE", 4)
        made(store, *map(str, range(10)))
        self.age(store, 10, days=3)
        begin, woken = store.begin, list[int]()

        @contextmanager
        def begin_as_others_go_on() -> Iterator[Tx]:
            with begin() as tx:
                make(tx, "new")
            with begin() as tx:
                table = MAKER_TABLES.outbox
                tx.execute(sa.update(table).where(table.c.id > 10).values(published_at=tx.now))
            with begin() as tx:
                yield tx

        monkeypatch.setattr(store, "begin", begin_as_others_go_on)
        store.woken = lambda: woken.append(len(self.sent(store)))

        assert relay.refill(store) == 10
        assert self.sent(store) == [False] * 10 + [True] * 4
        assert woken == [11, 12, 13, 14, 14], "for each fact of the others, and for these in the end"

    def test_a_replay_takes_all_that_was_told_since_then_in_whatever_order_it_was_written(self, store: Store) -> None:
        """Acts that run side by side are not in the order of their times. What was never sent is no replay."""
        with store.begin() as tx:
            assert outbox.send_again(tx, tx.now - timedelta(days=1)).count == 0
        made(store, *"abcde")
        table = MAKER_TABLES.outbox
        with store.begin() as tx:
            then, rows = tx.now - timedelta(hours=1), tx.execute(sa.select(table.c.id).order_by(table.c.id)).scalars()
            for ident, after_s in zip(list(rows)[:4], (0, 60, 30, 90), strict=True):
                told = {"created_at": then + timedelta(seconds=after_s), "published_at": tx.now}
                tx.execute(sa.update(table).where(table.c.id == ident).values(told))

        with store.begin() as tx:
            assert outbox.send_again(tx, then + timedelta(seconds=45)).count == 2

        assert self.sent(store) == [True, False, True, False, False]
        self.limits(store, most_rows=0)
        assert self.said(store) == "more than 0 facts wait to be sent"

    @pytest.mark.parametrize("days", [0, 1, 2, 5, 9, 20])
    def test_the_first_row_of_a_time_is_found_without_an_index(self, store: Store, days: int) -> None:
        for day in range(10):  # ten days, a fact each, with gaps in the rows' numbers
            made(store, "first", "second")
            table = MAKER_TABLES.outbox
            with store.begin() as tx:
                newest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
                tx.session.execute(sa.delete(table).where(table.c.id == newest - 1))
                then = tx.now - timedelta(days=9 - day, hours=1)
                fresh = sa.select(sa.func.max(table.c.id)).scalar_subquery()
                tx.session.execute(sa.update(table).where(table.c.id == fresh).values(created_at=then))
        with store.reading() as tx:
            since = tx.now - timedelta(days=days)
            rows = tx.session.execute(sa.select(table.c.id, table.c.created_at).order_by(table.c.id)).all()
            found = outbox.first_at(tx, since)
        assert [row.id for row in rows if row.id >= found] == [row.id for row in rows if row.created_at >= since]

    def test_sent_facts_are_kept_for_good_unless_a_setting_says_how_long(self, store: Store) -> None:
        made(store, *"abc")
        self.age(store, 3, days=4000)
        assert outbox.prune(store) == 0
        assert len(self.sent(store)) == 3

    def test_only_what_was_sent_long_ago_is_let_go_of_in_small_batches(self, store: Store) -> None:
        self.limits(store, keep_days=30)
        made(store, *"abcdefg")
        self.age(store, 7, days=29)
        self.age(store, 5, days=31)
        assert [outbox.prune(store, batch=2) for _ in range(4)] == [2, 2, 1, 0]
        assert len(self.sent(store)) == 2
        with store.begin() as tx:
            piece = outbox.send_again(tx, tx.now - timedelta(days=60))
            later = outbox.send_again(tx, tx.now - timedelta(days=28))
        assert piece.count == 2
        assert piece.kept_since is not None, "who asks for what is gone is told"
        assert later.kept_since is None, "of that nothing is gone"

    def test_what_waits_to_be_sent_is_never_let_go_of(self, store: Store) -> None:
        self.limits(store, keep_days=30)
        made(store, *"abc")
        self.age(store, 3, days=31)
        with store.begin() as tx:
            outbox.send_again(tx, tx.now - timedelta(days=60))
        assert outbox.prune(store) == 0
        assert self.sent(store) == [False] * 3

    def test_the_newest_row_stays_so_that_no_number_comes_twice(self, store: Store) -> None:
        self.limits(store, keep_days=30)
        made(store)
        self.age(store, 1, days=31)
        assert outbox.prune(store) == 0
        assert len(self.sent(store)) == 1
