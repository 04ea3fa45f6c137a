"""Every estimate of one opportunity with the opportunity, for what happens to it: acts on any of them take turns."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager

from libs.common.tx import Tx
from services.estimates.model import Estimate, Opportunity

BEFORE, SAME = aliased(Opportunity), aliased(Estimate)
EVERY = (
    sa.select(Estimate, BEFORE.version)
    .join(Estimate.opportunity)
    .join(BEFORE, BEFORE.id == Opportunity.id)
    .options(contains_eager(Estimate.opportunity))
    .order_by(Estimate.id)
    .with_for_update(of=(Estimate, Opportunity))
    .execution_options(populate_existing=True)
)
OF_OPPORTUNITY = EVERY.where(Estimate.opportunity_id == sa.bindparam("opportunity"))
OF_ESTIMATE = EVERY.where(
    Estimate.opportunity_id
    == sa.select(SAME.opportunity_id).where(SAME.id == sa.bindparam("estimate")).scalar_subquery()
)


def of_opportunity(tx: Tx, ident: UUID) -> Sequence[Estimate]:
    """None where nobody asked for a price yet: with the opportunity its first estimate is kept."""
    return _held(tx, OF_OPPORTUNITY, {"opportunity": ident})


def of_estimate(tx: Tx, ident: UUID) -> Sequence[Estimate]:
    """This one and the others of its opportunity; none where it is not known."""
    return _held(tx, OF_ESTIMATE, {"estimate": ident})


def _held(tx: Tx, statement: sa.Select[Estimate, int], given: dict[str, Any]) -> Sequence[Estimate]:
    """Locked in one order. PostgreSQL gives a row that it waited for as the other act left it, but no row that was
    not there before the wait: where the opportunity has moved on, an estimate may have been begun, and all is read
    once more.
    """
    rows = tx.session.execute(statement, given).all()
    if any(before != estimate.opportunity.version for estimate, before in rows):
        rows = tx.session.execute(statement, given).all()
    if rows:
        tx.has_locked(rows[0][0].opportunity)
    return [estimate for estimate, _ in rows]
