"""After the sale: the estimate belongs to the job, or to none again when the sale is undone."""

from collections.abc import Collection, Sequence
from uuid import UUID

from libs.common.contracts.estimates import EstimateMoved
from libs.common.errors import NotYet
from libs.common.tx import Tx
from services.estimates.model import Estimate
from services.estimates.usecases import facts, together

SOLD, OTHERS = "estimate", "other_estimates"  #: what the branch of the sale may have named


def move(
    tx: Tx, estimate_id: UUID, *, job_id: UUID, acceptance_id: UUID, moves: Collection[str], again: bool = False
) -> None:
    """The work has its job: of the opportunity's estimates those move to it that ``moves`` names; later ones always do.

    Told once, and ``again`` when somebody asked for the sale's steps to be repeated.
    """
    every = _of_the_opportunity(tx, estimate_id)
    for estimate in every:
        named = SOLD if estimate.id == estimate_id else OTHERS
        if named not in moves:
            continue
        if estimate.job_id != job_id or (again and estimate.id == estimate_id):
            _take(tx, estimate, every, job_id, acceptance_id)
    every[0].opportunity.job_id = job_id


def join(tx: Tx, estimate_id: UUID, *, job_id: UUID, acceptance_id: UUID, moves: Collection[str]) -> None:
    """More was sold on a job that is there, or is told of by itself: this estimate belongs there, too."""
    every = _of_the_opportunity(tx, estimate_id)
    for estimate in every:
        if SOLD in moves and estimate.id == estimate_id and estimate.job_id != job_id:
            _take(tx, estimate, every, job_id, acceptance_id)


def move_back(tx: Tx, estimate_id: UUID, *, acceptance_id: UUID, job_id: UUID | None) -> None:
    """The sale was undone: its estimate moves back, and with the job that ended (``job_id``) all that was there."""
    every = _of_the_opportunity(tx, estimate_id)
    opportunity = every[0].opportunity
    if job_id is not None and opportunity.job_id is None:
        raise NotYet(f"the job {job_id}, which ended, is not known here")
    for estimate in every:
        if estimate.job_id is not None and (estimate.id == estimate_id or estimate.job_id == job_id):
            _take(tx, estimate, every, None, acceptance_id)
    if opportunity.job_id == job_id:
        opportunity.job_id = None


def _take(tx: Tx, estimate: Estimate, every: Sequence[Estimate], job_id: UUID | None, acceptance_id: UUID) -> None:
    estimate.job_id = job_id
    head = facts.head(tx, estimate, every=every)
    tx.publish(EstimateMoved(**head, acceptance_id=acceptance_id), of=estimate)


def _of_the_opportunity(tx: Tx, estimate_id: UUID) -> Sequence[Estimate]:
    """The estimate that was sold and the others of its opportunity. Raises NotYet."""
    found = together.of_estimate(tx, estimate_id)
    if not found:
        raise NotYet(f"estimate {estimate_id} is not known here")
    return found
