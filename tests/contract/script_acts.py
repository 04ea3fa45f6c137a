"""What people do in random scripts: the way of a sale, and everything that may come between, in turn or out of it."""

import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded.testing import CAST, OPERATIONS, OTHER_SALES

if TYPE_CHECKING:
    from tests.contract.scripts import Script

Body = dict[str, Any]
NAMES = (
    "Ivy Hale",
    "ivy HALE",
    "Zoë Özil",
    "O'Neill & Söhne",
    "李小龙",
    'Ted "T" <b>',
    "x" * 200,
    "  Ann  Lee ",
    "%_\\",
)
MAILS = ("ivy@home.example", "Ivy@Home.example", "zoe@oezil.example", "li@lee.example")
PHONES = ("615-555-0142", "+1 615 555 0142", "(615) 555-0199")
PEOPLE = ("salesperson", "colleague", "stranger", "csr", "technician")


def nothing(_script: "Script") -> Body:
    return {}


@dataclass(frozen=True)
class Act:
    """``path`` names the records it needs: the script finds them."""

    who: str
    path: str
    body: Callable[["Script"], Body] = nothing
    method: str = "POST"

    @property
    def needs(self) -> list[str]:
        return [name for _, name, *_ in string.Formatter().parse(self.path) if name]


def prospect(script: "Script") -> Body:
    rng, postal_code = script.rng, script.rng.choice(("37201",) * 9 + ("9",))
    return {
        "channel": rng.choice(("phone", "email", "web", "walk_in", "referral")),
        "person_name": rng.choice(NAMES),
        "emails": rng.sample(MAILS, rng.choice((0, 1, 1, 2))),
        "phones": rng.sample(PHONES, rng.choice((0, 1, 1))),
        "trade": rng.choice(("hvac",) * 8 + ("roofing", None)),
        "request": rng.choice(("A price for a heat pump", "Furnace", "emoji 🔥 and\nlines")),
        "interest_level": rng.choice(("high", "medium", "low") * 4 + ("none", None)),
        "address": {"line1": "1 Main St", "city": "Nashville", "region": "TN", "postal_code": postal_code},
    }


def enquiry(script: "Script") -> Body:
    rng = script.rng
    more: Body = {"urgent": rng.random() < 0.3, "owner_id": rng.choice((None, None, person(script)))}
    return prospect(script) | more


def person(script: "Script") -> str:
    return str(CAST[script.rng.choice(PEOPLE)][0])


def contact(script: "Script") -> Body:
    outcome = script.rng.choice(("reached", "no_answer", "left_message"))
    return {
        "channel": "phone",
        "direction": "outbound",
        "outcome": outcome,
        "note": script.rng.choice((None, "\u202e later")),
    }


def time_of_day(script: "Script") -> Body:
    starts = script.moment(days=script.rng.randint(0, 3), minutes=30 * script.rng.randint(1, 8))
    return {"starts_at": starts, "duration_min": 30, "force": script.rng.random() < 0.2}


def visit(script: "Script") -> Body:
    return {"type": "sales_call", **time_of_day(script)}


def draft(script: "Script") -> Body:
    rng = script.rng
    lines = [
        {
            "description": rng.choice(NAMES),
            "qty": rng.choice(("1", "2.5", "0.333")),
            "unit_price": rng.choice(("8400.00", "0.01", "99.9999", "1234.5678")),
            "discount_percent": rng.choice(("0",) * 6 + ("3.33", "12.5")),
        }
        for _ in range(rng.randint(1, 3))
    ]
    options = [{"name": name, "lines": lines} for name in ("Good", "Better")[: rng.randint(1, 2)]]
    discount = rng.choice(
        (*[None] * 6, {"percent": "2.5"}, {"amount": "10.00"}, {"amount": "10.005"}, {"percent": "40"})
    )
    return {"options": options, "discount": discount, "deposit": rng.choice((None, {"percent": "10"}))}


def yes(script: "Script") -> Body:
    offer = script.see(f"/shared/{script.tokens[-1]}", "customer") if script.tokens else {}
    options = offer.get("options") or [{"id": person(script)}]
    return {"option": script.rng.choice(options)["id"], "typed_name": "A Customer", "consent": True}


def heard_yes(script: "Script") -> Body:
    return {"option": yes(script)["option"], "typed_name": "A Customer", "method": "verbal"}


def ticked(script: "Script") -> Body:
    orders = script.see("/bookings?limit=1")["items"]
    keys = [item["key"] for order in orders for item in order["checklist"]]
    return {"checklist": dict.fromkeys(keys, True), "deposit_waived": True}


def reason(script: "Script") -> Body:
    return {"reason": script.rng.choice(("price", "price", "timing", "A word of my own", ""))}


def lose(script: "Script") -> Body:
    return reason(script) | {"void_offers": script.rng.random() < 0.5}


def by_mail(_script: "Script") -> Body:
    return {"to": ["crew@trucks.example"], "note": "Bring the long ladder"}


