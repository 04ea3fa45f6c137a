"""Nonsense at every door that changes something: a plain problem, nothing kept, nothing said on the bus.

Generated over the routes and their schemas, so that a new route is tried with the rest.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

import services
from embedded.testing import HOME, Bench, Caller
from libs.common.auth import Role
from libs.common.schema import groups, numbers, texts
from libs.common.web import Rule

KIB = 1024
NOBODY = str(UUID(int=9))
Door = tuple[str, str, Rule]

#: what is sent, what it is said to be, and what is answered; ``{}`` alone might be all that a route asks for
BODIES: dict[str, tuple[bytes, str, int]] = {
    "cut off": (b'{"a": ', "application/json", 400),
    "too deep": (b"[" * 100_000, "application/json", 400),
    "too deep, closed": (b'{"a":' * 40 + b"1" + b"}" * 40, "application/json", 400),
    "NaN": (b'{"a": NaN}', "application/json", 400),
    "Infinity": (b'{"a": -Infinity}', "application/json", 400),
    "1e400": (b'{"a": 1e400}', "application/json", 400),
    "5,000 digits": (b'{"a": ' + b"9" * 5000 + b"}", "application/json", 400),
    "a name twice": (b'{"a": 1, "a": 2}', "application/json", 400),
    "not UTF-8": (b'{"a": "\xff"}', "application/json", 400),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "application/json", 400),
    "two values": (b"{} {}", "application/json", 400),
    "a byte order mark": (b"\xef\xbb\xbf{}", "application/json", 400),
    "NUL": (b'{"surprise": "\\u0000"}', "application/json", 422),
    "NUL in a name": (b'{"\\u0000": 1}', "application/json", 422),
    "half a character": (b'{"surprise": "\\ud800"}', "application/json", 422),
    "an unknown name": (b'{"surprise": 1}', "application/json", 422),
    "what only we write": (b'{"id": "1", "version": 7, "number": "X", "created_by": "me"}', "application/json", 422),
    "a list": (b"[]", "application/json", 422),
    "null": (b"null", "application/json", 422),
    "text": (b'"x"', "application/json", 422),
    "300 KiB": (b'{"surprise": "' + b"x" * 300 * KIB + b'"}', "application/json", 413),
    "a form": (b"surprise=1", "application/x-www-form-urlencoded", 415),
    "nothing said": (b'{"surprise": 1}', "", 415),
    "another encoding": (b'{"surprise": 1}', "application/json; charset=utf-16", 415),
}
IDS = ["x", "%00", "%2e%2e", "1" * 4000, "00000000-0000-0000-0000-00000000000", "{id}", "-1", "%F0%9F%98%80"]
NOT_OF_ITS_KIND: list[Any] = [3.9, True, "3", {"a": {}}, [[]], 10**90, "1e1000000", "x" * 10_001]


class Hall:
    """One service's doors, somebody with every role, and what the service has kept so far."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.part = bench.system.parts[name]
        everything = bench.system.signer.issue(uuid4(), roles=[str(role) for role in Role], branch=HOME)
        self.anybody = Caller(bench, everything)

    def doors(self, *, links: bool = True) -> Iterator[Door]:
        """Every JSON route that changes something: its method, its path with ids that nobody has, its rule."""
        views: dict[str, Any] = dict(self.part.app.view_functions)
        for route in self.part.app.url_map.iter_rules():
            rule: Rule = views[route.endpoint].rule
            if not rule.page and (links or "token" not in route.arguments):
                for method in sorted((route.methods or set()) & {"POST", "PUT", "PATCH"}):
                    yield method, route.rule, rule

    def call(self, door: Door, ident: str = NOBODY, **more: Any) -> TestResponse:
        method, path, rule = door
        filled = "/".join(ident if part.startswith("<uuid") else part for part in path.split("/"))
        filled = "/".join("x" if part.startswith("<") else part for part in filled.split("/"))
        headers = {"If-Match": "*"} if rule.edits else {}
        return self.anybody.call(method, filled, headers=headers | more.pop("headers", {}), **more)

    def kept(self) -> str:
        """A digest of every row of every table."""
        digest = hashlib.sha256()
        with self.part.store.reading() as tx:
            for table in self.part.service.metadata.sorted_tables:
                digest.update(repr(sorted(map(repr, tx.session.execute(sa.select(table))))).encode())
        return digest.hexdigest()


@pytest.fixture
def hall(bench: Callable[..., Bench], request: pytest.FixtureRequest) -> Hall:
    return Hall(bench(request.param), request.param)


every_service = pytest.mark.parametrize("hall", services.NAMES, indirect=True)


