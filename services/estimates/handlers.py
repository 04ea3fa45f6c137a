"""What other services' facts mean for an estimate."""

from libs.common import people
from libs.common.contracts.opportunities import (
    OpportunityAssigned,
    OpportunityChanged,
    OpportunityConverted,
    OpportunityLost,
    OpportunityReopened,
    OpportunityWon,
)
from libs.common.contracts.sales import JobCreated, SaleRetried, SaleStepDone, SaleUndone
from libs.common.service import Subscriptions
from libs.common.tx import Tx
from services.estimates import usecases

subscriptions = Subscriptions()
people.subscribe(subscriptions)


@subscriptions.on(OpportunityConverted, awaited=True)
def draft_an_estimate(tx: Tx, event: OpportunityConverted) -> None:
    usecases.draft_for(tx, event)


@subscriptions.on(OpportunityAssigned)
def follow_the_salesperson(tx: Tx, event: OpportunityAssigned) -> None:
    usecases.follow(tx, event.subject, salesperson_id=event.salesperson_id)


@subscriptions.on(OpportunityChanged)
def follow_the_correction(tx: Tx, event: OpportunityChanged) -> None:
    usecases.correct_opportunity(tx, event)


@subscriptions.on(OpportunityLost)
def end_what_was_offered(tx: Tx, event: OpportunityLost) -> None:
    usecases.end_with(tx, event.subject, reason=event.reason)


@subscriptions.on(OpportunityReopened)
def offer_again(tx: Tx, event: OpportunityReopened) -> None:
    usecases.reopen(tx, event.subject)


@subscriptions.on(OpportunityWon)
def offer_more(tx: Tx, event: OpportunityWon) -> None:
    """An acceptance may have crossed a loss: it stands, and more may be sold on top."""
    usecases.reopen(tx, event.subject)


@subscriptions.on(JobCreated)
def move_to_the_job(tx: Tx, event: JobCreated) -> None:
    usecases.move(tx, event.estimate_id, job_id=event.subject, acceptance_id=event.acceptance_id, moves=event.moves)


@subscriptions.on(SaleStepDone)
def join_the_job(tx: Tx, event: SaleStepDone) -> None:
    """Sold on top of what made the job, or before the office made it."""
    if event.job_id is not None and event.moves:
        usecases.join(tx, event.estimate_id, job_id=event.job_id, acceptance_id=event.subject, moves=event.moves)


@subscriptions.on(SaleRetried)
def move_again(tx: Tx, event: SaleRetried) -> None:
    """Somebody asked for the steps that did not happen: the move is done, or said, once more."""
    if event.job_id is not None:
        usecases.move(
            tx, event.estimate_id, job_id=event.job_id, acceptance_id=event.subject, moves=event.moves, again=True
        )


@subscriptions.on(SaleUndone)
def move_back(tx: Tx, event: SaleUndone) -> None:
    usecases.move_back(tx, event.estimate_id, acceptance_id=event.subject, job_id=event.job_id)
