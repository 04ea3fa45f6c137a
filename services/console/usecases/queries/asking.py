"""Which cards: what may be asked for, in the caller's scope. A report's row carries the same, so it leads to them."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Caller
from libs.common.errors import Fault, Invalid
from libs.common.noindex import as_read
from libs.common.scoping import scoped
from libs.common.tx import Tx
from services.console.model import Booking, Card, Estimate, OrderCard, Stage
from services.console.model.card import LATE_BY

Asked = Mapping[str, Any]
Condition = sa.ColumnElement[bool]

C: Any = Card.__table__.c
E: Any = Estimate.__table__.c
B: Any = Booking.__table__.c
S: Any = Stage.__table__.c
MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]  #: what a list may be sorted by, as its cursor says it
WHOLE = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
AWAITED = C.outcome != "lost"  #: nobody waits any more to answer what came to nothing
LIVE = ("sent", "viewed", "changes_requested")  #: an offer that the customer could accept

EQUAL = (
    "branch", "trade", "source", "campaign", "channel", "phase", "lane", "outcome", "stage", "lost_reason", "lost_in",
    "invalid_reason", "salesperson_id", "team_id", "lead_state", "estimate_state", "booking_state",
)  # fmt: skip
#: asked for by name → what holds of the card; besides what is a column's own value
BY: Mapping[str, Callable[[Any], Condition]] = {
    "person": lambda value: C.owner_id == value,
    "received_from": lambda value: C.received_at >= value,
    "received_until": lambda value: C.received_at < value,
    "settled_from": lambda value: C.settled_at >= value,
    "settled_until": lambda value: C.settled_at < value,
    "settled": lambda value: C.settled_at.is_not(None) if value else C.settled_at.is_(None),
    "closed_from": lambda value: C.closed_at >= value,
    "closed_until": lambda value: C.closed_at < value,
    "opportunity": lambda value: C.opportunity_id.is_not(None) if value else C.opportunity_id.is_(None),
    "won": lambda value: C.won_at.is_not(None) if value else C.won_at.is_(None),
    "lost": lambda value: C.stage_type == "lost" if value else C.stage_type != "lost",
    "priced": lambda value: C.priced_from.is_not(None) if value else C.priced_from.is_(None),
    "assigned": lambda value: (
        sa.and_(C.phase == "booking", C.assigned_at.is_not(None)) if value else C.assigned_at.is_(None)
    ),
    "merged": lambda value: C.outcome == "merged" if value else C.outcome != "merged",
    "clocked": lambda value: C.response_due_at.is_not(None) if value else C.response_due_at.is_(None),
    "without": lambda value: C[value].is_(None),
    "answered": lambda value: C.responded_at.is_not(None) if value else C.responded_at.is_(None),
    "answered_late": lambda value: C.responded_at > C.response_due_at if value else C.responded_at <= C.response_due_at,
}


#: the same of the records behind a card: one of these is as it was asked for
OF_ESTIMATES: Mapping[str, Callable[[Any], Condition]] = {
    "offered_from": lambda value: E.sent_at >= value,
    "offered_until": lambda value: E.sent_at < value,
    "offer_live": lambda value: E.state.in_(LIVE) if value else E.state.not_in(LIVE),
    "accepted_from": lambda value: E.decided_at >= value,
    "accepted_until": lambda value: E.decided_at < value,
    "accepted_by": lambda value: E.salesperson_id == value,
    "accepted_by_nobody": lambda value: E.salesperson_id.is_(None) if value else E.salesperson_id.is_not(None),
    "accepted_in": lambda value: E.currency == value,
    "discounted": lambda value: E.discount > 0 if value else E.discount == 0,
    "accepted": lambda value: E.accepted_total.is_not(None) if value else E.accepted_total.is_(None),
}
OF_BOOKINGS: Mapping[str, Callable[[Any], Condition]] = {
    "handed_over_from": lambda value: B.handed_over_at >= value,
    "handed_over_until": lambda value: B.handed_over_at < value,
    "handed_over": lambda value: B.handed_over_at.is_not(None) if value else B.handed_over_at.is_(None),
    "handed_to": lambda value: B.team_id == value,
    "handed_to_nobody": lambda value: B.team_id.is_(None) if value else B.team_id.is_not(None),
    "taken_over": lambda value: B.accepted_at.is_not(None) if value else B.accepted_at.is_(None),
    "returned": lambda value: B.returns > 0 if value else B.returns.is_(None),
}
OF_STAGES: Mapping[str, Callable[[Any], Condition]] = {
    "entered_from": lambda value: S.entered_at >= value,
    "entered_until": lambda value: S.entered_at < value,
    "been_in": lambda value: S.stage == value,
    "still_there": lambda value: S.seconds.is_(None) if value else S.seconds.is_not(None),
}


def asking(tx: Tx, asked: Asked) -> list[Condition]:
    """Everything that was asked for holds."""
    said = {name: value for name, value in asked.items() if value is not None}
    found = [C[name] == value for name, value in said.items() if name in EQUAL]
    found += [BY[name](value) for name, value in said.items() if name in BY]
    for kind, table in ((E, OF_ESTIMATES), (B, OF_BOOKINGS), (S, OF_STAGES)):
        of_it = [table[name](value) for name, value in said.items() if name in table]
        found += [C.id.in_(sa.select(kind.card_id).where(*of_it))] if of_it else []
    if asked.get("age") is not None:
        found.append(C.received_at <= tx.now - timedelta(days=asked["age"]))
    if asked.get("overdue"):
        found.append(sa.or_(*(C[name] < tx.now for name in LATE_BY)))
        found.append(AWAITED)
    if asked.get("answer_late") is not None:
        found += [C.answer_due_at < tx.now if asked["answer_late"] else C.answer_due_at >= tx.now, AWAITED]
    if asked.get("follow_up_late"):
        found.append(C.follow_up_at < tx.now)
    if asked.get("team") is not None:
        team = people.team(tx, asked["team"])
        members = [UUID(str(one)) for one in team["members"]] if team else []
        found.append(sa.or_(C.team_id == asked["team"], C.owner_id.in_(members)))
    return found


def orders_of(card: UUID) -> Any:
    """The ids of the orders that do an enquiry's work, be it besides another's."""
    also: Any = OrderCard.__table__.c
    return sa.select(B.id).where(B.card_id == card).union_all(sa.select(also.booking_id).where(also.card_id == card))


def cards_of(order: UUID) -> Any:
    """The ids of the cards that an order stands on."""
    also: Any = OrderCard.__table__.c
    return sa.select(B.card_id).where(B.id == order).union_all(sa.select(also.card_id).where(also.booking_id == order))


def in_scope(statement: sa.Select[Any], who: Caller, permission: str = "pipeline.read") -> sa.Select[Any]:
    return scoped(statement, Card, who, permission)


def scanned(statement: sa.Select[Any], who: Caller, asked: Sequence[Condition] = ()) -> sa.Select[Any]:
    """The same for a question that reads a short index whole, of what is open, or ended of late, or due: neither the
    scope nor what was asked for leads it to another index, which would have a thousand others of that source, too."""
    scope = in_scope(sa.select(C.id), who).whereclause
    return statement.where(*(as_read(Card, one) for one in (*asked, *(() if scope is None else (scope,)))))


# -- where a page ended


def cursor(value: Any, ident: UUID) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([value, ident])).rstrip(b"=").decode()


def read_cursor(text: str, kind: Any) -> tuple[Any, UUID]:
    """Raises Invalid for what was not given out here."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        value, ident = msgspec.json.decode(raw, type=tuple[kind | None, UUID])
        return value.astimezone(UTC) if isinstance(value, datetime) else value, ident
    except (ValueError, OverflowError, binascii.Error, msgspec.MsgspecError) as wrong:
        raise Invalid("?cursor was not given out by this list", errors=[Fault("?cursor", "is none of ours")]) from wrong


def names(tx: Tx, rows: Sequence[Mapping[str, Any]], *columns: str) -> dict[UUID, str]:
    """What the people in these columns are called."""
    return people.names(tx, [row[name] for row in rows for name in columns if row.get(name) is not None])
