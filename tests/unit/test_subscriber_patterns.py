"""What a subscriber may bind: its pattern or a part of it, never more."""

import re

from hypothesis import given
from hypothesis import strategies as st

from libs.common.rabbit.subscribers import _keys, _pattern

WORD = st.sampled_from(["booking", "lead", "v1", "*", "#", "#x", "a*"])
PLAIN = st.sampled_from(["booking", "lead", "v1", "#x", "a*", "x"])
KEY = st.lists(WORD, min_size=1, max_size=4).map(lambda words: ".".join(["plumbline", *words]))
ROUTING = st.lists(PLAIN, max_size=5).map(lambda words: ".".join(["plumbline", *words]))
PATTERN = st.lists(st.sampled_from(["booking", "lead", "v1", "*", "#"]), min_size=1, max_size=4).map(
    lambda words: ".".join(["plumbline", *words])
)


def lets_through(key: list[str], routing: list[str]) -> bool:
    """As the broker decides: `*` is one word, `#` any number of them."""
    if not key:
        return not routing
    if key[0] == "#":
        return lets_through(key[1:], routing) or (bool(routing) and lets_through(key, routing[1:]))
    return bool(routing) and key[0] in ("*", routing[0]) and lets_through(key[1:], routing[1:])


@given(PATTERN, KEY, ROUTING)
def test_no_binding_that_is_allowed_lets_more_through_than_the_pattern(pattern: str, key: str, routing: str) -> None:
    if re.fullmatch(_keys(pattern), key) and lets_through(key.split("."), routing.split(".")):
        assert lets_through(pattern.split("."), routing.split("."))


@given(PATTERN)
def test_a_pattern_may_be_bound_itself_and_is_read_back_from_the_rights(pattern: str) -> None:
    assert re.fullmatch(_keys(pattern), pattern)
    assert _pattern(_keys(pattern)) == pattern


@given(PATTERN, ROUTING)
def test_a_single_fact_may_be_bound_where_the_pattern_lets_it_through(pattern: str, routing: str) -> None:
    if "#" not in routing and lets_through(pattern.split("."), routing.split(".")):
        assert re.fullmatch(_keys(pattern), routing)
