"""How an opportunity and its appointments are told to others: the parts that their facts share."""

from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.amounts import rounded
from libs.common.contracts.opportunities import OpportunityChanged
from libs.common.contracts.parts import Address, BillTo, Contact, Prospect
from libs.common.tx import Tx
from services.opportunities.model import Appointment, Opportunity


def head(opportunity: Opportunity) -> dict[str, Any]:
    """What every fact of an opportunity says."""
    return {
        "subject": opportunity.id,
        "lead_id": opportunity.lead_id,
        "number": opportunity.number,
        "title": opportunity.title,
        "stage": opportunity.stage,
        "stage_type": opportunity.stage_type,
        "salesperson_id": opportunity.salesperson_id,
        "inside_rep_id": opportunity.inside_rep_id,
        "branch": opportunity.branch,
        "next_follow_up_at": opportunity.next_follow_up_at,
    }


def substance(opportunity: Opportunity) -> dict[str, Any]:
    """What is being sold, where, and what it may come to."""
    return {
        "probability": opportunity.probability,
        "product_interest": opportunity.product_interest,
        "trade": opportunity.trade or "",
        "description": opportunity.description or "",
        "site": address(opportunity.site),
        "expected_close": opportunity.expected_close,
        **worth(opportunity),
        **origin(opportunity),
    }


def worth(opportunity: Opportunity) -> dict[str, Any]:
    """To the currency's cent: the column holds a decimal more."""
    value, currency = opportunity.expected_value, opportunity.currency
    return {"expected_value": None if value is None else rounded(value, currency), "currency": currency}


def origin(opportunity: Opportunity) -> dict[str, Any]:
    return {"source": opportunity.source or "", "campaign": opportunity.campaign or ""}


def prospect(opportunity: Opportunity) -> Prospect:
    return msgspec.convert(opportunity.prospect, Prospect, strict=False)


def contact(opportunity: Opportunity) -> Contact:
    """The person to speak to."""
    asked = prospect(opportunity)
    return Contact(name=asked.person_name, company=asked.company, phones=asked.phones, emails=asked.emails)


def bill_to(opportunity: Opportunity) -> BillTo:
    """Where the bill goes: as somebody said, else to the prospect."""
    if opportunity.bill_to:
        return msgspec.convert(opportunity.bill_to, BillTo, strict=False)
    asked = prospect(opportunity)
    return BillTo(name=asked.person_name, company=asked.company, address=asked.address, emails=asked.emails)


def address(kept: Mapping[str, Any] | None) -> Address | None:
    return msgspec.convert(kept, Address) if kept else None


def contact_of(one: Appointment) -> Contact | None:
    return msgspec.convert(one.contact, Contact) if one.contact else None


def appointment(one: Appointment) -> dict[str, Any]:
    """What every fact of an appointment says."""
    return {
        "subject": one.id,
        "opportunity_id": one.opportunity_id,
        "lead_id": one.lead_id,
        "number": one.number,
        "title": one.title,
        "type": one.type,
        "state": str(one.state),
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "window_starts_at": one.window_starts_at,
        "window_ends_at": one.window_ends_at,
        "assignee_ids": tuple(one.people),
        "salesperson_id": one.salesperson_id,
        "address": address(one.address),
        "contact": contact_of(one),
        "job_id": one.job_id,
        "branch": one.branch,
    }


def tell_change(tx: Tx, opportunity: Opportunity, *changed: str, **more: Any) -> None:
    """Says what was corrected or added."""
    tx.publish(
        OpportunityChanged(
            **head(opportunity),
            **substance(opportunity),
            changed=changed,
            bill_to=bill_to(opportunity),
            financing_activity=opportunity.financing_activity or "",
            selected_estimate_id=opportunity.selected_estimate_id,
            job_id=opportunity.job_id,
            customer_id=opportunity.customer_id,
            qualified=opportunity.qualified,
            **more,
        ),
        of=opportunity,
    )
