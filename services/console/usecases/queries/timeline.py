"""Everything that was ever said of a funnel, newest first."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Caller
from libs.common.errors import NotFound
from libs.common.tx import Tx
from services.console.model import Told
from services.console.usecases.queries import withheld
from services.console.usecases.queries.asking import MOMENT, Asked, B, C, cursor, in_scope, orders_of, read_cursor
from services.console.usecases.queries.cards import TOLD, Page


def timeline(tx: Tx, who: Caller, card: UUID, asked: Asked) -> Page:
    """A page of a card's facts, with those of the duplicates that were merged into it, and of the orders that do its
    work besides another's. Raises NotFound."""
    whose = sa.select(C.branch, C.salesperson_id, C.inside_rep_id, C.lead_owner_id, C.generated_by)
    found = tx.execute(in_scope(whose, who).where(C.id == card)).first()
    if found is None:
        raise NotFound(f"there is no card {card}")
    merged = tx.execute(sa.select(C.id).where(C.duplicate_of == card)).scalars().all()
    limit = asked.get("limit") or 50
    told: Any = TOLD.card_id.in_([card, *merged])
    shared = tx.execute(sa.select(B.id, B.card_id).where(B.id.in_(orders_of(card)), B.card_id != card)).all()
    if shared:
        orders, firsts = {one.id for one in shared}, {one.card_id for one in shared}
        told = sa.or_(told, sa.and_(TOLD.card_id.in_(firsts), TOLD.subject.in_(orders)))
    statement = sa.select(Told.__table__).where(told, *withheld.told_to(withheld.seen(who, dict(found._mapping))))
    if asked.get("cursor"):
        at, ident = read_cursor(asked["cursor"], MOMENT)
        statement = statement.where(sa.or_(TOLD.at < at, sa.and_(TOLD.at == at, TOLD.id < ident)))
    rows = tx.execute(statement.order_by(TOLD.at.desc(), TOLD.id.desc()).limit(limit + 1)).all()
    shown = [dict(row._mapping) for row in rows[:limit]]
    called = people.names(tx, [one for row in shown for one in _people(row)])
    for row in shown:
        row["actor_name"] = called.get(_id(row["actor"]) or card)
        row["people"] = {str(one): called[one] for one in _people(row) if one in called}
    following = cursor(shown[-1]["at"], shown[-1]["id"]) if len(rows) > limit else None
    return Page(shown, following)


def _people(row: dict[str, Any]) -> list[UUID]:
    """Who acted, and whoever is named in the words."""
    named = [row["actor"], *(value for name, value in row["words"].items() if name.endswith("_id"))]
    return [ident for ident in map(_id, named) if ident is not None]


def _id(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
