"""What a worker keeps from one test for the next: what was loaded, and the SQL and the pages that were compiled.

It was half of the time of what runs in one process. No test can see it: each is compiled from the same text.
"""

import gc
from operator import attrgetter
from threading import RLock
from types import CodeType
from typing import Any

import sqlalchemy as sa
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.util import LRUCache
from werkzeug.routing import Map, Rule, RuleFactory

from libs.common import orm
from libs.common.orm import Database

ENOUGH = 5000  #: statements; all that every service says are fewer
#: what makes a route the one that it is, beside its methods and defaults
SAID = attrgetter(
    "rule", "endpoint", "subdomain", "host", "strict_slashes", "merge_slashes", "redirect_to", "build_only", "alias",
    "websocket", "provide_automatic_options",
)  # fmt: skip
FEW, MORE = 20_000, 20  #: what a test leaves behind goes after some eighty, at the latest

_connect = orm.connect
_read: "dict[tuple[object, ...], Routes]" = {}
_known: dict[type[sa.Dialect], tuple[sa.Dialect, LRUCache[Any, Any]]] = {}


def keep() -> None:
    """To be called when all tests are loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(FEW, MORE, MORE)
    orm.connect = connect
    Flask.jinja_options = {"bytecode_cache": Pages()}
    Flask.url_map_class = Routes


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


class Routes(Map):
    """An app's routes are read once for all apps that have the same ones: a test has seven, with 650 of them."""

    lock_class = RLock  # type: ignore[assignment]

    def __init__(self, *given: Any, **more: Any) -> None:
        self._said: list[Rule] = []
        super().__init__(*given, **more)

    def add(self, rulefactory: RuleFactory) -> None:
        self._said += rulefactory.get_rules(self)

    def update(self) -> None:
        if not self._remap:
            return
        with self._remap_lock:
            same = (self.merge_slashes, *map(_route, self._said))
            if same not in _read:
                for one in self._said:
                    super().add(one)
                super().update()
                _read[same] = self
            self._matcher, self._rules_by_endpoint = _read[same]._matcher, _read[same]._rules_by_endpoint
            self._remap = False


def _route(one: Rule) -> tuple[object, ...]:
    return frozenset(one.methods or ()), str(one.defaults), SAID(one)
