"""A quarter of two branches in two time zones, with every odd thing that happens to an enquiry; over the end of summer
time and two ends of months."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from embedded.testing import AWAY, CAST, HOME, Bench
from libs.common.contracts.staff import Branch, BranchChanged, Person, PersonChanged
from tests.flow.funnel import API, Funnel

BEGINS = datetime(2026, 10, 31, 3, 30, tzinfo=UTC)  #: the evening of the 30th in both branches
CHICAGO, ANGELES = "America/Chicago", "America/Los_Angeles"
CALL = {"channel": "phone", "direction": "outbound", "outcome": "reached"}


class Quarter(Funnel):
    """What is done here waits for nobody: the front desk is of the whole company, the sellers of one branch each."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        bench.clock.now = BEGINS
        for ident, name, zone in ((HOME, "Nashville", CHICAGO), (AWAY, "Los Angeles", ANGELES)):
            there = Branch(name=name, time_zone=zone, currency="USD", trades=("hvac",))
            bench.tell(BranchChanged(subject=ident, branch=there), by="staff")
        for who in ("csr", "office", "operations"):
            person = Person(name=who, email=f"{who}@test.example", roles=(CAST[who][1],), branch=None)
            bench.tell(PersonChanged(subject=CAST[who][0], person=person), by="staff")

    def later(self, **span: float) -> None:
        self.bench.clock.forward(**span)
        self.bench.system.due()
        self.settle()

    def taken(self, *, seller: str | None = None, branch: UUID = HOME, **more: Any) -> str:
        """A lead's id."""
        tag = uuid4().hex[:12]
        body: dict[str, Any] = {
            "channel": "phone", "person_name": f"P {tag}", "emails": [f"{tag}@{tag}.example"], "branch": str(branch),
            "request": "A price",
        }  # fmt: skip
        if seller:
            body["owner_id"] = str(CAST[seller][0])
        return str(self.do("csr", "/leads", body | more)["id"])

    def opened(self, seller: str | None = "salesperson", **more: Any) -> tuple[str, str]:
        """A lead and its opportunity, given to this seller once it is open."""
        lead = self.taken(**more)
        self.do("csr", f"/leads/{lead}/validate")
        opportunity = str(self.one(f"/opportunities?lead_id={lead}")["id"])
        if seller:
            self.do("csr", f"/opportunities/{opportunity}/assign", {"salesperson_id": str(CAST[seller][0])})
        return lead, opportunity

    def offered(self, opportunity: str, total: str, seller: str = "salesperson", **more: Any) -> tuple[str, str]:
        """An estimate, sent, and its link's secret; the one that conversion drafted, or another."""
        if self.see(f"/opportunities/{opportunity}")["stage"] in ("new", "contacted"):
            self.do(seller, f"/opportunities/{opportunity}/convert")
            ident = str(self.one(f"/estimates?opportunity_id={opportunity}")["id"])
        else:
            ident = str(self.do(seller, "/estimates", {"opportunity_id": opportunity})["id"])
        line = {"description": "Pump", "qty": "1", "unit_price": total, **more}
        path = f"{API}/estimates/{ident}"
        draft = {"options": [{"name": "Standard", "lines": [line]}]}
        assert self.as_(seller).edit("PUT", f"{path}/draft", draft, read=path).status_code == 200
        sent = self.do(seller, f"/estimates/{ident}/send", {"to": ["customer@example.com"]})
        return ident, sent["share_url"].rpartition("/")[2]

    def order(self, opportunity: str) -> str:
        return str(self.as_("office").items(f"{API}/bookings?opportunity_id={opportunity}&state=draft")[0]["id"])


def lived(q: Quarter) -> Quarter:
    """Everything, some hours or days apart."""
    _enquiries(q)
    _sales(q)
    _orders(q)
    return q