def team(script: "Script") -> Body:
    return {"team_id": str(script.rng.choice((OPERATIONS, OPERATIONS, OPERATIONS, OTHER_SALES)))}


ALONG = (
    Act("csr", "/leads", enquiry),
    Act("csr", "/leads/{lead}/validate"),
    Act("csr", "/opportunities/{opportunity}/assign", lambda _: {"salesperson_id": str(CAST["salesperson"][0])}),
    Act("salesperson", "/opportunities/{opportunity}/contact-attempts", contact),
    Act("salesperson", "/opportunities/{opportunity}/appointments", visit),
    Act("salesperson", "/opportunities/{opportunity}/convert"),
    Act("salesperson", "/estimates/{estimate}/draft", draft, "PUT"),
    Act("salesperson", "/estimates/{estimate}/send", lambda _: {"to": ["customer@example.com"]}),
    Act("customer", "/shared/{token}/accept", yes),
    Act("office", "/bookings/{booking}", ticked, "PATCH"),
    Act("office", "/bookings/{booking}/ready"),
    Act("manager", "/bookings/{booking}/assign-to-operation", lambda _: {"team_id": str(OPERATIONS)}),
    Act("operations", "/bookings/{booking}/accept"),
    Act("operations", "/bookings/{booking}/start"),
    Act("operations", "/bookings/{booking}/complete"),
)
ASIDE = (
    Act(
        "csr",
        "/leads/{lead}/invalidate",
        lambda script: {"reason": script.rng.choice(("spam", "out_of_area", "other"))},
    ),
    Act("manager", "/leads/{lead}/reopen"),
    Act("csr", "/leads/{lead}/assign", lambda script: {"owner_id": person(script)}),
    Act("csr", "/leads/{lead}/contact-attempts", contact),
    Act("csr", "/leads/{lead}/nurture", lambda script: {"next_action_at": script.moment(days=2), "note": "Ω"}),
    Act("csr", "/leads/{lead}/type", lambda _: {"lead_type": "sql", "evidence": "Asked for a price"}),
    Act("csr", "/leads/{lead}", lambda script: {"person_name": script.rng.choice(NAMES), "urgent": True}, "PATCH"),
    Act("csr", "/leads/{lead}/merge", lambda script: {"duplicate_id": script.find("lead", newest=False)}),
    Act("csr", "/leads/{lead}/unmerge"),
    Act("csr", "/opportunities", lambda script: {"prospect": prospect(script), "product_interest": "furnace"}),
    Act("salesperson", "/opportunities/{opportunity}/lose", lose),
    Act("manager", "/opportunities/{opportunity}/reopen"),
    Act("salesperson", "/opportunities/{opportunity}/stage", lambda _: {"stage": "qualified"}),
    Act(
        "manager", "/opportunities/{opportunity}/qualification", lambda _: {"qualified": True, "reason": "I know them"}
    ),
    Act("salesperson", "/opportunities/{opportunity}", lambda _: {"product_interest": "Boiler"}, "PATCH"),
    Act("salesperson", "/opportunities/appointments/{appointment}/confirm"),
    Act("salesperson", "/opportunities/appointments/{appointment}/complete"),
    Act("salesperson", "/opportunities/appointments/{appointment}/reschedule", time_of_day),
    Act("salesperson", "/opportunities/appointments/{appointment}/cancel", reason),
    Act("salesperson", "/estimates", lambda script: {"opportunity_id": script.find("opportunity")}),
    Act("salesperson", "/estimates/{estimate}/submit"),
    Act("manager", "/estimates/{estimate}/approve"),
    Act("manager", "/estimates/{estimate}/refuse", reason),
    Act("salesperson", "/estimates/{estimate}/revise", reason),
    Act("salesperson", "/estimates/{estimate}/withdraw", reason),
    Act("salesperson", "/estimates/{estimate}/extend", lambda script: {"valid_until": script.day(90)}),
    Act("salesperson", "/estimates/{estimate}/rounds", lambda _: {"side": "us", "kind": "note", "note": "Æ"}),
    Act("office", "/estimates/{estimate}/accept", heard_yes),
    Act("customer", "/shared/{token}/viewed"),
    Act("customer", "/shared/{token}/decline", reason),
    Act("customer", "/shared/{token}/request-changes", lambda _: {"text": "Cheaper, <i>please</i>"}),
    Act("office", "/bookings/{booking}/mail", by_mail),
    Act("office", "/bookings/{booking}/hold", lambda _: {"reason": "permit"}),
    Act("office", "/bookings/{booking}/release"),
    Act("operations", "/bookings/{booking}/return", reason),
    Act("manager", "/bookings/{booking}/reassign", team),
    Act("office", "/bookings/{booking}/cancel", reason),
    Act("office", "/bookings/sales/{acceptance}/undo", reason),
    Act("office", "/bookings/jobs/{job}/rename", lambda script: {"name": script.rng.choice(NAMES)}),
    Act("office", "/bookings/customers/{customer}", lambda script: {"name": script.rng.choice(NAMES)}, "PATCH"),
    Act("manager", "/notifications/read-all"),
)
