"""How a lead is told to others: the parts that its facts share."""

from typing import Any

import msgspec

from libs.common.contracts.parts import Address, Fit, Phone, Prospect
from libs.common.parties import e164, email_key
from services.leads.model import Lead


def head(lead: Lead) -> dict[str, Any]:
    """What every fact of a lead says."""
    return {
        "subject": lead.id,
        "number": lead.number,
        "title": lead.name,
        "state": str(lead.state),
        "owner_id": lead.owner_id,
        "branch": lead.branch,
    }


def prospect(lead: Lead) -> Prospect:
    """All that was taken in, for whoever works on from here without asking back."""
    return Prospect(
        channel=lead.channel,
        person_name=lead.person_name or "",
        company=lead.company or "",
        phones=tuple(Phone(e164=e164(typed) or "", typed=typed) for typed in lead.phones),
        emails=tuple(email_key(typed) for typed in lead.emails),
        address=msgspec.convert(lead.address, Address) if lead.address else None,
        source=lead.source or "",
        campaign=lead.campaign or "",
        trade=lead.trade or "",
        service_interest=lead.service_interest or "",
        request=lead.request or "",
        interest_level=lead.interest_level or "",
        fit=msgspec.convert({k: v for k, v in lead.fit.items() if v is not None}, Fit),
        consent=lead.consent,
        do_not_contact=lead.do_not_contact,
        urgent=lead.urgent,
        lead_type=lead.lead_type,
        generated_by=lead.generated_by,
    )


def clock(lead: Lead) -> Any:
    """When a first response is due; None once there was one."""
    return None if lead.first_responded_at else lead.first_response_due_at


def waiting(lead: Lead) -> dict[str, Any]:
    """What is waited for, as a fact says it of a lead that goes on after all."""
    return {"first_response_due_at": clock(lead), "next_action_at": lead.next_action_at}
