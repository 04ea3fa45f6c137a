"""What other services' facts mean for sold work."""

from libs.common import people
from libs.common.contracts.estimates import EstimateAccepted, EstimateAssigned, EstimateMoved
from libs.common.contracts.leads import LeadConverted
from libs.common.contracts.opportunities import (
    OpportunityChanged,
    OpportunityFileAdded,
    OpportunityFileRemoved,
    OpportunityWon,
)
from libs.common.service import Subscriptions
from libs.common.tx import Tx
from services.bookings import usecases
from services.bookings.states import Step
from services.bookings.usecases import filing

subscriptions = Subscriptions()
people.subscribe(subscriptions)


@subscriptions.on(EstimateAccepted, awaited=True)
def run_the_sale(tx: Tx, event: EstimateAccepted) -> None:
    usecases.sell(tx, event)


@subscriptions.on(EstimateAssigned)
def follow_the_salesperson(tx: Tx, event: EstimateAssigned) -> None:
    usecases.follow(tx, event.subject, salesperson_id=event.salesperson_id)


@subscriptions.on(EstimateMoved)
def tick_the_estimate(tx: Tx, event: EstimateMoved) -> None:
    """Moved to the job; without one it was moved back, which is no step of a sale."""
    if event.job_id is not None:
        usecases.step_happened(tx, event.acceptance_id, Step.ESTIMATE_MOVED)


@subscriptions.on(OpportunityWon)
def tick_the_win(tx: Tx, event: OpportunityWon) -> None:
    usecases.step_happened(tx, event.acceptance_id, Step.OPPORTUNITY_WON)


@subscriptions.on(OpportunityChanged)
def tick_the_appointments(tx: Tx, event: OpportunityChanged) -> None:
    """An opportunity that has its job has moved its appointments there, even if it had none, its answers and files."""
    if event.answers and event.job_id is not None:
        usecases.learn(tx, event.job_id, event.answers)
    if event.files is not None and event.job_id is not None:
        filing.came(tx, event.job_id, event.files, of_records=(event.subject, event.lead_id))
    if "job_id" in event.changed and event.acceptance_id is not None:
        usecases.step_happened(tx, event.acceptance_id, Step.APPOINTMENTS_MOVED)
    elif "job_id" in event.changed:
        usecases.step_of_opportunity_happened(tx, event.subject, Step.APPOINTMENTS_MOVED)


@subscriptions.on(OpportunityFileAdded)
def show_what_is_put_there_later(tx: Tx, event: OpportunityFileAdded) -> None:
    if event.job_id is not None:
        filing.came_later(tx, event.job_id, event.file)


@subscriptions.on(OpportunityFileRemoved)
def forget_what_was_removed(tx: Tx, event: OpportunityFileRemoved) -> None:
    if event.job_id is not None:
        filing.went(tx, event.job_id, event.file)


@subscriptions.on(LeadConverted)
def tick_the_lead(tx: Tx, event: LeadConverted) -> None:
    usecases.step_happened(tx, event.acceptance_id, Step.LEAD_CONVERTED)
