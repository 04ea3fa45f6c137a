"""What a system holds, in a form that two of them can be compared by: every table of every service, and its answers.

Ids, secrets and times are made comparable by giving each system the same ones in the same order, and human numbers by
counting them in the same way: PostgreSQL's own have gaps. Left out is what a database counts for itself, and when a
fact was sent.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest import mock
from uuid import UUID

import sqlalchemy as sa

from embedded.system import Part
from embedded.testing import Bench
from libs.common.tx import Tx


@contextmanager
def comparable(bench: Bench) -> Iterator[None]:
    """Ids, the customers' secrets and human numbers are counted while this is open."""
    for place, part in enumerate(bench.system.parts.values(), start=1):
        part.store.ids = _ids(place)
    words = (f"secret-of-a-link-{number:08d}" for number in count(1))
    with (
        mock.patch.object(secrets, "token_urlsafe", side_effect=words),
        mock.patch.object(Tx, "numbers", lambda tx, *kinds: tx._count(kinds)),
    ):
        yield


def _ids(place: int) -> Callable[[], UUID]:
    """As those in use: a later one is greater."""
    counted = count(1)
    return lambda: UUID(int=(place << 96) + (7 << 76) + (2 << 62) + next(counted))


def hash_of(found: Any) -> str:
    return hashlib.sha256(text_of(found).encode()).hexdigest()


def text_of(found: Any) -> str:
    return json.dumps(_plain(found), sort_keys=True, ensure_ascii=False)


def held(bench: Bench) -> dict[str, list[Any]]:
    """The rows of each table, by its name."""
    return {
        f"{name}.{table.name}": _rows(part, table)
        for name, part in bench.system.parts.items()
        for table in part.service.metadata.sorted_tables
    }


def _rows(part: Part, table: sa.Table) -> list[Any]:
    counted = table.autoincrement_column
    left_out = {"published_at", counted.name if counted is not None else ""}
    with part.store.reading() as tx:
        rows = [row._asdict() for row in tx.execute(sa.select(table))]
    kept = [{name: _plain(value) for name, value in row.items() if name not in left_out} for row in rows]
    return sorted(kept, key=text_of)


def _plain(value: Any) -> Any:
    """As JSON; what is kept as JSON in bytes is read, for the order of its names means nothing."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bytes | memoryview):
        text = bytes(value).decode(errors="backslashreplace")
        return json.loads(text) if text.startswith(("{", "[")) else text
    return value if isinstance(value, str | int | float | None) else str(value)
