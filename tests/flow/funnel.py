"""The business's own words for getting somewhere in the funnel, each through the public door."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from embedded.testing import CAST, OPERATIONS, Bench, Caller

API = "/api/v1"


class Funnel:
    """Each step leaves everything settled. ``twice`` lets every fact come a second time after each step."""

    def __init__(self, bench: Bench, *, twice: bool = False) -> None:
        self.bench, self.twice = bench, twice

    def as_(self, who: str) -> Caller:
        return self.bench.as_(who)

    def settle(self, *, deliver_twice: bool = False) -> None:
        self.bench.settle(deliver_twice=deliver_twice or self.twice)

    def do(self, who: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A POST that has to succeed, and all that follows from it."""
        answer = self.as_(who).post(API + path, body)
        assert answer.status_code in (200, 201), f"{path}: {answer.status_code} {answer.get_data(as_text=True)}"
        self.settle()
        done: dict[str, Any] = answer.get_json()
        return done

    def see(self, path: str, who: str = "office") -> dict[str, Any]:
        answer = self.as_(who).get(API + path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.get_data(as_text=True)}"
        seen: dict[str, Any] = answer.get_json()
        return seen

    def one(self, path: str, who: str = "office") -> dict[str, Any]:
        """The only record of a list."""
        [only] = self.as_(who).items(API + path)
        return only

    def lead(self, **more: Any) -> dict[str, Any]:
        tag = uuid4().hex[:12]
        body = {
            "channel": "phone",
            "person_name": f"Prospect {tag}",
            "emails": [f"{tag}@{tag}.example"],
            "trade": "hvac",
            "request": "A price for a heat pump",
            "interest_level": "high",
            "address": {"line1": f"{tag} Main St", "city": "Nashville", "region": "TN", "postal_code": "37201"},
        }
        return self.do("csr", "/leads", body | more)

    def opportunity(self, **more: Any) -> str:
        """A valid lead's opportunity, given to the salesperson."""
        lead = self.lead(**more)
        self.do("csr", f"/leads/{lead['id']}/validate")
        opened = self.one(f"/opportunities?lead_id={lead['id']}")
        self.do("csr", f"/opportunities/{opened['id']}/assign", {"salesperson_id": str(CAST["salesperson"][0])})
        return str(opened["id"])

    def estimate(self, opportunity: str | None = None) -> str:
        """The estimate that conversion drafts."""
        opportunity = opportunity or self.opportunity()
        self.do("salesperson", f"/opportunities/{opportunity}/convert")
        return str(self.one(f"/estimates?opportunity_id={opportunity}")["id"])

    def price(self, estimate: str, total: str = "8400.00", **more: Any) -> dict[str, Any]:
        line = {"description": "Heat pump, installed", "qty": "1", "unit_price": total}
        body = {"options": [{"name": "Standard", "lines": [line]}], **more}
        path = f"{API}/estimates/{estimate}"
        answer = self.as_("salesperson").edit("PUT", f"{path}/draft", body, read=path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        priced: dict[str, Any] = answer.get_json()
        return priced

    def visit(self, opportunity: str, *, minutes: int = 5) -> dict[str, Any]:
        """A sales call that begins in so many minutes."""
        starts = (self.bench.clock() + timedelta(minutes=minutes)).isoformat()
        body = {"type": "sales_call", "starts_at": starts}
        return self.do("salesperson", f"/opportunities/{opportunity}/appointments", body)

    def sent(self, total: str = "8400.00", opportunity: str | None = None) -> tuple[str, str]:
        """A sent estimate and its link's secret."""
        estimate = self.estimate(opportunity)
        self.price(estimate, total)
        answer = self.do("salesperson", f"/estimates/{estimate}/send", {"to": ["customer@example.com"]})
        return estimate, answer["share_url"].rpartition("/")[2]

    def accept(self, token: str, name: str = "A Customer") -> str:
        """The customer accepts the first option on the link."""
        offer = self.bench.public.get(f"{API}/shared/{token}").get_json()
        whole = {"option": offer["options"][0]["id"], "typed_name": name, "consent": True}
        answer = self.bench.public.post(f"{API}/shared/{token}/accept", whole)
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
        self.settle()
        return str(answer.get_json()["acceptance_id"])

    def booked(self, total: str = "8400.00", opportunity: str | None = None) -> dict[str, Any]:
        """The booking order of an accepted estimate."""
        estimate, token = self.sent(total, opportunity)
        self.accept(token)
        return self.one(f"/bookings?opportunity_id={self.see(f'/estimates/{estimate}')['opportunity_id']}")

    def ready(self, booking: str) -> dict[str, Any]:
        """Everything on the checklist done, the deposit waived."""
        path = f"/bookings/{booking}"
        done = {"checklist": {one["key"]: True for one in self.see(path)["checklist"]}, "deposit_waived": True}
        answer = self.as_("office").edit("PATCH", API + path, done)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return self.do("office", f"{path}/ready")

    def assigned(self, booking: str) -> dict[str, Any]:
        self.ready(booking)
        return self.do("manager", f"/bookings/{booking}/assign-to-operation", {"team_id": str(OPERATIONS)})

    def alerts(self, who: str, record: str) -> list[dict[str, Any]]:
        """What somebody was told about a record."""
        told = self.as_(who).items(f"{API}/notifications?limit=200")
        return [one for one in told if one["subject"] == record]
