"""Both modes mean the same: what people did at random leaves the same answers and the same state on either database.

The bus is the in-process one in both: a broker only decides when facts arrive, and the suites of both buses hold that.
"""

from collections.abc import Callable
from typing import Any

import pytest

from embedded.testing import Bench, Clock, moment
from tests.contract.same_state import comparable, hash_of, held, text_of
from tests.contract.scripts import Script
from tests.system.postgres_world import NewDatabases, bench_of_all

SOME, MANY, ALL = 24, 100, 1000
BEGIN = "2026-05-04 15:00"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("first", "count"),
    [(0, SOME), *(pytest.param(first, MANY, marks=pytest.mark.long) for first in range(0, ALL, MANY))],
)
def test_what_people_do_leaves_the_same_state_in_both_modes(
    first: int, count: int, bench: Callable[..., Bench], new_database: NewDatabases
) -> None:
    embedded = bench()
    embedded.clock.now = moment(BEGIN)
    apart = bench_of_all(new_database, Clock(moment(BEGIN)))
    try:
        here, there = (play(one, range(first, first + count)) for one in (embedded, apart))
        assert not first_difference(here, there)
        states = [held(one) for one in (embedded, apart)]
        assert [name for name in states[0] if text_of(states[0][name]) != text_of(states[1][name])] == []
        assert hash_of(states[0]) == hash_of(states[1])
        assert states[0]["bookings.bookings"]  # some got as far as that, or little was compared
    finally:
        apart.close()


def play(bench: Bench, numbers: range) -> list[list[Any]]:
    """What was asked and answered, by script."""
    told = []
    with comparable(bench):
        for number in numbers:
            script = Script(bench, number)
            script.run()
            told.append(script.told)
    return told


def first_difference(here: list[list[Any]], there: list[list[Any]]) -> str:
    for script, (ours, theirs) in enumerate(zip(here, there, strict=True)):
        for one, other in zip(ours, theirs, strict=False):
            if text_of(one) != text_of(other):
                return f"script {script} of these: {text_of(one)}\nwhere PostgreSQL has {text_of(other)}"
    return ""
