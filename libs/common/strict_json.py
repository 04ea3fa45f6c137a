"""JSON as accepted here: one reading only. Duplicate keys, NaN, depth and odd encodings are refused, not guessed."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from libs.common.errors import Fault, Invalid, Malformed

DEPTH = 32
NUMBER = 100  #: characters of a number; no amount, count or id is longer

_STRING = re.compile(rb'"[^"\\]*+(?:\\(?:.|\Z)[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNPRINTED = re.compile("[\x00\ud800-\udfff]")  #: what neither PostgreSQL nor UTF-8 can hold


def parse(raw: bytes) -> Any:
    """The value. Raises Malformed for what is not JSON, Invalid for text that no record could hold."""
    if raw.count(b"[") + raw.count(b"{") > DEPTH:
        _measure(raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        raise Malformed(f"the body is not UTF-8 at byte {wrong.start}") from wrong
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as wrong:
        raise Malformed(f"the body is not JSON: {wrong.msg}, line {wrong.lineno} column {wrong.colno}") from wrong
    if _SUSPECT.search(text):  # only an escape can bring them in
        faults = list(_unprinted(value, ""))
        if faults:
            raise Invalid("some text holds characters that cannot be kept", errors=faults)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Malformed(f"the name {twice[:80]!a} appears twice in one object")
    return found


def _constant(name: str) -> Any:
    raise Malformed(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits) > NUMBER:
        raise Malformed(f"a number has {len(digits)} digits; at most {NUMBER} are read")
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits) if len(digits) <= NUMBER else math.inf
    if math.isinf(value):
        raise Malformed("a number is too large or too long")
    return value


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole, parse_float=_fraction
)


def _measure(raw: bytes) -> None:
    """Refuses what is nested too deeply, by counting: no parser has to survive it."""
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH:
            raise Malformed(f"the body is nested deeper than {DEPTH}")


def _unprinted(value: Any, at: str) -> Iterator[Fault]:
    if isinstance(value, str):
        if _UNPRINTED.search(value):
            yield Fault(at, "holds NUL or half of a character, which cannot be kept")
    elif isinstance(value, dict):
        for name, inner in value.items():
            here = f"{at}/{escape(name)}"
            if _UNPRINTED.search(name):
                yield Fault(_UNPRINTED.sub(lambda found: ascii(found[0])[1:-1], here), "is no name of a field")
            yield from _unprinted(inner, here)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _unprinted(inner, f"{at}/{place}")


def escape(name: str) -> str:
    """A name as a JSON pointer writes it."""
    return name.replace("~", "~0").replace("/", "~1")