def _enquiries(q: Quarter) -> None:
    q.taken(source="radio")
    q.taken(source="radio", trade="hvac", branch=AWAY, seller="stranger")
    q.later(hours=1, minutes=15)
    answered = q.taken(source="web", campaign="autumn", seller="salesperson")
    q.later(minutes=20)
    q.do("csr", f"/leads/{answered}/contact-attempts", CALL)
    late = q.taken(seller="colleague", channel="web")
    q.later(days=3)
    q.do("csr", f"/leads/{late}/contact-attempts", CALL)
    spam = q.taken(source="web")
    q.do("csr", f"/leads/{spam}/invalidate", {"reason": "spam"})
    back = q.taken(source="web")
    q.do("csr", f"/leads/{back}/invalidate", {"reason": "wrong_contact"})
    q.later(hours=20)
    q.do("office", f"/leads/{back}/reopen")
    one, other = q.taken(source="radio"), q.taken(source="web", seller="salesperson")
    q.do("office", f"/leads/{one}/merge", {"duplicate_id": other})
    one, other = q.taken(), q.taken(trade="hvac")
    q.do("office", f"/leads/{one}/merge", {"duplicate_id": other})
    q.later(hours=2)
    q.do("office", f"/leads/{other}/unmerge")


def _sales(q: Quarter) -> None:
    _, lost = q.opened(source="radio")
    q.do("salesperson", f"/opportunities/{lost}/contact-attempts", CALL)
    q.later(days=2)
    q.do("salesperson", f"/opportunities/{lost}/lose", {"reason": "price"})
    _, again = q.opened(source="radio", campaign="autumn")
    q.do("salesperson", f"/opportunities/{again}/lose", {"reason": "timing"})
    q.later(days=9)
    q.do("manager", f"/opportunities/{again}/reopen")
    q.do("manager", f"/opportunities/{again}/assign", {"salesperson_id": str(CAST["colleague"][0])})
    q.opened(None, source="web")
    _, several = q.opened(trade="hvac")
    q.offered(several, "700.00")
    q.later(days=4)
    q.offered(several, "650.00", discount_percent="10")
    declined, _ = q.offered(q.opened("colleague")[1], "310.00", "colleague")
    q.do("colleague", f"/estimates/{declined}/decline", {"reason": "price"})
    prospect = {"channel": "referral", "person_name": "Second Door", "phones": ["615-555-0107"], "request": "A price"}
    second = {"prospect": prospect | {"source": "friends", "branch": str(HOME)}, "product_interest": "pump"}
    q.do("salesperson", "/opportunities", second)
    q.bench.clock.now = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)  # December in Nashville, November in Los Angeles
    q.later(minutes=1)
    _, far = q.opened("stranger", branch=AWAY, source="web")
    _, token = q.offered(far, "2000.00", "stranger")
    q.accept(token)
    q.taken(source="radio", branch=AWAY)


def _orders(q: Quarter) -> None:
    _, sold = q.opened(source="web", seller="salesperson")
    _, token = q.offered(sold, "999.99", discount_percent="5")
    q.accept(token)
    q.later(days=1)
    first = q.order(sold)
    q.assigned(first)
    q.later(hours=5)
    for act in ("accept", "start"):
        q.do("operations", f"/bookings/{first}/{act}")
    _, token = q.offered(sold, "101.01")
    change = q.accept(token)
    q.later(days=1)
    q.do("operations", f"/bookings/{first}/change-orders/{change}/acknowledge")
    q.do("operations", f"/bookings/{first}/complete")
    _, token = q.offered(sold, "55.50")
    q.accept(token)  # an order of its own
    q.later(hours=7)
    second = q.order(sold)
    q.assigned(second)
    q.do("operations", f"/bookings/{second}/return", {"reason": "no access"})
    _, token = q.offered(q.opened("colleague", source="radio")[1], "444.44", "colleague")
    undone = q.accept(token)
    q.do("office", f"/bookings/sales/{undone}/undo", {"reason": "changed their mind"})
    _, cancelled = q.opened(source="friends")
    _, token = q.offered(cancelled, "333.33")
    q.accept(token)
    q.later(days=2)
    gone = q.order(cancelled)
    q.assigned(gone)
    q.do("manager", f"/bookings/{gone}/cancel", {"reason": "out of stock"})
    _, given_on = q.opened(source="radio")
    q.later(days=1)
    q.do("manager", f"/opportunities/{given_on}/assign", {"salesperson_id": str(CAST["colleague"][0])})
