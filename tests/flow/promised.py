"""The table people were promised: who may do what to a record of theirs, of their team's, of their branch's."""

from typing import Any
from uuid import uuid4

from embedded.testing import CAST, OPERATIONS

#: somebody → their role and, for those who are not of the cast, that they are of the other branch
PEOPLE = {name: (role, True) for name, (_, role, _, _) in CAST.items() if name not in ("stranger", "marketing")}
PEOPLE |= {f"{role} elsewhere": (role, False) for role in ("csr", "salesperson", "manager", "office", "operations")}
OWNER, LEADER = "salesperson", "manager"  #: of every record here, and of the owner's team

OWN, TEAM, ALL, EVERYWHERE, NOT_THIS = "own", "team", "all", "everywhere", "not this one"
LOOK = {"admin": EVERYWHERE, "auditor": EVERYWHERE}
SELL = {"salesperson": OWN, "manager": TEAM}
WORK = SELL | {"office": ALL}
ENQUIRE = WORK | {"csr": ALL}
PREPARE = {"manager": ALL, "office": ALL}
KNOW = PREPARE | {"salesperson": ALL, "operations": ALL, "auditor": EVERYWHERE}
Act = tuple[str, str, dict[str, Any] | None]

LOSE = {"reason": "price", "void_offers": True}
DRAFT = {"options": [{"name": "S", "lines": [{"description": "a", "qty": "1", "unit_price": "1.00"}]}]}
FILE = {"file": "a photo"}  #: sent as a form's part
YES = {"option": str(uuid4()), "method": "verbal", "typed_name": "A Customer"}

