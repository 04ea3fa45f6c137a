"""Every estimate of one opportunity with the opportunity, for what happens to it: acts on any of them take turns."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from libs.common import rowlocks
from libs.common.tx import Tx
from services.estimates.model import Estimate, Opportunity

SAME = aliased(Estimate)
EVERY = rowlocks.selecting(Estimate).order_by(Estimate.id)
OF_OPPORTUNITY = EVERY.where(Estimate.opportunity_id == sa.bindparam("ident"))
OF_ESTIMATE = EVERY.join(SAME, SAME.opportunity_id == Opportunity.id).where(SAME.id == sa.bindparam("ident"))


def opportunity(tx: Tx, ident: UUID) -> Opportunity | None:
    """The opportunity by itself, held; None where nobody asked for a price yet."""
    with tx.looking_past(Opportunity, ident):
        found = tx.session.get(Opportunity, ident, with_for_update=True)
    if found is not None:
        tx.has_locked(found)
    return found


def of_opportunity(tx: Tx, ident: UUID) -> Sequence[Estimate]:
    """None where nobody asked for a price yet: with the opportunity its first estimate is kept."""
    with tx.looking_past(Opportunity, ident):
        return _held(tx, rowlocks.lock_by_id(Opportunity), OF_OPPORTUNITY, ident)


def of_estimate(tx: Tx, ident: UUID) -> Sequence[Estimate]:
    """This one and the others of its opportunity; none where it is not known."""
    return _held(tx, rowlocks.lock_by_id(Estimate), OF_ESTIMATE, ident)


def _held(tx: Tx, turn: sa.Select[Any], statement: sa.Select[Estimate], ident: UUID) -> Sequence[Estimate]:
    given = {"ident": ident}
    rowlocks.acquire(tx, turn, given)
    return rowlocks.read_in_turn(tx, statement, given)
