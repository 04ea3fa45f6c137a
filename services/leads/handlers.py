"""What other services' facts mean for a lead, and what other systems may ask for on the bus."""

from collections.abc import Mapping

from libs.common import people
from libs.common.contracts.commands import Command, LeadCapture
from libs.common.contracts.opportunities import (
    OpportunityAssigned,
    OpportunityChanged,
    OpportunityContacted,
    OpportunityLost,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityWon,
)
from libs.common.schema import load
from libs.common.schema.texts import countries
from libs.common.service import CommandHandler, Subscriptions
from libs.common.tx import Tx
from services.leads import usecases
from services.leads.schemas.incoming import LeadIn
from services.leads.usecases import filing

subscriptions = Subscriptions()
people.subscribe(subscriptions)


@subscriptions.on(OpportunityOpened)
def record_the_lead_of_an_opportunity(tx: Tx, event: OpportunityOpened) -> None:
    """The second door: an opportunity was entered first, so its lead is made here, valid from the start."""
    if event.door == "opportunity":
        usecases.capture_from_opportunity(tx, event)
    filing.sold_by(tx, event)


@subscriptions.on(OpportunityAssigned)
def note_who_sells_it(tx: Tx, event: OpportunityAssigned) -> None:
    filing.sold_by(tx, event)


@subscriptions.on(OpportunityChanged)
def note_who_stands_beside(tx: Tx, event: OpportunityChanged) -> None:
    filing.sold_by(tx, event)
    if event.files is not None:
        filing.goes_to_job(tx, event.lead_id, event.job_id)


@subscriptions.on(OpportunityContacted)
def stop_the_response_clock(tx: Tx, event: OpportunityContacted) -> None:
    usecases.note_response(
        tx,
        event.lead_id,
        opportunity_id=event.subject,
        at=event.at,
        channel=event.channel,
        direction=event.direction,
        outcome=event.outcome,
    )


@subscriptions.on(OpportunityLost)
def note_that_it_came_to_nothing(tx: Tx, event: OpportunityLost) -> None:
    filing.sold_by(tx, event)


@subscriptions.on(OpportunityWon)
def convert_the_lead(tx: Tx, event: OpportunityWon) -> None:
    filing.sold_by(tx, event)
    usecases.convert(
        tx, event.lead_id, opportunity_id=event.subject, acceptance_id=event.acceptance_id, job_id=event.job_id
    )


@subscriptions.on(OpportunityReopened)
def take_the_conversion_back(tx: Tx, event: OpportunityReopened) -> None:
    filing.sold_by(tx, event)
    if event.acceptance_id is not None:
        filing.goes_to_job(tx, event.lead_id, None)
    usecases.unconvert(tx, event.lead_id, opportunity_id=event.subject, acceptance_id=event.acceptance_id)


def take_an_enquiry_in(tx: Tx, command: Command) -> None:
    """Another system's wish, checked as the body of ``POST /leads`` is. Raises what is wrong with it."""
    with countries(lambda: people.countries(tx)):
        usecases.capture(tx, **load(LeadIn, command.data))


commands: Mapping[str, CommandHandler] = {LeadCapture.name: take_an_enquiry_in}
