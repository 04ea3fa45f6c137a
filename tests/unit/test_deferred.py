"""What an act leaves to its end is written as it stood then: each row once, in one order for everybody."""

from typing import Any

from libs.common.deferred import Deferred


def writing(names: tuple[str, ...], added: tuple[str, ...]) -> Any:
    return names, added


def test_of_a_row_the_last_word_counts_of_some_of_it_the_first_and_numbers_add_up() -> None:
    later = Deferred()
    later.keep(writing, ("b",), {"stage": "new"}, first={"opened": 1}, more={"count": 2})
    later.keep(writing, ("b",), {"stage": "won"}, first={"opened": 9}, more={"count": 3})
    later.keep(writing, ("a",), {"stage": "lost"}, first={"opened": 5}, more={"count": 1})
    later.keep(writing, ("c",), {"stage": "new"})

    assert bool(later)
    assert list(later.taken()) == [
        (
            writing(("opened", "stage"), ("count",)),
            [{"stage": "lost", "opened": 5, "count": 1}, {"stage": "won", "opened": 1, "count": 5}],
        ),
        (writing(("stage",), ()), [{"stage": "new"}]),
    ]
    assert (bool(later), list(later.taken())) == (False, [])


def test_of_what_is_written_anew_as_a_whole_the_last_of_it_is_in_the_order_of_its_keys() -> None:
    later = Deferred()
    later.instead(("b",), [("drop", {"of": "b"}), ("put", {"of": "b", "what": "old"})])
    assert bool(later)
    later.instead(("b",), [("drop", {"of": "b"}), ("put", {"of": "b", "what": "new"})])
    later.instead(("a",), [("drop", {"of": "a"})])
    later.run("note", {"said": "first"})
    later.run("note", {"said": "second"})

    assert list(later.taken()) == [
        ("note", [{"said": "first"}, {"said": "second"}]),
        ("drop", [{"of": "a"}, {"of": "b"}]),
        ("put", [{"of": "b", "what": "new"}]),
    ]
    assert (bool(later), list(later.taken())) == (False, [])
