"""Cards as they are shown: a list, one, and what every one of them is dressed with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.amounts import exponent
from libs.common.auth import Caller
from libs.common.errors import Fault, Invalid, NotFound
from libs.common.tx import Tx
from services.console.model import Appointment, Booking, Card, Estimate, Told
from services.console.usecases.queries.asking import (
    AWAITED,
    MOMENT,
    WHOLE,
    Asked,
    C,
    asking,
    cards_of,
    cursor,
    in_scope,
    names,
    orders_of,
    read_cursor,
)
from services.console.usecases.queries.withheld import leads_alone, withhold

CardShown = dict[str, Any]

TOLD: Any = Told.__table__.c
LATER: Any = Told.__table__.alias().c
APPOINTMENT: Any = Appointment.__table__.c
AHEAD = ("scheduled", "confirmed", "en_route", "on_site")  #: an appointment that nobody has said the end of

#: what a card on the board shows
BRIEF = (
    "id", "phase", "lane", "outcome", "who", "what", "company", "lead_number", "opportunity_id", "opportunity_number",
    "estimate_id", "estimate_number", "estimate_state", "booking_id", "booking_number", "booking_state", "lead_state",
    "stage", "stage_type", "probability", "value", "value_max", "currency", "source", "campaign", "channel", "trade",
    "city", "postal_code", "branch", "owner_id", "salesperson_id", "inside_rep_id", "lead_owner_id", "generated_by",
    "team_id", "received_at", "answer_due_at", "follow_up_at", "offer_ends_at", "take_over_by", "stage_entered_at",
    "closed_at",
)  # fmt: skip
AMOUNTS = {
    "value": "currency",
    "value_max": "currency",
    "expected_value": "expected_currency",
    "estimate_total": "estimate_currency",
    "estimate_total_max": "estimate_currency",
    "contract_total": "contract_currency",
    "total": "currency",
    "total_max": "currency",
    "accepted_total": "currency",
    "list_price": "currency",
    "discount": "currency",
}
BRIEFLY = [sa.case((AWAITED, C[name])).label(name) if name == "answer_due_at" else C[name] for name in BRIEF]
PIECE = 10**9  #: an amount is added up in pieces of so many minor units
SORTS = {"received_at": MOMENT, "value": WHOLE, "closed_at": MOMENT, "stage_entered_at": MOMENT}


@dataclass(frozen=True)
class Page:
    items: list[CardShown]
    next: str | None = None


def money(value: int | None, currency: str | None) -> str | None:
    """The amount as it goes over the wire: ``6527.81``."""
    if value is None or not currency:
        return None
    return format(Decimal(value).scaleb(-exponent(currency)), "f")


class _InTwo(sa.TypeDecorator[int]):
    """A whole number that comes in two: so many times PIECE, and what is left."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        if value is None:
            return None
        pieces, left = value.split()
        return int(pieces) * PIECE + int(left)