#: who → what of a record, in an order in which each leaves the records with their owner
TABLE: list[tuple[str, dict[str, str], list[Act]]] = [
    ("look at a lead", ENQUIRE | LOOK | {"technician": OWN}, [("GET", "/leads/{lead}", None)]),
    (
        "edit a lead",
        ENQUIRE,
        [
            ("PATCH", "/leads/{lead}", {"source": "web"}),
            (
                "POST",
                "/leads/{lead}/contact-attempts",
                {"channel": "phone", "direction": "outbound", "outcome": "other"},
            ),
            ("POST", "/leads/{lead}/nurture", {"next_action_at": "2199-01-01T00:00:00Z"}),
            ("POST", "/leads/{lead}/type", {"lead_type": "mql", "evidence": "a form"}),
            ("POST", "/leads/{lead}/validate", {}),
            ("POST", "/leads/{lead}/invalidate", {"reason": "spam"}),
        ],
    ),
    ("put a file at a lead", ENQUIRE | {"technician": OWN}, [("POST", "/leads/{lead}/files", FILE)]),
    ("put a file at an opportunity", ENQUIRE, [("POST", "/opportunities/{opportunity}/files", FILE)]),
    ("put a file at a job", PREPARE | {"operations": ALL}, [("POST", "/bookings/jobs/{job}/files", FILE)]),
    (
        "assign a lead",
        {"csr": ALL, "technician": OWN, "manager": TEAM, "office": ALL, "admin": EVERYWHERE},
        [("POST", "/leads/{lead}/assign", {"owner_id": str(CAST[OWNER][0])})],
    ),
    (
        "merge leads",
        {"csr": ALL, "manager": TEAM, "office": ALL, "admin": EVERYWHERE},
        [("POST", "/leads/{lead}/unmerge", {})],
    ),
    (
        "look at a lead again that was not valid",
        {"manager": TEAM, "office": ALL},
        [("POST", "/leads/{lead}/reopen", {})],
    ),
    (
        "look at an opportunity",
        ENQUIRE | LOOK,
        [
            ("GET", "/opportunities/{opportunity}", None),
            ("GET", "/opportunities/{opportunity}/opportunity.pdf", None),
            ("GET", "/opportunities/{opportunity}/appointments", None),
            ("GET", "/opportunities/{opportunity}/contact-attempts", None),
            ("GET", "/opportunities/{opportunity}/question-sets", None),
        ],
    ),
    (
        "work an opportunity",
        WORK,
        [
            ("PATCH", "/opportunities/{opportunity}", {"description": "x"}),
            (
                "POST",
                "/opportunities/{opportunity}/contact-attempts",
                {"channel": "phone", "direction": "outbound", "outcome": "other"},
            ),
            ("POST", "/opportunities/{opportunity}/stage", {"stage": "contacted"}),
            ("POST", "/opportunities/{opportunity}/convert", {}),
            ("POST", "/opportunities/{opportunity}/lose", LOSE),
        ],
    ),
    (
        "say against the answers that it qualifies, and open it again",
        {"manager": TEAM, "office": ALL},
        [
            ("POST", "/opportunities/{opportunity}/qualification", {"qualified": True, "reason": "I know them"}),
            ("POST", "/opportunities/{opportunity}/reopen", {}),
        ],
    ),
    (
        "make an appointment",
        ENQUIRE,
        [
            (
                "POST",
                "/opportunities/{opportunity}/appointments",
                {"type": "sales_call", "starts_at": "2199-01-01T10:00:00Z", "duration_min": 30},
            )
        ],
    ),
    (
        "change an appointment and say what came of it",
        ENQUIRE,
        [
            ("PATCH", "/opportunities/appointments/{appointment}", {"note": "Ring twice"}),
            *(
                ("POST", f"/opportunities/appointments/{{appointment}}/{act}", {})
                for act in ("confirm", "en-route", "on-site")
            ),
            ("POST", "/opportunities/appointments/{appointment}/reschedule", {"starts_at": "2198-02-01T10:00:00Z"}),
            *(
                ("POST", f"/opportunities/appointments/{{appointment}}/{act}", {})
                for act in ("complete", "no-show", "cancel")
            ),
        ],
    ),
    (
        "send an opportunity on paper",
        ENQUIRE,
        [("POST", "/opportunities/{opportunity}/mail", {"to": ["colleague@example.com"]})],
    ),
    (
        "assign an opportunity",
        {"csr": ALL, "manager": TEAM, "office": ALL, "admin": EVERYWHERE},
        [("POST", "/opportunities/{opportunity}/assign", {"salesperson_id": str(CAST[OWNER][0])})],
    ),
    (
        "look at an accepted estimate",
        ENQUIRE | LOOK | {"operations": ALL},
        [
            ("GET", "/estimates/{estimate}", None),
            ("GET", "/estimates/{estimate}/versions", None),
            ("GET", "/estimates/{estimate}/estimate.pdf", None),
        ],
    ),
    ("look at an open estimate", ENQUIRE | LOOK | {"operations": NOT_THIS}, [("GET", "/estimates/{open}", None)]),
    (
        "price, revise and send an estimate",
        SELL,
        [
            ("POST", "/estimates/{open}/rounds", {"side": "customer", "kind": "note", "note": "x"}),
            ("POST", "/estimates/{open}/select", {}),
            ("POST", "/estimates/{open}/submit", {}),
            ("PUT", "/estimates/{open}/draft", DRAFT),
            ("POST", "/estimates/{open}/send", {"to": ["a@example.com"]}),
            ("POST", "/estimates/{open}/links", {"to": ["a@example.com"]}),
            ("POST", "/estimates/{estimate}/revise", {"reason": "x"}),
            ("POST", "/estimates/{estimate}/withdraw", {}),
            ("POST", "/estimates/{estimate}/extend", {"valid_until": "2198-01-01"}),
            ("PATCH", "/estimates/{estimate}", {}),
        ],
    ),
    (
        "approve a price",
        {"manager": TEAM},
        [("POST", "/estimates/{open}/approve", {}), ("POST", "/estimates/{open}/refuse", {"reason": "x"})],
    ),
    (
        "record what the customer decided",
        ENQUIRE,
        [("POST", "/estimates/{estimate}/accept", YES), ("POST", "/estimates/{estimate}/decline", {"reason": "price"})],
    ),
    (
        "look at customers, jobs and orders",
        KNOW,
        [
            ("GET", "/bookings/customers/{customer}", None),
            ("GET", "/bookings/jobs/{job}", None),
            ("GET", "/bookings/{booking}", None),
            ("GET", "/bookings/{booking}/booking.pdf", None),
            ("GET", "/bookings/sales/{sale}", None),
        ],
    ),
    (
        "keep customers and jobs",
        {"office": ALL},
        [
            ("PATCH", "/bookings/customers/{customer}", {"name": "A Customer"}),
            ("POST", "/bookings/jobs/{job}/rename", {"name": "The job"}),
            ("PATCH", "/bookings/jobs/{job}", {"type": "installation"}),
            ("POST", "/bookings/jobs/{job}/close", {}),
        ],
    ),
    (
        "prepare an order and hand it over",
        PREPARE,
        [
            ("POST", "/bookings/{booking}/ready", {}),
            ("POST", "/bookings/{booking}/hold", {"reason": "permit"}),
            ("POST", "/bookings/{booking}/release", {}),
            ("POST", "/bookings/{booking}/assign-to-operation", {"team_id": str(OPERATIONS)}),
            ("POST", "/bookings/sales/{sale}/retry", {}),
        ],
    ),
    (
        "do the work",
        {"operations": ALL},
        [
            ("POST", "/bookings/{booking}/accept", {}),
            ("POST", "/bookings/{booking}/return", {"reason": "x"}),
            ("POST", "/bookings/{booking}/start", {}),
            ("POST", "/bookings/{booking}/complete", {}),
            ("POST", "/bookings/{booking}/change-orders/{sale}/acknowledge", {}),
        ],
    ),
    (
        "pass the work on",
        PREPARE | {"operations": ALL},
        [("POST", "/bookings/{booking}/reassign", {"team_id": str(OPERATIONS)})],
    ),
    (
        "schedule, order and send the work on paper",
        PREPARE | {"operations": ALL},
        [
            ("PATCH", "/bookings/{booking}", {}),
            ("POST", "/bookings/{booking}/mail", {"to": ["crew@example.com"]}),
        ],
    ),
    (
        "cancel",
        PREPARE,
        [
            ("POST", "/bookings/sales/{sale}/undo", {"reason": "x"}),
            ("POST", "/bookings/{booking}/cancel", {"reason": "x"}),
        ],
    ),
    (
        "run it",
        {"admin": EVERYWHERE},
        [
            ("PUT", f"/{name}/settings", {})
            for name in ("leads", "opportunities", "estimates", "bookings", "notifications")
        ],
    ),
]
#: what stands in a route's path → which record of this funnel
PLACES = {
    "lead_id": "{lead}",
    "opportunity_id": "{opportunity}",
    "appointment_id": "{appointment}",
    "estimate_id": "{estimate}",
    "revision": "1",
    "booking_id": "{booking}",
    "customer_id": "{customer}",
    "job_id": "{job}",
    "acceptance_id": "{sale}",
}
#: acts on a record that are tried elsewhere, as they need another record beside it
ELSEWHERE = {
    "POST /leads/{lead}/merge": "test_lead_duplicates.py: another lead",
    "POST /opportunities/{opportunity}/answers": "test_opportunity_permissions.py: a question set",
    "POST /bookings/{booking}/change-orders": "test_bookings_change_orders.py: another acceptance",
}
LISTS = {
    "/leads": "lead",
    "/opportunities": "opportunity",
    "/opportunities/appointments": "appointment",
    "/estimates": "estimate",
    "/bookings": "booking",
    "/bookings/customers": "customer",
    "/bookings/jobs": "job",
}  #: a list → the record of this funnel that is in it
