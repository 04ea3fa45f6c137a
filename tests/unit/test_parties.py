"""Names and places are the same whoever typed them, with whatever signs and accents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.parties import folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoë Müller", "zoe  MULLER"),
        ("Zoe\u0308 Mu\u0308ller", "Zoë Müller"),  # the same letters, put together from two signs each
        ("O'Neil & Sons, Inc.", "o neil sons inc"),
        ("Straße 12", "STRASSE 12"),
        ("№ 5", "no 5"),
        ("İstanbul", "istanbul"),
    ],
)
def test_two_spellings_are_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text())
def test_what_is_folded_once_is_folded(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_capitals_and_signs_make_no_difference_to_plain_letters(text: str) -> None:
    assert folded(text.upper()) == folded(text) == folded(f"!{text}.")
