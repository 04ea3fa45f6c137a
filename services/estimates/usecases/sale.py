"""After the sale: the estimate belongs to the job, or to none again when the sale is undone."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from libs.common.contracts.estimates import EstimateMoved
from libs.common.errors import NotYet
from libs.common.tx import Tx
from services.estimates.model import Estimate, Opportunity
from services.estimates.usecases import facts

SOLD, OTHERS = "estimate", "other_estimates"  #: what the branch of the sale may have named


def move(
    tx: Tx, estimate_id: UUID, *, job_id: UUID, acceptance_id: UUID, moves: Collection[str], again: bool = False
) -> None:
    """The work has its job: of the opportunity's estimates those move to it that ``moves`` names; later ones always do.

    Told once, and ``again`` when somebody asked for the sale's steps to be repeated.
    """
    for estimate in _of_the_opportunity(tx, estimate_id):
        named = SOLD if estimate.id == estimate_id else OTHERS
        if named not in moves:
            continue
        if estimate.job_id != job_id or (again and estimate.id == estimate_id):
            estimate.job_id = job_id
            tx.publish(EstimateMoved(**facts.head(tx, estimate), acceptance_id=acceptance_id), of=estimate)
    _sold(tx, estimate_id).job_id = job_id


def move_back(tx: Tx, estimate_id: UUID, *, acceptance_id: UUID) -> None:
    """The sale was undone."""
    job = _sold(tx, estimate_id).job_id
    for estimate in _of_the_opportunity(tx, estimate_id):
        if estimate.job_id is not None and (estimate.id == estimate_id or estimate.job_id == job):
            estimate.job_id = None
            tx.publish(EstimateMoved(**facts.head(tx, estimate), acceptance_id=acceptance_id), of=estimate)
    _sold(tx, estimate_id).job_id = None


def _of_the_opportunity(tx: Tx, estimate_id: UUID) -> list[Estimate]:
    """The estimate that was sold and the others of its opportunity, locked in one order."""
    mine = sa.select(Estimate.opportunity_id).where(Estimate.id == estimate_id).scalar_subquery()
    which = sa.select(Estimate).where(Estimate.opportunity_id == mine)
    locked = which.order_by(Estimate.id).with_for_update().execution_options(populate_existing=True)
    if not (found := list(tx.all(locked))):
        raise NotYet(f"estimate {estimate_id} is not known here")
    return found


def _sold(tx: Tx, estimate_id: UUID) -> Opportunity:
    estimate = tx.session.get(Estimate, estimate_id)
    if estimate is None:
        raise NotYet(f"estimate {estimate_id} is not known here")
    return tx.get(Opportunity, estimate.opportunity_id)
