"""The statements that keep the read model, each built once for the columns it is about; amounts as they are kept."""

import functools
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from libs.common.amounts import exponent
from libs.common.deferred import Names, Writing
from libs.common.tx import Tx
from services.console.model import Booking, Card, OrderCard, Stage, Told, Word

CARDS: Any = Card.__table__
ORDERS: Any = Booking.__table__
ALSO_ON: Any = OrderCard.__table__
STAGES: Any = Stage.__table__
TIMELINE: Any = Told.__table__
WORDS: Any = Word.__table__
ONCE = {"handed_over_at"}  #: the first time is what counts
CARD, RECORD = sa.bindparam("of_card", type_=sa.Uuid), sa.bindparam("of_record", type_=sa.Uuid)


def minor(amount: Decimal | None, currency: str) -> int | None:
    """The amount in the currency's smallest unit; exact, or it is no amount."""
    if amount is None or not currency:
        return None
    whole = amount.scaleb(exponent(currency))
    if whole != whole.to_integral_value():
        raise ValueError(f"{amount} {currency} is no whole number of its smallest unit")
    return int(whole)


def _insert(table: Any, in_sqlite: bool) -> Any:
    return sqlite.insert(table) if in_sqlite else postgresql.insert(table)


def _changes(table: Any, insert: Any, names: Names, added: Names) -> dict[str, Any]:
    sums = {name: sa.func.coalesce(table.c[name], 0) + insert.excluded[name] for name in added}
    first = {name: sa.func.coalesce(table.c[name], insert.excluded[name]) for name in names if name in ONCE}
    return {name: insert.excluded[name] for name in names if name != "id"} | first | sums


@functools.cache
def upserting(table: Any, in_sqlite: bool) -> Writing:
    """One row by its id, begun where there is none."""

    @functools.cache
    def write(names: Names, added: Names) -> Any:
        insert = _insert(table, in_sqlite)
        changes = _changes(table, insert, names, added)
        if not changes:
            return insert.on_conflict_do_nothing()
        return insert.on_conflict_do_update(index_elements=["id"], set_=changes)

    return write


@functools.cache
def choosing(chosen: str, at: str, in_sqlite: bool) -> Writing:
    """The columns on a card of one among several records: of the one chosen last, told in whichever order.

    A fact that says when its record was chosen may put it on the card; any other speaks only for the one that is on it.
    """

    @functools.cache
    def write(names: Names, added: Names) -> Any:
        record, since = CARDS.c[chosen], CARDS.c[at]
        if at not in names:
            return sa.update(CARDS).where(CARDS.c.id == CARD, record == RECORD)
        insert = _insert(CARDS, in_sqlite).values({"id": CARD, chosen: RECORD})
        said = tuple(name for name in names if not name.startswith("of_"))
        changes = _changes(CARDS, insert, (chosen, *said), added)
        mine, when = insert.excluded[chosen], insert.excluded[at]
        later = sa.or_(since.is_(None), when > since, sa.and_(when == since, mine >= record))
        return insert.on_conflict_do_update(
            index_elements=["id"], set_=changes, where=sa.or_(record.is_(None), record == mine, later)
        )

    return write


def of_card(tx: Tx, card: Any, aggregate: str, known: dict[str, Any], **more: int) -> None:
    """Columns of the card that are this kind of record's own."""
    tx.deferred.keep(
        upserting(CARDS, tx.store.database.sqlite), (str(card), aggregate), {"id": card, **known}, more=more
    )


def of_chosen(tx: Tx, chosen: str, at: str, card: Any, record: Any, known: dict[str, Any]) -> None:
    writing = choosing(chosen, at, tx.store.database.sqlite)
    tx.deferred.keep(writing, (str(card), str(record)), {"of_card": card, "of_record": record, **known})


def sold(tx: Tx, card: Any, amount: Decimal, currency: str) -> None:
    """What a funnel's acceptances come to, in however many orders they are done; less, when a sale was undone."""
    of_card(tx, card, "sold", {}, contract_total=minor(amount, currency) or 0)


def put_on_card(tx: Tx, card: Any) -> None:
    """Of a funnel's orders the card has the latest that goes on or was done; where all are cancelled, the latest.

    Whoever hears of another of its orders at this instant takes turns at the card, and sees what this act wrote.
    """
    of_card(tx, card, "order", {})  # there is one to wait for, whoever else has not heard of it yet
    turn = [] if tx.store.database.sqlite else [(HOLD, {"of_card": card})]
    tx.deferred.instead((str(card), "order"), [*turn, (PUT_ON_CARD, {"of_card": card})])


