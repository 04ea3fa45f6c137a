"""Whatever is said over the wire, and in whatever order: it means what it would mean said one by one."""

from collections.abc import Callable, Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common import columns, direct
from libs.common.orm import Database
from libs.common.wire import Wire
from tests.system.wire_world import connected

TABLE = sa.Table(
    "kinds",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("words", sa.Text),
    sa.Column("count", sa.BigInteger),
    sa.Column("amount", columns.Exact(14, 3)),
    sa.Column("yes", sa.Boolean),
    sa.Column("day", sa.Date),
    sa.Column("at", columns.UtcDateTime),
    sa.Column("raw", sa.LargeBinary),
    sa.Column("more", columns.Json),
)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
#: of what PostgreSQL's jsonb keeps as it came: a float comes back as a Decimal would
JSONS = st.recursive(st.none() | st.booleans() | st.integers(-(10**30), 10**30) | WORDS, st.lists)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "words": WORDS,
    "count": st.integers(-(2**63), 2**63 - 1),
    "amount": st.integers(-(10**14) + 1, 10**14 - 1).map(lambda thousandths: Decimal(thousandths).scaleb(-3)),
    "yes": st.booleans(),
    "day": st.dates(),
    "at": st.datetimes(timezones=st.just(UTC)),
    "raw": st.binary(),
    "more": st.dictionaries(WORDS, JSONS),
}
ROWS = st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()})

often = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def database(new_database: Callable[[str], str]) -> Iterator[Database]:
    with connected(new_database("maker"), TABLE) as found:
        yield found


INSERT, EVERY = sa.insert(TABLE), sa.select(TABLE).order_by(TABLE.c.id)
CHANGE = sa.update(TABLE).where(TABLE.c.id == sa.bindparam("which"))
CHANGE = CHANGE.values({name: sa.bindparam(f"new_{name}") for name in VALUES})
SOME = EVERY.where(TABLE.c.words.in_(sa.bindparam("some", expanding=True)))
OTHERS = EVERY.where(TABLE.c.count.not_in(sa.bindparam("some", expanding=True)))


@given(before=st.lists(ROWS, min_size=1, max_size=4), after=ROWS, asked=st.lists(WORDS, max_size=3))
@often
def test_what_is_written_is_read_as_it_was_however_it_was_said(
    database: Database, before: list[dict[str, Any]], after: dict[str, Any], asked: list[str]
) -> None:
    rows = [{"id": UUID(int=place), **row} for place, row in enumerate(before)]
    with database.engine.begin() as act:
        act.execute(sa.delete(TABLE))
        direct.execute(act, INSERT, rows[0])
        direct.change(act, INSERT, rows[1:] or [{"id": UUID(int=9)}])
        direct.execute(act, CHANGE, {"which": UUID(int=0)} | {f"new_{name}": value for name, value in after.items()})
        rows = [{"id": UUID(int=0), **after}, *(rows[1:] or [dict.fromkeys(VALUES) | {"id": UUID(int=9)}])]
    words = [*asked, *(row["words"] for row in rows[:1] if row["words"] is not None)]
    counts = [row["count"] for row in rows[1:] if row["count"] is not None]
    wanted = [
        (EVERY, {}, rows),
        (SOME, {"some": words}, [row for row in rows if row["words"] in words]),
        (OTHERS, {"some": counts}, [row for row in rows if row["count"] not in (*counts, *([None] if counts else ()))]),
    ]
    with database.reader.connect() as look:
        for statement, given_with, expected in wanted:
            for said in (look.execute, lambda *some: direct.execute(look, *some)):
                assert [dict(row._mapping) for row in said(statement, given_with)] == expected


KINDS: dict[str, st.SearchStrategy[Any]] = {
    "text": WORDS,
    "bigint": VALUES["count"],
    "numeric": st.decimals(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "uuid": st.uuids(),
    "bytea": st.binary(),
    "date": st.dates(),
    "timestamptz": VALUES["at"],
    "text[]": st.lists(st.none() | WORDS),
    "bigint[]": st.lists(st.none() | VALUES["count"]),
    "uuid[]": st.lists(st.uuids()),
}


@given(st.lists(st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.tuples(st.just(kind), st.none() | KINDS[kind]))))
@often
def test_what_the_kernel_says_in_the_drivers_own_words_is_heard_as_it_was_said(
    database: Database, said: list[tuple[str, Any]]
) -> None:
    with database.reader.connect() as look:
        for kind, value in said * 3:  # as new, prepared, and known
            ((found,),) = direct.run(look, f"SELECT %(value)s::{kind}", {"value": value})
            assert repr(found) == repr(value) or found == value


ACTS = st.lists(
    st.tuples(st.sampled_from(["leave", "ask", "look", "commit", "rollback"]), st.integers(0, 4)), max_size=30
)
PUT = "INSERT INTO tried VALUES (%(one)s)"


@given(ACTS)
@often
def test_an_act_has_all_of_its_effect_or_none_whichever_of_its_statements_were_left(
    database: Database, acts: list[tuple[str, int]]
) -> None:
    """A number that is there already is refused, at the latest when something is answered or committed."""
    with database.engine.begin() as act:
        act.execute(sa.text("DELETE FROM tried"))
    committed: set[int] = set()
    with database.reader.connect() as connection:
        wire: Wire = connection.connection.driver_connection  # type: ignore[assignment]
        wire.begin()
        pending, failed = set(committed), False
        for what, one in [*acts, ("commit", 0)]:
            twice = what in ("leave", "ask") and one in pending
            failed = failed or twice
            expected = failed and what != "rollback"
            answer = None
            try:
                answer = DOING[what](wire, one)
            except psycopg.Error:
                assert expected
                told = True
            else:
                assert not expected or what == "leave"
                told = False
            if what in ("leave", "ask"):
                pending |= {one}
            elif what == "look" and not told:
                assert {number for (number,) in wire.rows(answer)} == pending
            if what == "commit" and not told:
                committed = pending
            if told or what in ("commit", "rollback"):
                wire.rollback()
                wire.begin()
                pending, failed = set(committed), False
        wire.rollback()
        assert {number for (number,) in direct.run(connection, "SELECT one FROM tried", {})} == committed


DOING: dict[str, Callable[[Wire, int], Any]] = {
    "leave": lambda wire, one: wire.leave(PUT, {"one": one}),
    "ask": lambda wire, one: wire.ask(PUT, {"one": one}),
    "look": lambda wire, _one: wire.ask("SELECT one FROM tried", {}),
    "commit": lambda wire, _one: wire.commit(),
    "rollback": lambda wire, _one: wire.rollback(),
}