def added(column: Any, times: Any = 1) -> Any:
    """What the column's amounts come to, each so many times, to the cent and however much it is: neither database's
    whole numbers hold what many of the highest come to."""
    pieces, left = sa.func.sum(column // PIECE * times), sa.func.sum(column % PIECE * times)
    return sa.type_coerce(sa.cast(pieces, sa.Text) + " " + sa.cast(left, sa.Text), _InTwo)


def priced(row: CardShown) -> CardShown:
    """The same with its amounts as text."""
    for name, unit in AMOUNTS.items():
        if name in row:
            row[name] = money(row[name], row.get(unit, row.get("currency")))
    return row


def cards(tx: Tx, who: Caller, asked: Asked) -> Page:
    """A page of the cards that are asked for, newest first, or by ``sort``, always downwards."""
    sort, limit = asked.get("sort") or "received_at", asked.get("limit") or 50
    if sort == "value" and leads_alone(who):
        raise Invalid(
            "cards cannot be sorted by a value that is not yours to see", errors=[Fault("?sort", "is not yours")]
        )
    statement = in_scope(sa.select(*BRIEFLY), who).where(*asking(tx, asked))
    place = read_cursor(asked["cursor"], SORTS[sort]) if asked.get("cursor") else None
    rows = _downwards(tx, statement, C[sort], place, limit + 1)
    shown = rows[:limit]
    following = cursor(getattr(shown[-1], sort), shown[-1].id) if len(rows) > limit else None
    return Page(dressed(tx, who, brief(shown)), following)


def _downwards(
    tx: Tx, statement: sa.Select[Any], column: Any, place: tuple[Any, UUID] | None, most: int
) -> Sequence[sa.Row[Any]]:
    """So many by the column and then, behind them, those without a value; after a ``place`` where a page ended.

    Asked for apart: an index has each of them in this order, on PostgreSQL, too, and there is none for both.
    """
    value, ident = place or (None, None)
    rows: list[sa.Row[Any]] = []
    if place is None or value is not None:
        after = [] if place is None else [column <= value, sa.or_(column < value, C.id < ident)]
        valued = statement.where(column.is_not(None), *after).order_by(column.desc(), C.id.desc())
        rows += tx.execute(valued.limit(most)).all()
    if len(rows) < most and column is not C.received_at:  # each is received once its lead was heard of
        after = [] if place is None or value is not None else [C.id < ident]
        without = statement.where(column.is_(None), *after).order_by(C.id.desc())
        rows += tx.execute(without.limit(most - len(rows))).all()
    return rows


def brief(rows: Iterable[Any]) -> list[CardShown]:
    """Rows of BRIEFLY, by name."""
    return [dict(zip(BRIEF, row, strict=True)) for row in rows]


def dressed(tx: Tx, who: Caller, rows: Sequence[CardShown]) -> list[CardShown]:
    """With its people's names, what was last said of it and its next appointment: a query each, for all of them.

    Without what the caller is not to see.
    """
    ids = [row["id"] for row in rows]
    called, told, next_up = names(tx, rows, "owner_id"), _last(tx, ids), _next(tx, ids)
    for row in rows:
        row["owner"] = called.get(row["owner_id"])
        row["last_at"], row["last_kind"] = told.get(row["id"], (None, None))
        row["next_appointment_at"] = next_up.get(row["id"])
        priced(row)
    withhold(who, rows)
    return list(rows)


def _last(tx: Tx, ids: Sequence[UUID]) -> Mapping[UUID, tuple[datetime, str]]:
    """What was told last of each. Its one row is found for each card by itself: of a thousand cards' last times the
    planner expects so many rows that it reads all that was ever told."""
    own = sa.select(LATER.id).where(LATER.card_id == C.id).order_by(LATER.at.desc(), LATER.id.desc()).limit(1)
    told = sa.select(C.id, TOLD.at, TOLD.kind).join_from(C.id.table, Told.__table__, TOLD.id == own.scalar_subquery())
    return {row.id: (row.at, row.kind) for row in tx.execute(told.where(C.id.in_(ids)))}


def _next(tx: Tx, ids: Sequence[UUID]) -> Mapping[UUID, datetime]:
    ahead = (APPOINTMENT.card_id.in_(ids), APPOINTMENT.state.in_(AHEAD), APPOINTMENT.ends_at >= tx.now)
    first = sa.select(APPOINTMENT.card_id, sa.func.min(APPOINTMENT.starts_at).label("at")).where(*ahead)
    return {row.card_id: row.at for row in tx.execute(first.group_by(APPOINTMENT.card_id))}


def called(tx: Tx, who: Caller, leads: Iterable[UUID]) -> Mapping[UUID, tuple[str, str]]:
    """Whose these leads are, by id, and how each stands, of those that the caller may see."""
    rows = tx.execute(in_scope(sa.select(C.id, C.who, C.lead_state), who).where(C.id.in_(list(leads))))
    return {row.id: (row.who or "", row.lead_state or "new") for row in rows}


def card(tx: Tx, who: Caller, ident: UUID) -> CardShown:
    """All of one card, with its estimates, booking orders and appointments. Raises NotFound out of scope."""
    row = tx.execute(in_scope(sa.select(*C), who).where(C.id == ident)).one_or_none()
    if row is None:
        raise NotFound(f"there is no card {ident}")
    [shown] = dressed(tx, who, [dict(row._mapping)])
    for kind, order in ((Estimate, "drafted_at"), (Booking, "made_at"), (Appointment, "starts_at")):
        table: Any = kind.__table__
        mine = table.c.id.in_(orders_of(ident)) if kind is Booking else table.c.card_id == ident
        own = sa.select(table).where(mine).order_by(table.c[order], table.c.id)
        shown[table.name] = [priced(dict(one._mapping)) for one in tx.execute(own)]
    withhold(who, [shown])
    called = names(tx, [shown], "lead_owner_id", "salesperson_id", "inside_rep_id", "assignee_id", "generated_by")
    shown["people"] = {str(one): name for one, name in called.items()}
    return shown


def found(tx: Tx, who: Caller, opportunity: UUID | None = None, booking: UUID | None = None) -> CardShown | None:
    """The card that an opportunity, or a booking order, belongs to, if the caller may see it."""
    which = C.id.in_(cards_of(booking)) if booking is not None else C.opportunity_id == opportunity
    row = tx.execute(in_scope(sa.select(*BRIEFLY), who).where(which)).first()
    return None if row is None else dressed(tx, who, brief([row]))[0]


__all__ = ["Card", "CardShown", "Page", "brief", "card", "cards", "dressed", "found", "money", "priced"]
