"""Facts that nobody here reacts to: their records' positions move past them, without a handler's transaction."""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common import direct
from libs.common.contracts.base import Message
from libs.common.positions import OPEN, Key, Position
from libs.common.prepared import few
from libs.common.store import Store

Stretch = tuple[str, UUID, int, int, UUID]  #: producer, record, its first and last fact's number, the last one's id

#: moves what stands right before its stretch and has nothing held, begins what is new; anything else is left alone, and
#: what we waited for as well: whether something is held for it is seen as it was before the wait
GLIDE = f"""
WITH x AS (
  SELECT k ->> 0 AS producer, (k ->> 1)::uuid AS agg, (k ->> 2)::bigint AS first, (k ->> 3)::bigint AS last,
         (k ->> 4)::uuid AS event
  FROM {few("json_array_elements(%(stretches)s::json)", "many")} AS s(k)
), moved AS (
  UPDATE stream_pos AS p SET last_seq = x.last, last_event = x.event
  FROM x JOIN stream_pos AS before ON before.producer = x.producer AND before.agg = x.agg
  WHERE p.producer = x.producer AND p.agg = x.agg AND p.last_seq = x.first - 1 AND p.state = 'open'
    AND p.xmin = before.xmin
    AND NOT EXISTS (SELECT FROM held AS h WHERE h.producer = p.producer AND h.agg = p.agg)
  RETURNING p.producer, p.agg
), begun AS (
  INSERT INTO stream_pos (producer, agg, last_seq, last_event, state)
  SELECT producer, agg, last, event, 'open' FROM x WHERE first = 1 ON CONFLICT DO NOTHING
  RETURNING producer, agg
)
SELECT * FROM moved UNION ALL SELECT * FROM begun
"""  # noqa: S608 - our own words


def glide(store: Store, messages: Sequence[Message], matters: Callable[[str], bool]) -> list[Message]:
    """Moves the positions of records of which none of these facts matters here. Returns the facts it did not cover."""
    of_record: dict[Key, list[Message]] = {}
    for message in messages:
        of_record.setdefault((message.producer, message.subject), []).append(message)
    stretches = {
        key: (*key, some[0].number, some[-1].number, some[-1].id)
        for key, some in of_record.items()
        if not any(matters(one.type) for one in some) and _unbroken(some)
    }
    if not stretches:
        return list(messages)
    gone = _moved(store, list(stretches.values()))
    return [one for one in messages if (one.producer, one.subject) not in gone]


def _unbroken(some: Sequence[Message]) -> bool:
    return all(one.number == some[0].number + place for place, one in enumerate(some))


def _moved(store: Store, stretches: list[Stretch]) -> set[Key]:
    with store.alone() as connection:
        if not store.database.sqlite:
            told = {"stretches": msgspec.json.encode(stretches).decode(), "many": len(stretches)}
            return {(producer, agg) for producer, agg in direct.run(connection, GLIDE, told)}
        known = _known(store, connection, [(producer, agg) for producer, agg, *_ in stretches])
        fits = [one for one in stretches if known.get(one[:2], 0) == one[2] - 1]
        where = [Position((producer, agg), last, event) for producer, agg, _first, last, event in fits]
        new = [one.made() for one in where if one.key not in known]
        old = [one.moving() for one in where if one.key in known]
        for statement, rows in ((store.statements.stream_pos, new), (store.statements.moved, old)):
            if rows:
                connection.execute(statement, rows)
        return {one[:2] for one in fits}


def _known(store: Store, connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, int]:
    """How far each record was applied; -1 where it is blocked or something is held."""
    found: dict[Key, int] = {}
    for row in connection.execute(store.statements.positions, {"keys": list(keys)}):
        free = row.state == OPEN and row.agg_seq is None
        found[row.producer, row.agg] = row.last_seq if free else -1
    return found