def refused(door: Door, answer: TestResponse, status: int | tuple[int, ...], why: object) -> dict[str, Any]:
    said = f"{door[0]} {door[1]} given {why!r:.80} answers {answer.status_code}: {answer.get_data(as_text=True)[:300]}"
    assert answer.status_code in ((status,) if isinstance(status, int) else status), said
    assert answer.content_type == "application/problem+json", said
    problem: dict[str, Any] = json.loads(answer.data)
    assert problem["type"].startswith("/problems/"), said
    return problem


@every_service
def test_a_body_that_cannot_be_taken_gets_a_plain_word_and_changes_nothing(hall: Hall) -> None:
    before = hall.kept()
    for door in hall.doors():
        if not door[2].upload:
            for why, (body, kind, status) in BODIES.items():
                answer = hall.call(door, data=body, content_type=kind)
                refused(door, answer, status, why)
    assert hall.kept() == before


@every_service
def test_a_file_that_is_none_gets_a_plain_word_and_changes_nothing(hall: Hall) -> None:
    before = hall.kept()
    for door in hall.doors():
        if not door[2].upload or door[1].startswith("/e/"):  # a page answers as one
            continue
        for why, (body, kind, status) in BODIES.items():
            answer = hall.call(door, data=body, content_type=kind)
            refused(door, answer, 415 if status != 413 else (413, 415), why)
        for parts in ({}, {"file": "text"}, {"file": (BytesIO(b""), "a.csv")}, {"surprise": (BytesIO(b"x"), "a.csv")}):
            kind = "multipart/form-data" + ("" if parts else "; boundary=x")
            refused(door, hall.call(door, data=parts, content_type=kind), 422, list(parts))
        large = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + b"x" * door[2].limit
        answer = hall.call(door, data=large, content_type="multipart/form-data; boundary=x")
        refused(door, answer, 413, "a file too large")
    assert hall.kept() == before


@every_service
def test_an_id_that_is_none_is_not_found(hall: Hall) -> None:
    for door in hall.doors():
        for ident in IDS if "<uuid" in door[1] else ():
            refused(door, hall.call(door, ident, json={}), (404, 405), ident)


@every_service
def test_a_value_of_another_kind_is_named_and_nothing_changes(hall: Hall) -> None:
    before = hall.kept()
    for door in hall.doors():
        if door[2].body is None or door[2].upload:
            continue
        for name, field in door[2].body().fields.items():
            where = field.data_key or name
            for value in NOT_OF_ITS_KIND:
                if _fits(field, value):
                    continue
                problem = refused(door, hall.call(door, json={where: value}), 422, {where: value})
                assert any(one["pointer"].startswith(f"/{where}") for one in problem["errors"]), (door[1], where, value)
    assert hall.kept() == before


@every_service
def test_an_edit_says_which_version_it_saw(hall: Hall) -> None:
    for door in hall.doors():
        if door[2].edits:
            method, path, _ = door
            answer = hall.call((method, path, _without(door[2])), json={})
            refused(door, answer, 428, "no If-Match")


@every_service
def test_a_key_that_is_none_is_refused(hall: Hall) -> None:
    before = hall.kept()
    for door in hall.doors(links=False):
        if door[0] == "POST" and door[2].idempotent and door[2].body is None:
            for key in ("", "x" * 256):
                refused(door, hall.call(door, headers={"Idempotency-Key": key}), 422, key)
    assert hall.kept() == before


@every_service
def test_a_list_is_asked_for_in_ways_that_it_knows(hall: Hall) -> None:
    views: dict[str, Any] = dict(hall.part.app.view_functions)
    for route in hall.part.app.url_map.iter_rules():
        rule: Rule = views[route.endpoint].rule
        if not rule.many:
            continue
        door = ("GET", route.rule, rule)
        for asked in (
            "limit=0", "limit=-1", "limit=1000000000", "limit=x", "limit=1.5", "limit=1&limit=2", "limit=%00",
            "cursor=x", "cursor=%00", "cursor=eyJhIjoxfQ", "sort=;drop", "surprise=1", "limit=٣",
        ):  # fmt: skip
            method, path, _ = door
            answer = hall.call((method, f"{path}?{asked}", rule))
            refused(door, answer, (404, 422) if "<" in path else 422, asked)


def _fits(field: Any, value: Any) -> bool:
    """Whether it may be right there: text anywhere text goes, a numeral where amounts are written as text."""
    return (
        isinstance(field, groups.Raw)
        or (isinstance(field, groups.Dict) and isinstance(value, dict))
        or (isinstance(field, texts.Text) and isinstance(value, str))
        or (isinstance(field, numbers.Number) and value == "3")
        or (isinstance(field, numbers.Flag) and value is True)
    )


def _without(rule: Rule) -> Rule:
    return Rule(**{**vars(rule), "edits": False})
