"""Who changed what from what to what, when, through which client: written with every act, chained by the worker."""

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import LoaderCallableStatus, Session

from libs.common import direct
from libs.common.columns import Aggregate
from libs.common.locks import CHAINING
from libs.common.prepared import few

if TYPE_CHECKING:
    from libs.common.store import Store
    from libs.common.tx import Origin, Tx

#: many rows with one statement
LINKS = few("json_to_recordset(%(links)s::json) AS y(row bigint, place bigint, link text)", "many")
LINK = f"UPDATE audit AS a SET position = x.place, hash = x.link FROM {LINKS} AS x WHERE a.id = x.row"  # noqa: S608 - ours
UNSAID = {"version", "agg_seq", "updated_at", "updated_by", "created_at", "created_by"}  #: told by the row itself
FORM = "2:"  #: of a link that covers ``client``, too
SECRET = {"password_hash", "token_hash", "secret", "former_secret", "url"}


#: (kind, record, on whose behalf) -> field -> [before, after]
Changes = dict[tuple[str, str, "Origin"], dict[str, Any]]


def watch(tx: "Tx") -> None:
    """Notes every change of a record in this act's session, as the flushes come."""
    tx.session.info["tx"] = tx
    tx.session.info["changes"] = {}
    tx.session.info["made"] = set()


def made(tx: "Tx", record: Aggregate) -> None:
    """Notes a new record as it is made: a consumer writes those of several facts together, each has its own cause."""
    tx.session.info["made"].add((type(record), record.id))
    tx.session.info["changes"].setdefault(_key(record, tx), {"created": [None, True]})


def also(tx: "Tx", record: Aggregate, name: str, before: Any, after: Any) -> None:
    """Notes a change of something at a record that is no column of it, such as a file."""
    mine = tx.session.info["changes"].setdefault(_key(record, tx), {})
    mine[name] = [mine.get(name, [before])[0], after]


@event.listens_for(Session, "before_flush")
def note(session: Session, *_: Any) -> None:
    """Notes what is about to be written."""
    tx = session.info.get("tx")
    if tx is None:
        return
    changes: Changes = session.info["changes"]
    for record in session.new:
        if isinstance(record, Aggregate) and (type(record), record.id) not in session.info["made"]:
            changes.setdefault(_key(record, tx), {"created": [None, True]})
    for record in session.dirty:
        if isinstance(record, Aggregate):
            _differences(record, changes, tx)


def _key(record: Aggregate, tx: "Tx") -> tuple[str, str, "Origin"]:
    return type(record).__name__, str(record.id), tx.origin  # a consumer's transaction applies facts of several


def _differences(record: Aggregate, changes: Changes, tx: "Tx") -> None:
    state: Any = sa.inspect(record)
    columns = state.mapper.column_attrs
    for name, before in state.committed_state.items():  # only what was touched since it was last written
        if name in UNSAID or name not in columns or before == state.dict.get(name, before):
            continue  # the same amount with more zeros is none either
        old, new = _plain(name, before), _plain(name, state.dict[name])
        if old != new:
            mine = changes.setdefault(_key(record, tx), {})
            mine[name] = [mine.get(name, [old])[0], new]


def _plain(name: str, value: Any) -> Any:
    if name in SECRET:
        return "(hidden)"
    if isinstance(value, UUID | Decimal):
        return str(value)
    if value is None or isinstance(value, LoaderCallableStatus):  # it was not loaded before it was set
        return None
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def rows(tx: "Tx") -> list[dict[str, Any]]:
    """One a changed record. The action is the route or the event type that caused it."""
    changes: Changes = tx.session.info["changes"]
    return [
        {
            "at": tx.now,
            "actor": origin.actor,
            "action": origin.action,
            "kind": kind,
            "subject": subject,
            "changes": what,
            "request": origin.causation[:80],
            "client": origin.client[:200],
        }
        for (kind, subject, origin), what in changes.items()
        if what
    ]


def chain(store: "Store", batch: int = 500) -> int:
    """Links unlinked rows to the one before, in order, so that a row taken out or altered shows. Returns how many."""
    with store.alone(changing=False) as look:  # mostly there is nothing new, and nobody has to wait for this
        if direct.execute(look, store.statements.unlinked, {"most": 1}).first() is None:
            return 0
    with store.begin() as tx:
        if not store.database.sqlite:  # two workers would both follow the same row
            tx.session.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAINING)))
        last = tx.execute(store.statements.last_linked).first()
        position, previous = (last.position, last.hash) if last else (0, "")
        links = []
        for row in tx.execute(store.statements.unlinked, {"most": batch}).all():
            position, previous = position + 1, link(previous, row)
            links.append({"row": row.id, "place": position, "link": previous})
        if links and store.database.sqlite:
            tx.execute(store.statements.linked, links)
        elif links:
            given = {"links": msgspec.json.encode(links).decode(), "many": len(links)}
            direct.run(tx.connection, LINK, given)
    return len(links)


def link(previous: str, row: Any) -> str:
    """The hash that binds a row to all before it, with the form of the link in front."""
    return FORM + _hashed(previous, [*_said(row), row.client])[: 64 - len(FORM)]


def _said(row: Any) -> list[Any]:
    """What the first form covers: links of it have no mark, and stand as they are."""
    return [str(row.id), row.at.isoformat(), row.actor, row.action, row.kind, row.subject, row.changes, row.request]


def _hashed(previous: str, said: list[Any]) -> str:
    return hashlib.sha256(previous.encode() + msgspec.json.encode(said)).hexdigest()


@dataclass(frozen=True)
class Checked:
    """A stretch of the chain, from behind a position up to another one."""

    rows: int
    position: int  #: the last one that holds
    hash: str  #: its link: whoever writes it down elsewhere finds a chain that was made anew, too
    broken_at: int | None  #: the first position that does not follow from the one before
    more: bool


def check(tx: "Tx", after: int, most: int) -> Checked:
    """Whether each row follows from the one before it. ``after`` is a position that holds, or 0."""
    chained = tx.tables.audit.c
    previous = tx.execute(sa.select(chained.hash).where(chained.position == after)).scalar() if after else ""
    rows = sa.select(tx.tables.audit).where(chained.position > after).order_by(chained.position).limit(most + 1)
    found, position = tx.execute(rows).all(), after
    for row in found[:most]:
        if row.position != position + 1 or previous is None or not _follows(previous, row):
            return Checked(position - after, position, previous or "", position + 1, more=False)
        position, previous = row.position, row.hash
    return Checked(position - after, position, previous or "", None, more=len(found) > most)


def _follows(previous: str, row: Any) -> bool:
    if row.hash.startswith(FORM):
        return bool(row.hash == link(previous, row))
    return bool(row.hash == _hashed(previous, _said(row)))
