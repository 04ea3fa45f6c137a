"""What an opportunity's facts, and its appointments', say of the card."""

from typing import Any

from libs.common.contracts.appointments import AppointmentFact
from libs.common.contracts.base import Message
from libs.common.contracts.opportunities import (
    OpportunityChanged,
    OpportunityFact,
    OpportunityLost,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityStageChanged,
    OpportunityWon,
)
from libs.common.contracts.parts import Address
from libs.common.tx import Tx
from services.console.model import Appointment
from services.console.usecases.projections import words, writing

FIELDS = {
    "probability": "probability",
    "product_interest": "product_interest",
    "opportunity_source": "source",
    "opportunity_campaign": "campaign",
    "qualified": "qualified",
    "expected_close": "expected_close",
    "priced_from": "converted_at",
    "won_at": "won_at",
    "lost_at": "lost_at",
    "lost_in": "lost_in",
}
MOVES = (OpportunityOpened, OpportunityStageChanged, OpportunityWon, OpportunityLost, OpportunityReopened)


def hear(tx: Tx, event: OpportunityFact, message: Message) -> None:
    known: dict[str, Any] = {
        "opportunity_id": event.subject,
        "opportunity_number": event.number,
        "opportunity_title": event.title,
        "opportunity_branch": event.branch,
        "stage": event.stage,
        "stage_type": event.stage_type,
        "salesperson_id": event.salesperson_id,
        "inside_rep_id": event.inside_rep_id,
        "next_follow_up_at": event.next_follow_up_at,
    }
    known |= {column: getattr(event, field) for column, field in FIELDS.items() if hasattr(event, field)}
    if isinstance(event, OpportunityChanged) and "qualified" not in event.changed:
        known.pop("qualified")  # older facts do not say it
    if hasattr(event, "expected_value"):
        currency = getattr(event, "currency", "")
        known |= {
            "expected_value": writing.minor(event.expected_value, currency),
            "expected_currency": currency or None,
        }
    if isinstance(event, OpportunityOpened):
        known["opened_at"] = message.time
    elif isinstance(event, OpportunityWon):
        known |= {"probability": 100, "lost_at": None, "lost_reason": None, "lost_in": None}
    elif isinstance(event, OpportunityLost):
        known |= {"lost_reason": event.reason, "probability": 0}
    elif isinstance(event, OpportunityReopened):
        known |= {"won_at": None, "lost_at": None, "lost_reason": None, "lost_in": None}
    if isinstance(event, MOVES):
        known["stage_entered_at"] = _enter(tx, event, message)
    writing.of_card(tx, event.lead_id, "opportunity", known)
    site: Address | None = getattr(event, "site", None)
    if isinstance(event, OpportunityOpened) or site is not None:
        writing.find_by(tx, event.lead_id, "opportunity", {*words.words_of(event.number), *words.of_place(site)})


def _enter(tx: Tx, event: OpportunityFact, message: Message) -> Any:
    """A stay in a stage begins, and the one before ends."""
    told = [getattr(event, name, None) for name in ("entered_at", "won_at", "lost_at")]
    at = next((one for one in told if one is not None), message.time)
    stay = {"stage": event.stage, "stage_type": event.stage_type, "entered_at": at, "left_at": None}
    stay |= {"branch": event.branch, "salesperson_id": event.salesperson_id}
    key = {"opportunity_id": event.subject, "seq": message.number, "card_id": event.lead_id}
    writing.enter(tx, key | stay)
    return at


def hear_of_appointment(tx: Tx, event: AppointmentFact) -> None:
    phones = [one.e164 or one.typed for one in event.contact.phones] if event.contact else []
    people = dict.fromkeys(str(one) for one in (*event.assignee_ids, event.salesperson_id) if one is not None)
    known: dict[str, Any] = {
        "card_id": event.lead_id,
        "opportunity_id": event.opportunity_id,
        "number": event.number,
        "title": event.title,
        "type": event.type,
        "state": event.state,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "people": f" {' '.join(people)} ",
        "salesperson_id": event.salesperson_id,
        "branch": event.branch,
        "site": place(event.address),
        "phone": phones[0] if phones else None,
    }
    if hasattr(event, "note"):
        known["note"] = event.note or None
    writing.of_record(tx, Appointment, event.subject, known)


def place(address: Address | None) -> str | None:
    """On one line, as somebody would type it into a map."""
    if address is None:
        return None
    parts = (address.line1, address.city, f"{address.region} {address.postal_code}".strip())
    return ", ".join(part for part in parts if part) or None
