"""For the tests of bookings: acceptances as estimates would publish them, and orders on their way."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from embedded.testing import CAST, HOME, OPERATIONS, Bench
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.parts import Address, BillTo, Contact, LineSold, Material, Phone, Prospect, Totals

BOOKINGS = "/api/v1/bookings"
SITE = Address(line1="1204 Forrest Ave", city="Nashville", region="TN", postal_code="37201", country="US")
SOLD_AT = datetime(2026, 3, 6, 20, 10, tzinfo=UTC)


def acceptance(name: str = "Ivy Castellan", *, total: str = "8400.00", **more: Any) -> EstimateAccepted:
    """A customer's yes. Unless the test says otherwise, nobody else has this name, phone and address."""
    tag = uuid4().hex[:12]
    asked: dict[str, Any] = {
        "person_name": name,
        "emails": (f"{tag}@{tag}.example",),
        "phones": (),
        "address": Address(line1=f"{tag} Main St", postal_code="37201"),
        "company": "",
    }
    asked |= {key: more.pop(key) for key in tuple(more) if key in asked}
    price, deposit = Decimal(total), Decimal(more.pop("deposit", "0"))
    line = LineSold(description="Heat pump, installed", qty=Decimal(1), unit_price=price, amount=price)
    totals = Totals(
        subtotal=price,
        discount=Decimal(0),
        net=price,
        tax=Decimal(0),
        total=price,
        deposit=deposit,
        balance=price - deposit,
    )
    said: dict[str, Any] = {
        "subject": uuid4(), "acceptance_id": uuid4(), "opportunity_id": uuid4(), "lead_id": uuid4(),
        "number": "EST-2026-00012", "title": f"{name}: heat pump", "revision": 1, "state": "accepted", "total": price,
        "total_max": price, "currency": "USD", "others_live": False, "option_id": uuid4(), "option_name": "Standard",
        "lines": (line,), "totals": totals, "deposit_due": deposit, "typed_name": name, "method": "link",
        "accepted_at": SOLD_AT, "contact": Contact(name=name, emails=asked["emails"]), "branch": HOME, "site": SITE,
        "bill_to": BillTo(name=name, company=asked["company"]), "salesperson_id": CAST["salesperson"][0],
        "prospect": Prospect(channel="phone", trade="hvac", **asked), "job_type": "installation",
    }  # fmt: skip
    return EstimateAccepted(**(said | more))


def more(booking: dict[str, Any], **said: Any) -> EstimateAccepted:
    """Another acceptance of the same opportunity."""
    return acceptance(opportunity_id=UUID(booking["opportunity_id"]), lead_id=UUID(booking["lead_id"]), **said)


def same_site(**said: Any) -> EstimateAccepted:
    return acceptance(emails=("ivy@home.example",), **said)


def phone(e164: str) -> tuple[Phone, ...]:
    return (Phone(e164=e164, typed=e164),)


def material(description: str, qty: str, code: str = "") -> Material:
    return Material(description=description, qty=Decimal(qty), unit="piece", code=code)


class Orders:
    """The bookings service alone, and how an order gets to each of its states."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def sell(self, accepted: EstimateAccepted | None = None, **more: Any) -> dict[str, Any]:
        """The acceptance arrives; its booking order as the office reads it."""
        accepted = accepted or acceptance(**more)
        self.bench.tell(accepted, by="estimates", actor="customer")
        [row] = self.bench.as_("office").items(f"{BOOKINGS}?acceptance_id={accepted.acceptance_id}")
        return self.see(row["id"])

    def see(self, booking: Any, by: str = "office") -> dict[str, Any]:
        answer = self.bench.as_(by).get(f"{BOOKINGS}/{booking}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def sale(self, acceptance_id: UUID | str) -> dict[str, Any]:
        answer = self.bench.as_("office").get(f"{BOOKINGS}/sales/{acceptance_id}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def act(self, booking: Any, action: str, by: str, body: dict[str, Any] | None = None, status: int = 200) -> Any:
        ident = booking["id"] if isinstance(booking, dict) else booking
        answer = self.bench.as_(by).post(f"{BOOKINGS}/{ident}/{action}", body)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    def edit(self, booking: dict[str, Any], by: str = "office", status: int = 200, **body: Any) -> Any:
        answer = self.bench.as_(by).edit("PATCH", f"{BOOKINGS}/{booking['id']}", body)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    def ticked(self, booking: dict[str, Any]) -> Any:
        return self.edit(booking, checklist={one["key"]: True for one in booking["checklist"]})

    def ready(self, **more: Any) -> Any:
        return self.act(self.ticked(self.sell(**more)), "ready", "office")

    def assigned(self, **more: Any) -> Any:
        return self.hand(self.ready(**more))

    def hand(self, booking: dict[str, Any], **body: Any) -> Any:
        return self.act(booking, "assign-to-operation", "manager", {"team_id": str(OPERATIONS), **body})

    def accepted(self, **more: Any) -> Any:
        return self.act(self.assigned(**more), "accept", "operations")

    def in_state(self, state: str) -> Any:
        """An order that got there by the acts that lead there."""
        ways: dict[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
            "on_hold": (("hold", "office", {"reason": "permit"}),),
            "assigned": (("assign-to-operation", "manager", {"team_id": str(OPERATIONS)}),),
        }
        ways["returned"] = (*ways["assigned"], ("return", "operations", {"reason": "no access"}))
        ways["accepted"] = (*ways["assigned"], ("accept", "operations", {}))
        ways["in_progress"] = (*ways["accepted"], ("start", "operations", {}))
        ways["completed"] = (*ways["in_progress"], ("complete", "operations", {}))
        ways["cancelled"] = (("cancel", "office", {"reason": "changed mind"}),)
        booking = self.sell() if state == "draft" else self.ready()
        for action, by, body in ways.get(state, ()):
            booking = self.act(booking, action, by, body)
        assert booking["state"] == state
        return booking
