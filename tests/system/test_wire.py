"""What is said to PostgreSQL without waiting for each answer is said in turn; nothing of it is lost or half done."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from libs.common import direct, orm, wire
from libs.common.dberrors import TryAgain
from libs.common.errors import Conflict
from libs.common.orm import Database
from libs.common.wire import Wire
from tests.contract.throwaway import Thing, ThingMade, maker
from tests.system.wire_world import connected

THERE = "SELECT count(*) FROM tried"
OTHERS = "usename = current_user AND pid <> :own"
PUT = "INSERT INTO tried VALUES (%(one)s)"

TABLE = sa.Table(
    "kinds",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("words", sa.Text),
    sa.Column("count", sa.Integer),
    sa.Column("amount", sa.Numeric),
    sa.Column("yes", sa.Boolean),
    sa.Column("day", sa.Date),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("raw", sa.LargeBinary),
    sa.Column("more", sa.JSON),
)


@pytest.fixture
def database(new_database: Callable[[str], str]) -> Iterator[Database]:
    with connected(new_database("maker"), TABLE) as found:
        yield found


def there(database: Database) -> int:
    with database.reader.connect() as look:
        return int(direct.run(look, THERE, {})[0][0])


def test_what_is_left_to_the_commit_is_undone_with_it_where_it_is_refused(database: Database) -> None:
    with pytest.raises(exc.IntegrityError) as told, database.engine.begin() as act:
        direct.run(act, PUT, {"one": 1})
        direct.leave(act, PUT, {"one": 2})
        direct.leave(act, PUT, {"one": 1})

    assert PUT in "".join(told.value.orig.__notes__), "who reads the log has to know which statement it was"
    assert there(database) == 0
    with database.engine.begin() as act:
        direct.run(act, PUT, {"one": 3})
        direct.leave(act, PUT, {"one": 4})
    assert there(database) == 2


def test_whatever_an_act_says_first_is_undone_with_it(database: Database) -> None:
    for say in (
        lambda act: direct.run(act, PUT, {"one": 1}),
        lambda act: direct.leave(act, PUT, {"one": 1}),
        lambda act: act.execute(sa.text("INSERT INTO tried VALUES (1)")),
        lambda act: act.execute(sa.text("INSERT INTO tried VALUES (1); SELECT 1")),
        lambda act: act.execute(sa.text("INSERT INTO tried VALUES (:one)"), [{"one": 1}, {"one": 2}]),
        lambda act: act.connection.driver_connection.execute("INSERT INTO tried VALUES (1)"),
    ):
        with pytest.raises(KeyError), database.engine.begin() as act:
            say(act)
            raise KeyError
        assert there(database) == 0


def test_what_is_left_is_there_for_whatever_is_said_next(database: Database) -> None:
    for ask in (
        lambda act: direct.run(act, THERE, {})[0][0],
        lambda act: act.execute(sa.text(THERE)).scalar(),
        lambda act: act.execute(sa.text(f"{THERE} WHERE one > :least"), {"least": 0}).scalar(),
        lambda act: act.connection.driver_connection.execute(THERE).fetchone()[0],
    ):
        with pytest.raises(KeyError), database.engine.begin() as act:
            direct.run(act, PUT, {"one": 1})
            direct.leave(act, PUT, {"one": 2})
            assert ask(act) == 2
            raise KeyError
    assert there(database) == 0, "and it is undone with the act that was given up"


def test_an_act_that_was_given_up_with_something_left_leaves_nothing(database: Database) -> None:
    for wrong in (1, 2):  # the second would be refused by itself
        with pytest.raises(KeyError), database.engine.begin() as act:
            direct.run(act, PUT, {"one": 2})
            direct.leave(act, PUT, {"one": wrong})
            raise KeyError
    with pytest.raises(KeyError), database.engine.begin():
        raise KeyError
    assert there(database) == 0


def test_a_failure_that_was_passed_over_commits_nothing_in_silence(database: Database) -> None:
    with pytest.raises(exc.InternalError, match="the server undid it"), database.engine.begin() as act:
        direct.run(act, PUT, {"one": 1})
        with pytest.raises(exc.IntegrityError):
            direct.run(act, PUT, {"one": 1})
    assert there(database) == 0


def test_a_value_that_cannot_be_said_does_not_take_what_follows_out_of_its_act(database: Database) -> None:
    named = "SELECT count(*) FROM kinds WHERE words = %(words)s"
    for say in (direct.run, direct.leave):
        with pytest.raises(KeyError), database.engine.begin() as act:
            for _ in range(2):  # as the first that is said, and later
                with pytest.raises(exc.DataError, match="NUL"):
                    say(act, named, {"words": "a\0b"})
                direct.run(act, PUT, {"one": _})
            raise KeyError
    assert there(database) == 0


def test_an_act_is_two_trips_to_the_server(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store, trips = maker(database), list[Any]()
    straight = Wire.wait

    def wait(self: Wire, *given: Any, **more: Any) -> Any:
        trips.append(given)
        return straight(self, *given, **more)

    with store.begin() as tx:
        ident = tx.new(Thing, note="made").id
    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(Wire, "wait", wait)
            with store.begin() as tx:
                thing = tx.get(Thing, ident)
                thing.note += " and changed"
                tx.publish(ThingMade(subject=ident, note=thing.note), of=thing)
        assert len(trips) == 2, trips
        trips.clear()


def test_what_two_acts_made_at_once_is_refused_at_the_commit_and_told_as_ever(database: Database) -> None:
    store, ident = maker(database), uuid4()
    with pytest.raises(Conflict, match="collides"), store.begin() as tx:
        tx.get(Thing, _made(store))
        tx.new(Thing, ident=ident, note="mine")
        other = orm.connect(database.engine.url.render_as_string(hide_password=False))
        with maker(other).begin() as theirs:
            theirs.new(Thing, ident=ident, note="theirs")
        other.dispose()
    with store.reading() as look:
        assert look.session.get_one(Thing, ident).note == "theirs"


def _made(store: Any) -> UUID:
    with store.begin() as tx:
        return UUID(str(tx.new(Thing, note="made").id))


def test_more_statements_than_a_connection_keeps_are_all_answered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "KEPT", 3)
    with database.reader.connect() as look:
        for _ in range(4):
            for n in (0, 1, 0, 1, 2, 3, 4, 5):
                assert direct.run(look, f"SELECT {n} + %(more)s::int AS x{n}", {"more": 1}) == [(n + 1,)]
        kept = direct.run(look, "SELECT count(*) FROM pg_prepared_statements", {})
    assert kept[0][0] <= 3


def test_a_connection_that_was_told_to_forget_what_it_knew_is_replaced_and_the_act_is_tried_again(
    database: Database,
) -> None:
    store = maker(database)
    ident = _made(store)
    for _ in range(2):
        with store.begin() as tx:
            tx.get(Thing, ident)
    with database.engine.begin() as act:
        act.execute(sa.text("DEALLOCATE ALL"))
    with pytest.raises(TryAgain), store.begin() as tx:
        tx.get(Thing, ident)
    with store.begin() as tx:
        assert tx.get(Thing, ident).note == "made"


def test_an_act_of_one_statement_over_a_connection_that_went_stale_is_certainly_not_done(database: Database) -> None:
    store = maker(database)
    _made(store)
    other = orm.connect(database.engine.url.render_as_string(hide_password=False))
    with other.reader.connect() as look:
        assert look.execute(
            sa.text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {OTHERS}"),
            {"own": look.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()},
        ).all()
    other.dispose()

    with pytest.raises(TryAgain), store.begin() as tx:
        tx.new(Thing, note="lost")
    assert _made(store)


def test_a_statement_that_could_not_be_prepared_is_said_again_as_a_new_one(database: Database) -> None:
    with database.reader.connect() as look, database.engine.begin() as act:
        assert direct.run(look, THERE, {}) == [(0,)]
        direct.run(act, "ALTER TABLE tried RENAME TO away", {})
        act.commit()
        for _ in range(2):
            with pytest.raises(exc.ProgrammingError, match='relation "tried" does not exist'):
                direct.run(look, THERE, {})
    with database.engine.begin() as act:
        direct.run(act, "ALTER TABLE away RENAME TO tried", {})
    assert [there(database) for _ in range(3)] == [0, 0, 0]


def test_who_is_interrupted_leaves_no_connection_that_would_answer_the_next_one_wrongly(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_self: Wire, *_given: Any, **_more: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), database.reader.connect() as look, monkeypatch.context() as patch:
        patch.setattr(Wire, "wait", interrupted)
        direct.run(look, "SELECT 1 AS wrong", {})
    with database.reader.connect() as look:
        assert direct.run(look, "SELECT 2 AS right", {}) == [(2,)]


ROW: dict[str, Any] = {
    "id": uuid4(),
    "words": "Zoë \\ 'said' \"so\" %(one)s {1,2} \n",
    "count": -7,
    "amount": Decimal("-0.0100"),
    "yes": False,
    "day": date(2026, 12, 1),
    "at": datetime(2026, 12, 1, 9, 30, 0, 12, tzinfo=UTC),
    "raw": bytes(range(256)),
    "more": {"a": [1, None, "é\\u0000"]},
}


def test_a_statement_that_is_known_is_answered_as_sqlalchemy_answers_it(database: Database) -> None:
    insert, every = sa.insert(TABLE), sa.select(TABLE).order_by(TABLE.c.id)
    some = every.where(TABLE.c.id.in_(sa.bindparam("ids", expanding=True)), TABLE.c.count.not_in([1, 2]))
    pairs = every.where(sa.tuple_(TABLE.c.id, TABLE.c.count).in_(sa.bindparam("pairs", expanding=True)))
    change = sa.update(TABLE).where(TABLE.c.id == sa.bindparam("ident")).values(words=sa.bindparam("said"))
    blank = dict.fromkeys(ROW) | {"id": uuid4()}
    with database.engine.begin() as act:
        direct.execute(act, insert, ROW)
        direct.execute(act, insert, ROW | {"id": uuid4()})
        direct.execute(act, insert, blank)
        more = [dict.fromkeys(ROW) | {"id": uuid4(), "count": n} for n in range(3)]
        direct.change(act, insert, more)
        changed = [
            direct.execute(act, change, {"ident": ident, "said": "so"}).rowcount for ident in (ROW["id"], uuid4())
        ]
        assert changed == [1, 0]
        asked = [
            (every, {}),
            (some, {"ids": [ROW["id"], *(one["id"] for one in more)]}),
            (some, {"ids": []}),
            (pairs, {"pairs": [(ROW["id"], -7)]}),
        ]
        for statement, given in asked * 2:
            expected = act.execute(statement, given)
            found = direct.execute(act, statement, given)
            assert list(found.keys()) == list(expected.keys())
            assert [dict(row._mapping) for row in found] == [dict(row._mapping) for row in expected]
    with database.reader.connect() as look:
        assert direct.execute(look, every.where(TABLE.c.id == ROW["id"])).one()._asdict() == ROW | {"words": "so"}


def test_a_value_is_of_its_own_type_where_the_words_leave_it_open(database: Database) -> None:
    at, day = datetime(2026, 12, 1, 9, 30, tzinfo=UTC), date(2026, 12, 1)
    with database.reader.connect() as look:
        assert look.execute(sa.select(sa.func.now() > sa.func.now() - timedelta(seconds=20))).scalar_one()
        for value, said in (
            (day, "2026-12-01"),
            (at, "2026-12-01 09:30:00+00"),
            (None, None),
            (at, "2026-12-01 09:30:00+00"),
            (day, "2026-12-01"),
            (Decimal("1.50"), "1.50"),
            (True, "true"),
        ):
            assert direct.run(look, "SELECT (%(value)s)::text", {"value": value}) == [(said,)]


def test_a_percent_sign_in_the_words_is_one_sign_however_they_are_said(database: Database) -> None:
    whole, again = sa.select(sa.literal_column("'5 %' || 7 % 4")), sa.select(sa.literal_column("'5 %'"), sa.literal(1))
    with database.reader.connect() as look:
        for _ in range(3):
            for said in (look.execute(whole), direct.execute(look, whole)):
                assert said.scalar_one() == "5 %3"
            for said in (look.execute(again), direct.execute(look, again)):
                assert said.one() == ("5 %", 1)
        assert look.exec_driver_sql("SELECT 'several; 5 %%'; SELECT 2").all() == [("several; 5 %",)]


def test_rows_put_together_are_counted(database: Database) -> None:
    with database.engine.begin() as act:
        act.execute(sa.text("INSERT INTO tried VALUES (:one)"), [{"one": n} for n in range(1200)])
        assert act.execute(sa.text("DELETE FROM tried WHERE one = :one"), [{"one": 3}, {"one": 5000}]).rowcount == 1
        assert act.execute(sa.text("DELETE FROM tried WHERE one < :one"), {"one": 3}).rowcount == 3
        rows = act.execute(sa.text("SELECT one FROM tried WHERE one < :least ORDER BY one"), {"least": 20})
        assert rows.fetchmany(2) == [(4,), (5,)]
        assert rows.fetchone() == (6,)
        assert len(rows.fetchall()) == 13
    assert there(database) == 1196
