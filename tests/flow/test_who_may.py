"""Who may do what to the records of a real funnel: the table people were promised, held against every role.

Allowed is done or 409, not allowed is 403, out of one's scope is 404; and a list never shows what a look refuses.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest

import services
from embedded import described
from embedded.testing import AWAY, CAST, OPERATIONS, Caller
from libs.common.auth import Role, Scope, reach
from tests.flow.funnel import API, Funnel
from tests.service.some_files import JPEG

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
    "POST /leads/{lead}/merge": "test_leads.py: another lead",
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


class Records(dict[str, str]):
    """One of each, all the salesperson's, at home; and a second, open estimate."""

    def __init__(self, funnel: Funnel) -> None:
        mine = {"owner_id": str(CAST[OWNER][0])}
        opportunity = funnel.see(f"/opportunities/{funnel.opportunity(**mine)}")
        starts = {"type": "sales_call", "starts_at": "2198-01-01T10:00:00Z", "duration_min": 30}
        appointment = funnel.do("salesperson", f"/opportunities/{opportunity['id']}/appointments", starts)
        estimate = funnel.estimate(opportunity["id"])
        funnel.price(estimate)
        sent = funnel.do("salesperson", f"/estimates/{estimate}/send", {"to": ["customer@example.com"]})
        funnel.accept(sent["share_url"].rpartition("/")[2])
        booking = funnel.one(f"/bookings?opportunity_id={opportunity['id']}")
        super().__init__(
            lead=opportunity["lead_id"],
            opportunity=opportunity["id"],
            appointment=appointment["id"],
            estimate=estimate,
            option=sent["options"][0]["id"],
            open=funnel.estimate(),
            booking=booking["id"],
            customer=booking["customer_id"],
            job=booking["job_id"],
            sale=booking["acceptance_ids"][0],
        )


def somebody(funnel: Funnel, name: str) -> Caller:
    if name in CAST:
        return funnel.as_(name)
    role, _ = PEOPLE[name]
    return Caller(funnel.bench, funnel.bench.system.signer.issue(uuid4(), name=name, roles=[role], branch=AWAY))


def expected(scope: str | None, name: str) -> str:
    if scope is None:
        return "refused"
    at_home = PEOPLE[name][1]
    reached = {OWN: name == OWNER, TEAM: name == LEADER, ALL: at_home, EVERYWHERE: True, NOT_THIS: False}[scope]
    return "done" if reached else "not found"


def verdict(funnel: Funnel, name: str, act: Act, records: Records) -> str:
    method, path, body = act
    caller, where = somebody(funnel, name), API + path.format(**records)
    headers = {"If-Match": "*"} if method in ("PUT", "PATCH") else {}
    if body is FILE:
        answer = caller.call(method, where, data={"file": (BytesIO(JPEG), "boiler.jpg")})
    else:
        answer = caller.call(method, where, json=body, headers=headers)
    if answer.status_code == 422 and method == "POST" and "accept" in path:
        return "done"  # it came to the option that there is not
    known = {200: "done", 201: "done", 409: "done", 403: "refused", 404: "not found"}
    return known.get(answer.status_code, f"{answer.status_code} {answer.data[:300]!r}")


def test_each_may_do_what_the_table_says_and_nothing_else(funnel: Funnel) -> None:
    records = Records(funnel)
    wrong = [
        f"{name}: {act[0]} {act[1]} is {found}, should be {wanted}"
        for _, who, acts in TABLE
        for act in acts
        for name, (role, _) in PEOPLE.items()
        if (wanted := expected(who.get(role), name)) != (found := verdict(funnel, name, act, records))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_act_on_a_record_has_its_row() -> None:
    rows = {f"{method} {path}" for _, _, acts in TABLE for method, path, _ in acts}
    rows = {row.replace("{open}", "{estimate}") for row in rows}
    acts = {
        f"{method} {_named(path)}"
        for service in ("leads", "opportunities", "estimates", "bookings")
        for method, path, _, _ in described.of(services.spec(service))
        if method != "GET" and (names := re.findall(r"<(\w+)>", path)) and set(names) <= PLACES.keys()
    }
    assert acts - rows == ELSEWHERE.keys()


def _named(path: str) -> str:
    """A route's path with the funnel's records in it."""
    return re.sub(r"<(\w+)>", lambda it: PLACES[it[1]], path.removeprefix(API))


def looks() -> Iterator[tuple[str, str]]:
    """Every GET of a record, or of what is of it, by the names of a funnel's records: its path, and who may."""
    for service in ("leads", "opportunities", "estimates", "bookings"):
        for method, path, who, _ in described.of(services.spec(service)):
            names = re.findall(r"<(\w+)>", path)
            if method == "GET" and names and set(names) <= PLACES.keys():
                asked = "?option={option}" if path.endswith("/totals") else ""
                yield _named(path) + asked, who


def test_whatever_is_of_a_record_is_for_whoever_may_look_at_it_and_for_nobody_else(funnel: Funnel) -> None:
    """Paper, calendar files, versions, rounds, links, attempts, questions, steps: by the route's own permission."""
    records, wrong, seen = Records(funnel), [], set()
    for path, who in looks():
        permissions = tuple(re.findall(r"[a-z_]+\.[a-z_]+", who))
        seen.add(path)
        for name, (role, at_home) in PEOPLE.items():
            scope, everywhere = reach(frozenset({Role(role)}), permissions)
            reached = {None: False, Scope.OWN: name == OWNER, Scope.TEAM: name == LEADER, Scope.ALL: at_home}[scope]
            wanted = "refused" if scope is None else "done" if reached or everywhere else "not found"
            if wanted != (found := verdict(funnel, name, ("GET", path, None), records)):
                wrong.append(f"{name}: {path} is {found}, should be {wanted}")
    assert not wrong, "\n".join(wrong)
    for told in ("opportunity.pdf", "appointment.ics", "estimate.pdf", "links", "rounds", "booking.pdf", "attempts"):
        assert any(path.endswith(told) for path in seen), told


def test_a_list_shows_what_a_look_allows_and_no_more(funnel: Funnel) -> None:
    records = Records(funnel)
    for name, (path, one) in ((name, listed) for name in PEOPLE for listed in LISTS.items()):
        caller = somebody(funnel, name)
        listed, looked = caller.get(f"{API}{path}?limit=200"), caller.get(f"{API}{path}/{records[one]}")
        if looked.status_code == 403:
            assert listed.status_code == 403, (name, path)
            continue
        ids = [record["id"] for record in listed.get_json()["items"]]
        assert (records[one] in ids) == (looked.status_code == 200), (name, path, looked.status_code)
        assert all(caller.get(f"{API}{path}/{ident}").status_code == 200 for ident in ids), (name, path)


@pytest.mark.parametrize(
    ("giver", "to", "status"),
    [
        ("csr", "salesperson", 201),
        ("manager", "colleague", 201),
        ("technician", "salesperson", 201),
        ("technician", "csr", 201),
        ("technician", "manager", 403),
        ("technician", "operations", 403),
        ("salesperson", "salesperson", 201),
        ("salesperson", "colleague", 403),
        ("marketing", "salesperson", 403),
    ],
)
def test_an_enquiry_is_given_only_to_whom_its_giver_may_assign(
    funnel: Funnel, giver: str, to: str, status: int
) -> None:
    body = {"channel": "phone", "person_name": "A Prospect", "owner_id": str(CAST[to][0])}

    assert funnel.as_(giver).post(f"{API}/leads", body).status_code == status
