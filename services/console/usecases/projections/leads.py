"""What a lead's facts say of its card."""

from typing import Any

from libs.common.contracts.leads import LeadFact
from libs.common.contracts.parts import Prospect
from libs.common.tx import Tx
from services.console.usecases.projections import words, writing

#: column of the card ← field of the fact, where the fact has it
FIELDS = {
    "received_at": "received_at",
    "responded_at": "first_responded_at",
    "next_action_at": "next_action_at",
    "score": "score",
    "lead_type": "lead_type",
    "decided_at": "decided_at",
    "converted_at": "converted_at",
    "duplicate_of": "duplicate_of",
}
WRITTEN_ON = {"responded_at", "score"}  #: what none of the later facts takes back
GONE: dict[str, dict[str, Any]] = {
    "lead.reopened": {"invalid_reason": None, "converted_at": None},
    "lead.unmerged": {"duplicate_of": None},
}


def hear(tx: Tx, event: LeadFact) -> None:
    known: dict[str, Any] = {
        "lead_number": event.number,
        "lead_title": event.title,
        "lead_state": event.state,
        "lead_owner_id": event.owner_id,
        "lead_branch": event.branch,
    }
    for column, field in FIELDS.items():
        value = getattr(event, field, None)
        if hasattr(event, field) and (value is not None or column not in WRITTEN_ON):
            known[column] = value
    due = getattr(event, "first_response_due_at", None)
    if due is not None:  # a fact says none once somebody has answered: by when it was due is still worth knowing
        known["response_due_at"] = due
    if event.name == "plumbline.lead.invalidated.v1":
        known["invalid_reason"] = getattr(event, "reason", None)
    kind = event.name.removeprefix("plumbline.").removesuffix(".v1")
    known |= GONE.get(kind, {})
    prospect: Prospect | None = getattr(event, "prospect", None)
    if prospect is not None:
        known |= _of(prospect)
        found_by = {*words.of_contact(prospect), *words.of_place(prospect.address), *words.words_of(event.number)}
        writing.find_by(tx, event.subject, "lead", found_by)
    writing.of_card(tx, event.subject, "lead", known)


def _of(prospect: Prospect) -> dict[str, Any]:
    phones = [one.e164 or one.typed for one in prospect.phones]
    place = prospect.address
    return {
        "company": prospect.company or None,
        "phone": phones[0] if phones else None,
        "email": prospect.emails[0] if prospect.emails else None,
        "channel": prospect.channel,
        "lead_source": prospect.source,
        "lead_campaign": prospect.campaign,
        "trade": prospect.trade or None,
        "interest": prospect.service_interest,
        "request": prospect.request,
        "lead_type": prospect.lead_type,
        "generated_by": prospect.generated_by,
        "street": place.line1 if place else None,
        "city": place.city if place else None,
        "postal_code": place.postal_code if place else None,
    }
