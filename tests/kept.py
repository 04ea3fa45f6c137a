"""What a worker keeps from one test for the next: what was loaded, and the SQL and the pages that were compiled.

It was half of the time of what runs in one process. No test can see it: each is compiled from the same text.
"""

import gc
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

import sqlalchemy as sa
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule
from werkzeug.routing.converters import BaseConverter
from werkzeug.routing.rules import RulePart

from libs.common import orm
from libs.common.orm import Database

ENOUGH = 5000  #: statements; all that every service says are fewer
FEW, MORE = 20_000, 20  #: what a test leaves behind goes after some eighty, at the latest

Builder = Callable[..., tuple[str, str]]

_connect = orm.connect
_read: dict[str, tuple[list[RulePart], list[tuple[bool, str]], dict[str, BaseConverter]]] = {}
_known: dict[type[sa.Dialect], tuple[sa.Dialect, LRUCache[Any, Any]]] = {}


def keep() -> None:
    """To be called when all tests are loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(FEW, MORE, MORE)
    orm.connect = connect
    Flask.jinja_options = {"bytecode_cache": Pages()}
    Flask.url_rule_class = Route


def connect(url: str, **how: Any) -> Database:
    """As `orm.connect`. Databases of a kind have one dialect here: it is what compiled statements are kept for."""
    database = _connect(url, **how)
    for engine in (database.engine, database.reader):
        _share(engine)
    return database


def _share(engine: sa.Engine) -> None:
    kind = type(engine.dialect)
    if kind in _known:
        engine.dialect, statements = _known[kind]
        engine.update_execution_options(compiled_cache=statements)
    else:  # others can use it once it has spoken to a server

        def know(*_: object) -> None:
            _known.setdefault(kind, (engine.dialect, LRUCache(ENOUGH)))

        sa.event.listen(engine, "connect", know, once=True)


class Pages(BytecodeCache):
    """Templates as they were compiled, for any app that would compile them in the same way."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get(_way(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._known[_way(bucket)] = bucket.code


def _way(bucket: Bucket) -> tuple[object, ...]:
    return (bucket.key, bucket.checksum, *sorted(bucket.environment.extensions))


class Route(Rule):
    """Its text is read once for all apps. What builds its address is made when it is first asked to: seven apps have
    650 of these, and a test asks few."""

    def _parse_rule(self, rule: str) -> Iterable[RulePart]:
        if rule not in _read:
            trace, self._trace = self._trace, []
            parts = list(super()._parse_rule(rule))
            _read[rule] = parts, self._trace, self._converters
            self._trace, self._converters = trace, {}
        parts, trace, converters = _read[rule]
        self._trace += trace
        self._converters |= converters
        self.arguments |= converters.keys()
        return parts

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compiled, made = super()._compile_builder, list[Any]()

        def build(own: Rule, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(compiled(append_unknown))
            found: tuple[str, str] = made[0](own, **values)
            return found

        return build
