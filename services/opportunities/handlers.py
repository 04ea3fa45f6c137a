"""What other services' facts mean for an opportunity."""

from libs.common import people
from libs.common.contracts.estimates import (
    EstimateAccepted,
    EstimateChangesRequested,
    EstimateDeclined,
    EstimateDrafted,
    EstimateExpired,
    EstimateRevised,
    EstimateRoundRecorded,
    EstimateSelected,
    EstimateSent,
    EstimateViewed,
    EstimateWithdrawn,
)
from libs.common.contracts.leads import LeadAssigned, LeadChanged, LeadFileAdded, LeadFileRemoved, LeadValidated
from libs.common.contracts.sales import JobCreated, SaleRetried, SaleUndone
from libs.common.service import Subscriptions
from libs.common.tx import Tx
from services.opportunities import usecases
from services.opportunities.states import LIVE_OFFERS
from services.opportunities.usecases import filing, offers, opening, sale

subscriptions = Subscriptions()
people.subscribe(subscriptions)

VALID = "valid"  #: a lead that has its opportunity
TALK = "note"  #: a round that changes nothing of the offer


@subscriptions.on(LeadValidated, awaited=True)
def open_an_opportunity(tx: Tx, event: LeadValidated) -> None:
    """A valid lead becomes one opportunity, never two."""
    usecases.open_from_lead(tx, event)


@subscriptions.on(LeadChanged)
def follow_the_lead(tx: Tx, event: LeadChanged) -> None:
    usecases.follow_lead(tx, event)


@subscriptions.on(LeadAssigned)
def follow_the_leads_owner(tx: Tx, event: LeadAssigned) -> None:
    """Most are given before they are valid, and have no opportunity to look for."""
    if event.state == VALID:
        usecases.follow_owner(tx, event)


@subscriptions.on(LeadFileAdded)
def show_the_leads_file(tx: Tx, event: LeadFileAdded) -> None:
    filing.lead_has(tx, opening.of_lead(tx, event.subject), event)


@subscriptions.on(LeadFileRemoved)
def forget_the_leads_file(tx: Tx, event: LeadFileRemoved) -> None:
    filing.lead_has_no_more(tx, opening.of_lead(tx, event.subject), event)


@subscriptions.on(EstimateDrafted)
def select_the_new_estimate(tx: Tx, event: EstimateDrafted) -> None:
    """A new estimate is the one that the opportunity stands on, from whichever client it came."""
    if event.selected:
        offers.select(tx, event)
    else:
        offers.note(tx, event)


@subscriptions.on(EstimateSelected)
def select_the_estimate(tx: Tx, event: EstimateSelected) -> None:
    offers.select(tx, event, at=event.selected_at)


@subscriptions.on(EstimateSent)
def reach_estimate_sent(tx: Tx, event: EstimateSent) -> None:
    offers.sent(tx, event)


@subscriptions.on(EstimateViewed)
def note_that_it_was_viewed(tx: Tx, event: EstimateViewed) -> None:
    """A look is no negotiation."""
    offers.note(tx, event)


@subscriptions.on(EstimateChangesRequested)
def negotiate_what_was_requested(tx: Tx, event: EstimateChangesRequested) -> None:
    offers.negotiate(tx, event)


@subscriptions.on(EstimateRoundRecorded)
def negotiate_round_by_round(tx: Tx, event: EstimateRoundRecorded) -> None:
    """A counter, a concession or another scope. What is noted, or said of a price not yet offered, moves nothing."""
    if event.kind == TALK or not offers.was_offered(event):
        offers.note(tx, event)
    else:
        offers.negotiate(tx, event)


@subscriptions.on(EstimateRevised)
def negotiate_the_next_version(tx: Tx, event: EstimateRevised) -> None:
    """The customer is to have another offer than the one they had; a draft that is begun anew was never theirs."""
    if event.previous_state in LIVE_OFFERS:
        offers.negotiate(tx, event)
    else:
        offers.note(tx, event)


@subscriptions.on(EstimateDeclined)
def lose_what_was_declined(tx: Tx, event: EstimateDeclined) -> None:
    offers.declined(tx, event)


@subscriptions.on(EstimateExpired)
def note_that_it_expired(tx: Tx, event: EstimateExpired) -> None:
    offers.note(tx, event)


@subscriptions.on(EstimateWithdrawn)
def note_that_it_was_withdrawn(tx: Tx, event: EstimateWithdrawn) -> None:
    offers.note(tx, event)


@subscriptions.on(EstimateAccepted)
def win_what_was_accepted(tx: Tx, event: EstimateAccepted) -> None:
    sale.won(tx, event)


@subscriptions.on(JobCreated)
def move_to_the_job(tx: Tx, event: JobCreated) -> None:
    sale.job_created(tx, event)


@subscriptions.on(SaleRetried)
def do_the_steps_again(tx: Tx, event: SaleRetried) -> None:
    sale.retried(tx, event)


@subscriptions.on(SaleUndone)
def take_the_sale_back(tx: Tx, event: SaleUndone) -> None:
    sale.undone(tx, event)
