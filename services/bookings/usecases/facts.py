"""How customers, jobs, sales and booking orders are told to others: the parts that their facts share."""

from typing import Any
from uuid import UUID

import msgspec

from libs.common.amounts import rounded
from libs.common.contracts.bookings import BookingChanged, Work
from libs.common.contracts.parts import Address, BillTo, Contact, LineSold, Material
from libs.common.tx import Tx
from services.bookings.model import Booking, Customer, Job, Sale


def customer(record: Customer, sale: Sale | None = None) -> dict[str, Any]:
    """What every fact of a customer says."""
    return {
        "subject": record.id,
        "number": record.number,
        "title": record.name,
        "bill_to": msgspec.convert(record.bill_to, BillTo, strict=False),
        "tax_status": record.tax_status,
        "contacts": tuple(msgspec.convert(one, Contact, strict=False) for one in record.contacts),
        "acceptance_id": sale.id if sale else None,
        "opportunity_id": sale.opportunity_id if sale else None,
        "lead_id": sale.lead_id if sale else None,
        "branch": record.branch,
    }


def job(record: Job) -> dict[str, Any]:
    """What every fact of a job says."""
    return {
        "subject": record.id,
        "number": record.number,
        "title": record.name,
        "customer_id": record.customer_id,
        "customer_name": record.customer_name,
        "opportunity_id": record.opportunity_id,
        "lead_id": record.lead_id,
        "estimate_id": record.estimate_id,
        "acceptance_id": record.acceptance_id,
        "status": str(record.status),
        "type": record.type,
        "site": address(record.site),
        "salesperson_id": record.salesperson_id,
        "branch": record.branch,
    }


def sale(record: Sale) -> dict[str, Any]:
    """What every fact of a sale says."""
    return {
        "subject": record.id,
        "opportunity_id": record.opportunity_id,
        "lead_id": record.lead_id,
        "estimate_id": record.estimate_id,
        "number": record.number,
        "title": record.title,
        "total": rounded(record.total, record.currency),
        "currency": record.currency,
        "customer_id": record.customer_id,
        "job_id": record.job_id,
        "booking_id": record.booking_id,
        "salesperson_id": record.salesperson_id,
        "branch": record.branch,
    }


def booking(record: Booking) -> dict[str, Any]:
    """What every fact of a booking order says."""
    return {
        "subject": record.id,
        "number": record.number,
        "title": record.title,
        "state": str(record.state),
        "customer_id": record.customer_id,
        "customer_name": record.customer_name,
        "opportunity_id": record.opportunity_id,
        "lead_id": record.lead_id,
        "acceptance_ids": tuple(UUID(one) for one in record.acceptance_ids),
        "estimate_ids": tuple(UUID(one) for one in record.estimate_ids),
        "contract_total": rounded(record.contract_total, record.currency),
        "currency": record.currency,
        "job_id": record.job_id,
        "team_id": record.team_id,
        "assignee_id": record.assignee_id,
        "assigned_by": record.assigned_by,
        "due_at": record.due_at,
        "salesperson_id": record.salesperson_id,
        "ordering_status": str(record.ordering_status),
        "scheduling_status": str(record.scheduling_status),
        "branch": record.branch,
        "opportunity_ids": tuple(UUID(one) for one in record.opportunity_ids or ()),
        "lead_ids": tuple(UUID(one) for one in record.lead_ids or ()),
    }


def work(record: Booking) -> Work:
    """All that a team needs to know of an order without asking back."""
    live = [part for part in record.parts if part.live]
    return Work(
        lines=tuple(line for part in live for line in lines(part.lines)),
        materials=tuple(msgspec.convert(one, Material, strict=False) for one in record.materials),
        site=address(record.site),
        contact=msgspec.convert(record.contact, Contact, strict=False) if record.contact else None,
        access_notes=record.access_notes or "",
        permits=record.permits or "",
        note=record.note or "",
        window_starts_at=record.window_starts_at,
        window_ends_at=record.window_ends_at,
        deposit_due=rounded(record.deposit_due, record.currency),
        deposit_paid=rounded(record.deposit_paid, record.currency),
        deposit_waived=record.deposit_waived,
        cancel_until=record.cancel_until,
    )


def tell_change(tx: Tx, record: Booking, *changed: str) -> None:
    """Says what was corrected or added."""
    done = tuple(one["key"] for one in record.checklist if one["done"])
    tx.publish(BookingChanged(**booking(record), changed=changed, done=done, work=work(record)), of=record)


def lines(kept: list[Any]) -> tuple[LineSold, ...]:
    return tuple(msgspec.convert(one, LineSold, strict=False) for one in kept)


def address(kept: dict[str, Any] | None) -> Address | None:
    return msgspec.convert(kept, Address, strict=False) if kept else None


def person(tx: Tx) -> UUID | None:
    """The person who acts, or None for a customer or the system."""
    try:
        return UUID(tx.actor)
    except ValueError:
        return None