def stands_on(tx: Tx, order: Any, card: Any) -> None:
    """An order does this enquiry's work besides that of the one that it is of."""
    tx.deferred.keep(
        _also_on(tx.store.database.sqlite), (str(order), "card", str(card)), {"booking_id": order, "card_id": card}
    )


@functools.cache
def _also_on(in_sqlite: bool) -> Writing:
    return lambda _names, _added: _insert(ALSO_ON, in_sqlite).on_conflict_do_nothing()


def of_record(tx: Tx, kind: Any, record: Any, known: dict[str, Any], **more: int) -> None:
    """A record's own row."""
    writing, key = upserting(kind.__table__, tx.store.database.sqlite), (str(record), kind.__tablename__)
    first = {name: known.pop(name) for name in ONCE & known.keys()}
    tx.deferred.keep(writing, key, {"id": record, **known}, first=first, more=more)


def tell(tx: Tx, row: dict[str, Any]) -> None:
    tx.deferred.run(TIMELINE, row)


# -- the order on a card

ON_CARD = {
    "booking_id": "id",
    "booking_made_at": "made_at",
    "booking_number": "number",
    "booking_state": "state",
    "contract_currency": "currency",
    "job_id": "job_id",
    "job_title": "title",
    "customer_id": "customer_id",
    "customer_name": "customer_name",
    "team_id": "team_id",
    "assignee_id": "assignee_id",
    "acknowledge_by": "acknowledge_by",
    "work_due_at": "due_at",
    "assigned_at": "assigned_at",
    "accepted_at": "accepted_at",
    "completed_at": "completed_at",
}  #: column of the card ← of the order
ON_IT = (
    sa.select(ORDERS.c.id)
    .where(ORDERS.c.card_id == CARD)
    .union_all(sa.select(ALSO_ON.c.booking_id).where(ALSO_ON.c.card_id == CARD))
)
LATEST = (
    sa.select(ORDERS, CARD.label("stands_on"))
    .where(ORDERS.c.id.in_(ON_IT))
    .order_by(sa.case((ORDERS.c.state == "cancelled", 1), else_=0), ORDERS.c.made_at.desc(), ORDERS.c.id.desc())
    .limit(1)
    .subquery()
)
PUT_ON_CARD = (
    sa.update(CARDS)
    .where(CARDS.c.id == CARD, LATEST.c.stands_on == CARDS.c.id)
    .values({column: LATEST.c[of_order] for column, of_order in ON_CARD.items()})
)
HOLD = sa.select(CARDS.c.id).where(CARDS.c.id == CARD).with_for_update()


# -- stages: one begins where the one before ends

ENTER = sa.insert(STAGES)
TIME = sa.bindparam("of_time", type_=STAGES.c.left_at.type)


@functools.cache
def _leaving(in_sqlite: bool) -> Any:
    before = (STAGES.c.seq < sa.bindparam("of_seq", type_=sa.BigInteger), STAGES.c.left_at.is_(None))
    lasted: Any = sa.extract("epoch", TIME - STAGES.c.entered_at)
    if in_sqlite:
        lasted = (sa.func.julianday(TIME) - sa.func.julianday(STAGES.c.entered_at)) * 86400.0
    leave = sa.update(STAGES).where(STAGES.c.opportunity_id == RECORD, *before)
    return leave.values(left_at=TIME, seconds=sa.cast(sa.func.round(lasted), sa.BigInteger))


def enter(tx: Tx, row: dict[str, Any]) -> None:
    tx.deferred.run(ENTER, row)
    leaving = {"of_record": row["opportunity_id"], "of_seq": row["seq"], "of_time": row["entered_at"]}
    tx.deferred.run(_leaving(tx.store.database.sqlite), leaving)


# -- words: all that a kind of record says of a card, each time anew

FORGET = sa.delete(WORDS).where(WORDS.c.card_id == CARD, WORDS.c.told_by == sa.bindparam("of_teller"))


def find_by(tx: Tx, card: Any, told_by: str, words: Iterable[str]) -> None:
    rows = [{"card_id": card, "told_by": told_by, "word": word} for word in sorted(words)]
    forget = {"of_card": card, "of_teller": told_by}
    tx.deferred.instead((str(card), told_by), [(FORGET, forget), *((WORDS, row) for row in rows)])
