"""Which cards: what may be asked for, in the caller's scope. A report's row carries the same, so it leads to them."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Caller, scoped
from libs.common.errors import Fault, Invalid
from libs.common.tx import Tx
from services.console.model import Card

Asked = Mapping[str, Any]
Condition = sa.ColumnElement[bool]

C: Any = Card.__table__.c

EQUAL = (
    "branch", "trade", "source", "campaign", "channel", "phase", "lane", "outcome", "stage", "lost_reason", "lost_in",
    "invalid_reason", "salesperson_id", "team_id", "lead_state", "estimate_state", "booking_state",
)  # fmt: skip
#: asked for by name → what holds of the card; besides what is a column's own value
BY: Mapping[str, Callable[[Any], Condition]] = {
    "person": lambda value: C.owner_id == value,
    "received_from": lambda value: C.received_at >= value,
    "received_until": lambda value: C.received_at < value,
    "closed_from": lambda value: C.closed_at >= value,
    "closed_until": lambda value: C.closed_at < value,
    "opportunity": lambda value: C.opportunity_id.is_not(None) if value else C.opportunity_id.is_(None),
    "won": lambda value: C.stage_type == "won" if value else C.stage_type != "won",
    "lost": lambda value: C.stage_type == "lost" if value else C.stage_type != "lost",
    "answered": lambda value: C.responded_at.is_not(None) if value else C.responded_at.is_(None),
    "answered_late": lambda value: C.responded_at > C.response_due_at if value else C.responded_at <= C.response_due_at,
}


def asking(tx: Tx, asked: Asked) -> list[Condition]:
    """Everything that was asked for holds."""
    said = {name: value for name, value in asked.items() if value is not None}
    found = [C[name] == value for name, value in said.items() if name in EQUAL]
    found += [BY[name](value) for name, value in said.items() if name in BY]
    if asked.get("age") is not None:
        found.append(C.received_at <= tx.now - timedelta(days=asked["age"]))
    if asked.get("team") is not None:
        team = people.team(tx, asked["team"])
        members = [UUID(str(one)) for one in team["members"]] if team else []
        found.append(sa.or_(C.team_id == asked["team"], C.owner_id.in_(members)))
    return found


def in_scope(statement: sa.Select[Any], who: Caller, permission: str = "pipeline.read") -> sa.Select[Any]:
    return scoped(statement, Card, who, permission)


# -- where a page ended


def cursor(value: Any, ident: UUID) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([value, ident])).rstrip(b"=").decode()


def read_cursor(text: str, kind: Any) -> tuple[Any, UUID]:
    """Raises Invalid for what was not given out here."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        value, ident = msgspec.json.decode(raw, type=tuple[kind | None, UUID])
    except (ValueError, binascii.Error, msgspec.MsgspecError) as wrong:
        raise Invalid("?cursor was not given out by this list", errors=[Fault("?cursor", "is none of ours")]) from wrong
    if isinstance(value, datetime) and value.tzinfo is None:
        raise Invalid("?cursor was not given out by this list", errors=[Fault("?cursor", "is none of ours")])
    return value, ident


def behind(column: Any, value: Any, ident: UUID) -> Condition:
    """What follows (value, ident) in a list that goes downwards and ends with what has no value."""
    if value is None:
        return sa.and_(column.is_(None), C.id < ident)
    return sa.or_(column < value, sa.and_(column == value, C.id < ident), column.is_(None))


def names(tx: Tx, rows: Sequence[Mapping[str, Any]], *columns: str) -> dict[UUID, str]:
    """What the people in these columns are called."""
    return people.names(tx, [row[name] for row in rows for name in columns if row.get(name) is not None])
