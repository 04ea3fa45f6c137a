"""One reading of JSON only: what two readers could read differently is refused."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Invalid, Malformed
from libs.common.strict_json import parse

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc/~é", max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.booleans())
def test_what_is_json_is_read_as_json(value: object, escaped: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b'{"channel": "phone", ',
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 01}',
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e400]",
        b"[-1e400]",
        b"[" + b"9" * 5000 + b"]",
        b"[0." + b"1" * 5000 + b"]",
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "a": 1}}',
        b'{"a": 1, "\\u0061": 2}',
        b'"raw \x01 control"',
        b'"\xff\xfe"',
        b'"\xed\xa0\x80"',
        '{"a": 1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a": 1}',
        b"[1] [2]",
        b'"\\x41"',
    ],
)
def test_what_is_not_json_as_accepted_here_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse(raw)


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'[{"a":' * 50_000, b'{"a":' * 33 + b"1" + b"}" * 33])
def test_a_deep_body_is_refused_without_descending_into_it(raw: bytes) -> None:
    with pytest.raises(Malformed, match="nested deeper than 32"):
        parse(raw)


def test_brackets_inside_of_text_are_no_depth() -> None:
    assert parse(json.dumps(["[" * 50, '\\"{[', "]"]).encode()) == ["[" * 50, '\\"{[', "]"]
    assert parse(b"[" * 32 + b"]" * 32)


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b'{"note": "a\\u0000b"}', "/note"),
        (b'{"phones": ["1", "\\ud800"]}', "/phones/1"),
        (b'{"a/b": {"c~d": "\\udfff\\ud83d"}}', "/a~1b/c~0d"),
    ],
)
def test_text_that_no_record_can_hold_is_invalid_and_its_place_is_named(raw: bytes, pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(raw)
    assert [fault.pointer for fault in refusal.value.errors] == [pointer]


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse(b'"\\ud83d\\ude00"') == "😀"


@pytest.mark.parametrize(
    "raw",
    [
        b'"' + b"\\" * 262_000,
        b'{"a":"' + b'\\"' * 131_000,
        b'"[' * 131_000,
        b"{" + b",".join(b'"%d":0' % place for place in range(25_000)) + b',"24999":0}',
        b"[" + b'"\\ud83d\\ude00",' * 17_000 + b"0]",
    ],
)
def test_no_body_of_the_largest_size_keeps_the_reader_busy(raw: bytes) -> None:
    assert len(raw) <= 262_144
    start = time.process_time()
    with suppress(Malformed):
        parse(raw)
    assert time.process_time() - start < 0.5  # the worst takes 50 ms; a quadratic one takes minutes
