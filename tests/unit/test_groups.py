"""In which order the pieces of the suite are handed to its workers."""

from tests.groups import COMPUTING, LONGEST, spread

COMPUTED = [f"{COMPUTING}test_a.py::test_b[{number}]" for number in range(5)]
PIECES = ["browser", "faults", LONGEST, "tests/unit/test_a.py::test_b", *COMPUTED]


def test_the_longest_is_first_and_what_only_computes_lies_between_those_that_wait() -> None:
    first, *rest = spread(dict.fromkeys(PIECES))
    assert first == LONGEST
    assert rest == [*COMPUTED[:2], "browser", *COMPUTED[2:4], "faults", *COMPUTED[4:], "tests/unit/test_a.py::test_b"]


def test_every_piece_is_there_once_also_where_nothing_computes() -> None:
    assert sorted(spread(dict.fromkeys(PIECES))) == sorted(PIECES)
    assert list(spread(dict.fromkeys(["browser", LONGEST]))) == [LONGEST, "browser"]
