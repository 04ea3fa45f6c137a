"""How an opportunity of a test comes to be, and what estimates and bookings tell about it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from embedded.testing import CAST, HOME, Bench
from libs.common.contracts.estimates import EstimateAccepted, EstimateFact, EstimateSent
from libs.common.contracts.leads import LeadValidated
from libs.common.contracts.parts import Address, BillTo, Contact, Phone, Prospect, Totals
from libs.common.contracts.sales import JobCreated, SaleFact

OPPORTUNITIES = "/api/v1/opportunities"
ME = CAST["salesperson"][0]
Record = dict[str, Any]


def prospect(**more: Any) -> Prospect:
    said: dict[str, Any] = {
        "channel": "phone",
        "person_name": "Ada Byron",
        "phones": (Phone(e164="+16155550100", typed="615-555-0100"),),
        "emails": ("ada@byron.example",),
        "address": Address(line1="1 Main St", city="Nashville", region="TN", postal_code="37201", country="US"),
        "trade": "hvac",
        "request": "A price for a heat pump",
        "source": "website",
    }
    return Prospect(**(said | more))


def validated(**more: Any) -> LeadValidated:
    now = datetime.now(UTC)
    said: dict[str, Any] = {
        "subject": uuid7(),
        "number": "L-00007",
        "title": "Ada Byron",
        "state": "valid",
        "owner_id": ME,
        "branch": HOME,
        "prospect": prospect(),
        "decided_by": str(CAST["csr"][0]),
        "decided_at": now,
        "received_at": now,
    }
    return LeadValidated(**(said | more))


def opened(bench: Bench, **more: Any) -> Record:
    """The opportunity of a valid lead, whose owner is the salesperson unless said otherwise."""
    lead = validated(**more)
    bench.tell(lead, by="leads")
    [found] = bench.as_("csr").items(f"{OPPORTUNITIES}?lead_id={lead.subject}")
    return seen(bench, found["id"])


def seen(bench: Bench, ident: str, by: str = "csr") -> Record:
    answer = bench.as_(by).get(f"{OPPORTUNITIES}/{ident}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    record: Record = answer.get_json()
    return record


def done(bench: Bench, ident: str, act: str, body: Record | None = None, by: str = "salesperson") -> Record:
    """An act that succeeds."""
    answer = bench.as_(by).post(f"{OPPORTUNITIES}/{ident}/{act}", body)
    assert answer.status_code in (200, 201), answer.get_data(as_text=True)
    record: Record = answer.get_json()
    return record


def refused(
    bench: Bench, ident: str, act: str, status: int, body: Record | None = None, by: str = "salesperson"
) -> Record:
    """An act that is refused: what was said."""
    answer = bench.as_(by).post(f"{OPPORTUNITIES}/{ident}/{act}", body)
    assert answer.status_code == status, answer.get_data(as_text=True)
    problem: Record = answer.get_json()
    return problem


def call_at(starts_at: str, **more: Any) -> Record:
    return {"type": "sales_call", "starts_at": starts_at, "duration_min": 30, **more}


def estimate(kind: type[EstimateFact], about: Record, subject: UUID | None = None, /, **more: Any) -> Any:
    """A fact about an estimate of this opportunity."""
    said: dict[str, Any] = {
        "subject": subject or uuid7(),
        "opportunity_id": UUID(about["id"]),
        "lead_id": UUID(about["lead_id"]),
        "number": "EST-2026-00001",
        "title": about["title"],
        "revision": 1,
        "state": kind.name.split(".")[2],
        "total": Decimal("8400.00"),
        "total_max": Decimal("8400.00"),
        "currency": "USD",
        "others_live": False,
    }
    return kind(**(said | more))


def accepted(about: Record, subject: UUID | None = None, **more: Any) -> EstimateAccepted:
    price = Decimal("8400.00")
    said: dict[str, Any] = {
        "acceptance_id": uuid7(),
        "option_id": uuid7(),
        "option_name": "Standard",
        "lines": (),
        "totals": Totals(
            subtotal=price,
            discount=Decimal(0),
            net=price,
            tax=Decimal(0),
            total=price,
            deposit=Decimal(0),
            balance=price,
        ),
        "deposit_due": Decimal(0),
        "typed_name": "Ada Byron",
        "method": "link",
        "accepted_at": datetime.now(UTC),
        "contact": Contact(name="Ada Byron"),
        "bill_to": BillTo(name="Ada Byron"),
        "prospect": prospect(),
    }
    fact: EstimateAccepted = estimate(EstimateAccepted, about, subject, **(said | more))
    return fact


def job(acceptance: EstimateAccepted, **more: Any) -> JobCreated:
    said: dict[str, Any] = {
        "subject": uuid7(),
        "number": "J-00001",
        "title": "Byron 2026",
        "customer_id": uuid7(),
        "customer_name": "Ada Byron",
        "opportunity_id": acceptance.opportunity_id,
        "lead_id": acceptance.lead_id,
        "estimate_id": acceptance.subject,
        "acceptance_id": acceptance.acceptance_id,
        "status": "pending",
    }
    return JobCreated(**(said | more))


def sale(kind: type[SaleFact], acceptance: EstimateAccepted, /, **more: Any) -> Any:
    said: dict[str, Any] = {
        "subject": acceptance.acceptance_id,
        "opportunity_id": acceptance.opportunity_id,
        "lead_id": acceptance.lead_id,
        "estimate_id": acceptance.subject,
        "number": acceptance.number,
        "title": acceptance.title,
        "total": acceptance.total,
        "currency": "USD",
    }
    return kind(**(said | more))


def tell(desk: Bench, *facts: Any) -> None:
    for fact in facts:
        desk.tell(fact, by="bookings" if fact.aggregate() in ("job", "sale") else "estimates")


def sent(desk: Bench, about: dict[str, Any], subject: UUID | None = None, **more: Any) -> None:
    tell(desk, estimate(EstimateSent, about, subject, **({"sent_at": desk.clock()} | more)))


def walk_in(**more: Any) -> dict[str, Any]:
    """What somebody enters who has no lead yet."""
    person = {
        "channel": "walk_in",
        "person_name": "Walk In",
        "phones": ["(615) 555-0123"],
        "request": "Furnace price",
        "interest_level": "high",
        "trade": "hvac",
    }
    return {"prospect": person, "product_interest": "furnace", **more}
