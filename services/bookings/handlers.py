"""What other services' facts mean for sold work."""

from libs.common import people
from libs.common.contracts.estimates import EstimateAccepted, EstimateAssigned, EstimateMoved
from libs.common.contracts.leads import LeadConverted
from libs.common.contracts.opportunities import OpportunityChanged, OpportunityWon
from libs.common.service import Subscriptions
from libs.common.tx import Tx
from services.bookings import usecases
from services.bookings.states import Step

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
    """An opportunity that has its job has moved its appointments there, even when it had none, and its answers."""
    if event.answers and event.job_id is not None:
        usecases.learn(tx, event.job_id, event.answers)
    if "job_id" in event.changed and event.acceptance_id is not None:
        usecases.step_happened(tx, event.acceptance_id, Step.APPOINTMENTS_MOVED)
    elif "job_id" in event.changed:
        usecases.step_of_opportunity_happened(tx, event.subject, Step.APPOINTMENTS_MOVED)


@subscriptions.on(LeadConverted)
def tick_the_lead(tx: Tx, event: LeadConverted) -> None:
    usecases.step_happened(tx, event.acceptance_id, Step.LEAD_CONVERTED)
