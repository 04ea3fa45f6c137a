"""What a booking order's facts say: of itself, and of each enquiry's card where it is the latest one."""

from typing import Any

from libs.common.contracts.base import Message
from libs.common.contracts.bookings import (
    BookingAssigned,
    BookingChanged,
    BookingCreated,
    BookingFact,
    BookingReassigned,
    BookingReturned,
    BookingScheduled,
    Work,
)
from libs.common.contracts.sales import JobFact, SaleFact, SaleUndone
from libs.common.tx import Tx
from services.console.model import Booking
from services.console.usecases.projections import words, writing
from services.console.usecases.projections.opportunities import place

TIMES = ("accepted_at", "started_at", "completed_at", "cancelled_at")


def hear(tx: Tx, event: BookingFact, message: Message) -> None:
    record: dict[str, Any] = {
        "card_id": event.lead_id,
        "number": event.number,
        "title": event.title,
        "state": event.state,
        "job_id": event.job_id,
        "customer_id": event.customer_id,
        "customer_name": event.customer_name,
        "contract_total": writing.minor(event.contract_total, event.currency),
        "currency": event.currency,
        "branch": event.branch,
        "salesperson_id": event.salesperson_id,
        "team_id": event.team_id,
        "assignee_id": event.assignee_id,
        "scheduling": event.scheduling_status,
        "ordering": event.ordering_status,
        "due_at": event.due_at,
    }
    cards = event.lead_ids or (event.lead_id,)
    record |= {name: getattr(event, name) for name in TIMES if hasattr(event, name)} | _window(event)
    if event.state != "assigned":
        record["acknowledge_by"] = None
    more = {}
    if isinstance(event, BookingCreated):
        record["made_at"] = message.time
    elif isinstance(event, BookingAssigned | BookingReassigned):
        record |= {"handed_over_at": message.time, "assigned_at": message.time, "accepted_at": None}
        record["acknowledge_by"] = event.acknowledge_by
    elif isinstance(event, BookingReturned):
        more["returns"] = 1
        record["return_reason"] = event.reason
        for card in cards:
            writing.of_card(tx, card, "returns", {}, returns=1)
    writing.of_record(tx, Booking, event.subject, record, **more)
    for card in cards:
        if isinstance(event, BookingCreated | BookingChanged):
            writing.find_by(tx, card, f"booking {event.number}"[:80], _found_by(event))
        if card != event.lead_id:
            writing.stands_on(tx, event.subject, card)
        writing.put_on_card(tx, card)


def hear_of_sale(tx: Tx, event: SaleFact) -> None:
    """What was sold is not sold any more."""
    if isinstance(event, SaleUndone):
        writing.sold(tx, event.lead_id, -event.total, event.currency)


def hear_of_job(tx: Tx, event: JobFact) -> None:
    """A job is found by its number and by the name it has now."""
    found_by = {*words.words_of(f"{event.number} {event.title}")}
    writing.find_by(tx, event.lead_id, f"job {event.number}"[:80], found_by)


def _window(event: BookingFact) -> dict[str, Any]:
    work: Work | None = getattr(event, "work", None)
    told: Any = event if isinstance(event, BookingScheduled) else work
    window = {name: getattr(told, name) for name in ("window_starts_at", "window_ends_at")} if told else {}
    return window | ({"site": place(work.site)} if work else {})


def _found_by(event: BookingCreated | BookingChanged) -> set[str]:
    contact = event.work.contact
    found = {*words.words_of(f"{event.number} {event.customer_name}"), *words.of_place(event.work.site)}
    return found | set(words.of_contact(contact)) if contact else found
