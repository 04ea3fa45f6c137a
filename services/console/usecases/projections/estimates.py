"""What an estimate's facts say: of itself, and of the card where it is the selected one."""

from typing import Any

from libs.common.amounts import ZERO, rounded
from libs.common.contracts.base import Message
from libs.common.contracts.estimates import (
    EstimateAccepted,
    EstimateDeclined,
    EstimateDrafted,
    EstimateFact,
    EstimateRevised,
    EstimateRoundRecorded,
    EstimateSelected,
)
from libs.common.tx import Tx
from services.console.model import Estimate
from services.console.usecases.projections import words, writing

FIELDS = {"sent_at": "sent_at", "viewed_at": "viewed_at"}
DECIDED = ("accepted_at", "declined_at", "expired_at", "withdrawn_at")


def hear(tx: Tx, event: EstimateFact, message: Message) -> None:
    total, total_max = (writing.minor(one, event.currency) for one in (event.total, event.total_max))
    stands: dict[str, Any] = {
        "revision": event.revision,
        "valid_until": event.valid_until,
        "expires_at": event.expires_at,
    }
    card = stands | {
        "estimate_number": event.number,
        "estimate_state": event.state,
        "estimate_total": total,
        "estimate_total_max": total_max,
        "estimate_currency": event.currency,
    }
    record = stands | {
        "card_id": event.lead_id,
        "number": event.number,
        "title": event.title,
        "state": event.state,
        "total": total,
        "total_max": total_max,
        "currency": event.currency,
        "salesperson_id": event.salesperson_id,
    }
    record |= {column: getattr(event, field) for column, field in FIELDS.items() if hasattr(event, field)}
    decided = [getattr(event, name) for name in DECIDED if hasattr(event, name)]
    record |= {"decided_at": decided[0]} if decided else {}
    if isinstance(event, EstimateDrafted):
        record["drafted_at"] = message.time
        writing.find_by(tx, event.lead_id, f"estimate {event.number}"[:80], words.words_of(event.number))
    elif isinstance(event, EstimateRevised):
        record |= {"decided_at": None, "decline_reason": None, "viewed_at": None}
    elif isinstance(event, EstimateDeclined):
        record["decline_reason"] = event.reason
    elif isinstance(event, EstimateRoundRecorded):
        record["rounds"] = event.round
    elif isinstance(event, EstimateAccepted):
        record |= given_away(event)
        writing.sold(tx, event.lead_id, event.total, event.currency)
    elif isinstance(event, EstimateSelected):
        card["estimate_selected_at"] = event.selected_at or message.time
    writing.of_record(tx, Estimate, event.subject, record)
    writing.of_chosen(tx, "estimate_id", "estimate_selected_at", event.lead_id, event.subject, card)


def given_away(event: EstimateAccepted) -> dict[str, Any]:
    """List price and discount of what was accepted: the lines' own discounts and the document's, together."""
    gross = sum((rounded(one.qty * one.unit_price, event.currency) for one in event.lines), ZERO)
    priced = sum((one.amount for one in event.lines), ZERO)
    discount = gross - priced + event.totals.discount
    return {
        "accepted_total": writing.minor(event.totals.total, event.currency),
        "list_price": writing.minor(gross, event.currency),
        "discount": writing.minor(discount, event.currency),
    }
