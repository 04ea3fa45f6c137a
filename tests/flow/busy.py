"""A company in the middle of its work: everything that can become of an enquiry has become of one."""

from datetime import timedelta
from typing import Any

from embedded.testing import CAST
from tests.flow.funnel import API, Funnel


def worked(funnel: Funnel) -> Funnel:
    funnel.lead(source="web")
    funnel.do("csr", f"/leads/{funnel.lead(source='web')['id']}/invalidate", {"reason": "spam"})
    attempt = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    answered = funnel.lead(source="radio")
    funnel.bench.clock.forward(minutes=7)
    funnel.do("csr", f"/leads/{answered['id']}/contact-attempts", attempt)
    twin, original = funnel.lead(), funnel.lead()
    funnel.do("csr", f"/leads/{original['id']}/merge", {"duplicate_id": twin["id"]})
    lost = funnel.opportunity(source="radio", campaign="spring")
    funnel.do("salesperson", f"/opportunities/{lost}/lose", {"reason": "price"})
    funnel.sent("1200.50")
    declined, _ = funnel.sent("310.00")
    funnel.do("salesperson", f"/estimates/{declined}/decline", {"reason": "price"})
    cheaper = funnel.estimate()
    line = {"description": "Furnace", "qty": "3", "unit_price": "333.33", "discount_percent": "5"}
    option = {"name": "Good", "lines": [line, {"description": "Filter", "qty": "1", "unit_price": "19.99"}]}
    path = f"{API}/estimates/{cheaper}"
    body = {"options": [option], "discount": {"percent": "2.5"}}
    assert funnel.as_("salesperson").edit("PUT", f"{path}/draft", body, read=path).status_code == 200
    sent = funnel.do("salesperson", f"/estimates/{cheaper}/send", {"to": ["customer@example.com"]})
    funnel.accept(sent["share_url"].rpartition("/")[2])
    funnel.bench.clock.forward(days=2)
    back = funnel.assigned(funnel.booked("99.99")["id"])["id"]
    funnel.do("operations", f"/bookings/{back}/return", {"reason": "no access"})
    done = funnel.assigned(funnel.booked("4321.00")["id"])["id"]
    _second_thoughts(funnel)
    for act in ("accept", "start", "complete"):
        funnel.do("operations", f"/bookings/{done}/{act}")
    _sold_again(funnel, done)
    return funnel


def _sold_again(funnel: Funnel, done: str) -> None:
    """More for the same customer, in orders of its own: the work of one is given up, and what was sold with it not."""
    opportunity = funnel.see(f"/bookings/{done}")["opportunity_id"]
    for price, goes_on in (("250.25", True), ("75.00", False)):
        more = funnel.do("salesperson", "/estimates", {"opportunity_id": opportunity})["id"]
        funnel.price(more, price)
        sent = funnel.do("salesperson", f"/estimates/{more}/send", {"to": ["customer@example.com"]})
        funnel.accept(sent["share_url"].rpartition("/")[2])
        [order] = funnel.as_("office").items(f"{API}/bookings?opportunity_id={opportunity}&state=draft")
        if goes_on:
            funnel.assigned(order["id"])
            for act in ("accept", "start", "complete"):
                funnel.do("operations", f"/bookings/{order['id']}/{act}")
        else:
            funnel.do("manager", f"/bookings/{order['id']}/cancel", {"reason": "out of stock"})


def _second_thoughts(funnel: Funnel) -> None:
    """What is taken back, chosen anew and asked for once more."""
    reopened = funnel.opportunity(source="radio")
    visit: dict[str, Any] = {"type": "sales_call", "duration_min": 60, "assignee_ids": [str(CAST["technician"][0])]}
    begins = funnel.bench.clock().replace(microsecond=0) + timedelta(days=1)
    funnel.do("csr", f"/opportunities/{reopened}/appointments", visit | {"starts_at": begins.isoformat()})
    funnel.do("salesperson", f"/opportunities/{reopened}/lose", {"reason": "timing"})
    funnel.bench.clock.forward(hours=5)
    funnel.do("manager", f"/opportunities/{reopened}/reopen")
    first, _ = funnel.sent("700.00")
    opportunity = funnel.see(f"/estimates/{first}")["opportunity_id"]
    second = funnel.do("salesperson", "/estimates", {"opportunity_id": opportunity})["id"]
    funnel.price(second, "650.00")
    funnel.do("salesperson", f"/estimates/{first}/select")
    funnel.do("salesperson", f"/estimates/{first}/rounds", {"side": "customer", "kind": "note", "note": "too dear"})
    third = funnel.do("salesperson", "/estimates", {"opportunity_id": opportunity})["id"]
    funnel.price(third, "640.00")
    _, token = funnel.sent("555.55")
    acceptance = funnel.accept(token)
    funnel.do("office", f"/bookings/sales/{acceptance}/undo", {"reason": "changed their mind"})
