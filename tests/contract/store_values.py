"""What is written is what is read, and what is told is swept in order, on SQLite and PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from libs.common import audit
from libs.common.bus import BusDown, nothing
from libs.common.relay import Relay
from libs.common.store import Store
from libs.common.tx import Origin
from tests.contract.store_world import made
from tests.contract.throwaway import MAKER_TABLES, Piece, Thing, change, make


class Values:
    """What is written is what is read."""

    @pytest.mark.parametrize("price", ["0.000", "0.001", "-0.001", "6527.810", "99999999999.999", "-99999999999.999"])
    def test_an_amount_comes_back_to_the_digit(self, store: Store, price: str) -> None:
        with store.begin() as tx:
            subject = tx.new(Thing, note="priced", price=Decimal(price)).id
        with store.reading() as tx:
            found = tx.session.scalar(sa.select(Thing.price).where(Thing.id == subject))
        assert str(found) == price

    @pytest.mark.parametrize("price", ["0.0001", "-6527.8105", "100000000000", "-100000000000.000"])
    def test_an_amount_that_a_column_cannot_hold_is_refused_and_never_rounded(self, store: Store, price: str) -> None:
        with pytest.raises((sa.exc.StatementError, ValueError), match="has more than"), store.begin() as tx:
            tx.new(Thing, note="too fine", price=Decimal(price))

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

    @pytest.mark.parametrize("again", [False, True])
    def test_all_records_that_one_act_changes_are_changed(self, store: Store, again: bool) -> None:
        subjects = [made(store), made(store), made(store)]
        with store.begin() as tx:
            things = [tx.get(Thing, subject) for subject in subjects]  # all read first: they are written together
            for place, thing in enumerate(things):
                thing.note = f"changed {place}"
            if again:
                tx.get(Thing, subjects[0])  # writes what was changed so far
            things[0].price = Decimal(7)
        with store.reading() as tx:
            found = [tx.session.get_one(Thing, subject) for subject in subjects]
            assert [(one.note, one.price) for one in found] == [
                ("changed 0", Decimal(7)), ("changed 1", None), ("changed 2", None)
            ]  # fmt: skip

    def test_who_says_what_is_so_already_makes_no_new_version(self, store: Store) -> None:
        subject = made(store, "so")
        with store.begin() as tx:
            tx.get(Thing, subject).note = "so"
        with store.reading() as tx:
            assert tx.session.get_one(Thing, subject).version == 1

    def test_what_an_act_takes_away_is_gone_whatever_else_it_makes_and_changes(self, store: Store) -> None:
        subjects = made(store), made(store)
        with store.begin() as tx:
            old, other = (tx.get(Thing, subject) for subject in subjects)
            tx.session.delete(old)
            other.note = "changed"
            tx.new(Thing, note="new")
        with store.reading() as tx:
            assert sorted(tx.session.scalars(sa.select(Thing.note))) == ["changed", "new"]

    @pytest.mark.parametrize("named", [True, False])
    def test_a_part_is_added_and_taken_away_whether_or_not_it_names_what_it_hangs_on(
        self, store: Store, named: bool
    ) -> None:
        """One that does not is written by the unit of work."""

        def piece(thing: Thing, note: str) -> Piece:
            return Piece(id=store.ids(), note=note, **({"thing_id": thing.id} if named else {}))

        with store.begin() as tx:
            thing = tx.new(Thing, note="new")
            thing.pieces = [piece(thing, "first"), piece(thing, "second")]
        for turn in ("third", "fourth"):
            with store.begin() as tx:
                [thing] = tx.all(sa.select(Thing).options(sa.orm.selectinload(Thing.pieces)).with_for_update())
                tx.has_locked(thing)
                thing.pieces.append(piece(thing, turn))
                if turn == "fourth":
                    thing.pieces.remove(next(one for one in thing.pieces if one.note == "first"))
        with store.reading() as tx:
            assert sorted(tx.session.scalars(sa.select(Piece.note))) == ["fourth", "second", "third"]

    def test_a_changed_time_without_an_offset_is_refused(self, store: Store) -> None:
        subject = made(store)
        with pytest.raises(ValueError, match="names no instant"), store.begin() as tx:
            tx.get(Thing, subject).seen_at = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point


def _marked(store: Store) -> int:
    table = MAKER_TABLES.outbox
    with store.reading() as tx:
        return int(tx.execute(sa.select(sa.func.count(table.c.published_at))).scalar_one())


class Taking:
    """A bus that takes everything."""

    def send(self, batch: Any, _meanwhile: Any = nothing) -> int:
        return len(batch)


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

    def test_what_was_marked_as_sent_is_let_alone(self, store: Store) -> None:
        def marks() -> list[Any]:
            with store.reading() as tx:
                return list(tx.session.scalars(sa.select(MAKER_TABLES.outbox.c.published_at).order_by(sa.text("id"))))

        relay = Relay(store, Taking())
        made(store, "first")
        assert [relay.step(), relay.step()] == [1, 0]
        [before] = marks()
        store.clock = lambda: datetime(2999, 1, 1, tzinfo=UTC)
        made(store, "second")
        assert [relay.step(), relay.step()] == [1, 0]
        assert marks()[0] == before

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
            thing = tx.get(Thing, subject)
            thing.price = Decimal("1.5")
            change(tx, subject, "twice")
            audit.also(tx, thing, "files", 0, 1)
            tx.write()
            change(tx, subject, "changed")
            audit.also(tx, thing, "files", 1, 2)
        with store.begin() as tx:
            tx.get(Thing, subject).price = Decimal("1.50")

        def chain(_: int) -> int:
            return audit.chain(store)

        with ThreadPoolExecutor(2) as workers:
            assert sum(workers.map(chain, range(2))) == 2
        table = MAKER_TABLES.audit
        with store.reading() as tx:
            rows = tx.session.execute(sa.select(table).order_by(table.c.position)).all()
        assert [(row.position, row.actor, row.changes) for row in rows] == [
            (1, "system", {"created": [None, True]}),
            (2, "csr", {"note": ["made", "changed"], "price": [None, "1.5"], "files": [0, 2]}),
        ]
        assert rows[1].hash == audit.link(rows[0].hash, rows[1])
