"""Taking in what everybody's facts say: the cards, the records behind them, the timeline, the words that find them."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, cast
from uuid import UUID

from libs.common.contracts.appointments import AppointmentMoved
from libs.common.contracts.base import Event, Message
from libs.common.contracts.estimates import EstimateMoved
from libs.common.contracts.leads import LeadCaptured
from libs.common.tx import Tx
from services.console.usecases.projections import bookings, estimates, leads, opportunities, writing

#: of the fields of a fact those that are worth showing, where they say something
SHOWN = (
    "title", "state", "channel", "direction", "outcome", "note", "reason", "stage", "previous_stage", "qualified",
    "type", "starts_at", "previous_starts_at", "revision", "total", "total_max", "currency", "valid_until", "side",
    "kind", "amount", "text", "to", "typed_name", "method", "option_name", "hold", "until", "due_at", "acknowledge_by",
    "step", "steps", "changed", "done", "lead_type", "evidence", "next_action_at", "next_follow_up_at", "owner_id",
    "previous_owner_id", "salesperson_id", "previous_salesperson_id", "team_id", "assignee_id", "contract_total",
    "window_starts_at", "window_ends_at", "duplicate_of", "duplicate_of_number", "record_id", "recipient_id", "file",
)  # fmt: skip


def hear(tx: Tx, event: Event) -> None:
    """A fact of a funnel, as it is applied: what it says, and that it was said."""
    message = tx.origin.message
    if message is None:
        raise ValueError("a fact is heard as it is applied, with its envelope")
    take = BY_RECORD.get(event.aggregate())
    if take is not None:
        take(tx, event, message)
    card = card_of(event, message)
    if card is not None:
        row = {"id": message.id, "card_id": card, "at": message.time, "kind": _kind(event.name)}
        about = {"subject": event.subject, "number": getattr(event, "number", ""), "actor": message.actor or "system"}
        writing.tell(tx, row | about | {"words": _words(event)})


def card_of(event: Event, message: Message) -> UUID | None:
    """Whose card a fact belongs to: the lead's, from which everything followed."""
    if event.aggregate() == "lead":
        return event.subject
    lead: UUID | None = getattr(event, "lead_id", None)
    return lead or _as_id(message.correlationid)


def _as_id(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


@functools.cache
def _kind(name: str) -> str:
    return name.removeprefix("plumbline.").rpartition(".")[0]


@functools.cache
def _shown(kind: Any) -> tuple[str, ...]:
    there = set(kind.data_fields())
    return tuple(name for name in SHOWN if name in there)


def _words(event: Event) -> dict[str, Any]:
    data = event.data()
    said = {name: data[name] for name in _shown(cast(Any, type(event))) if data[name] not in (None, "", [], ())}
    if isinstance(event, EstimateMoved | AppointmentMoved) and event.job_id is None:
        said["back"] = True
    return said | ({"channel": event.prospect.channel} if isinstance(event, LeadCaptured) else {})


BY_RECORD: Mapping[str, Callable[[Tx, Any, Message], None]] = {
    "lead": lambda tx, event, _message: leads.hear(tx, event),
    "opportunity": opportunities.hear,
    "appointment": lambda tx, event, _message: opportunities.hear_of_appointment(tx, event),
    "estimate": estimates.hear,
    "booking": bookings.hear,
    "sale": lambda tx, event, _message: bookings.hear_of_sale(tx, event),
    "job": lambda tx, event, _message: bookings.hear_of_job(tx, event),
}
