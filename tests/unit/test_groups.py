"""In which order the pieces of the suite are handed to its workers."""

from tests.groups import COMPUTING, LONGEST, SLOW, spread

COMPUTED = [f"{COMPUTING}test_a.py::test_b[{number}]" for number in range(5)]
PIECES = ["browser", "faults", LONGEST, "tests/unit/test_a.py::test_b", *COMPUTED]


def test_the_longest_is_first_and_what_only_computes_lies_between_those_that_wait() -> None:
    first, *rest = spread(dict.fromkeys(PIECES))
    assert first == LONGEST
    assert rest == [*COMPUTED[:2], "browser", *COMPUTED[2:4], "faults", *COMPUTED[4:], "tests/unit/test_a.py::test_b"]


def test_what_takes_long_is_begun_before_the_quickest_are_left() -> None:
    slow, quick = (
        [f"{where}test_a.py::test_b[{number}]" for number in range(16)] for where in (SLOW[0], "tests/unit/")
    )
    order = list(spread(dict.fromkeys([LONGEST, *quick, *slow])))
    assert order[:5] == [LONGEST, slow[0], quick[2], slow[1], quick[3]]
    assert order[-2:] == quick[:2]
    assert sorted(order) == sorted([LONGEST, *quick, *slow])


def test_every_piece_is_there_once_also_where_nothing_computes() -> None:
    assert sorted(spread(dict.fromkeys(PIECES))) == sorted(PIECES)
    assert list(spread(dict.fromkeys(["browser", LONGEST]))) == [LONGEST, "browser"]
