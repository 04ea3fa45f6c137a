"""Who may do what to the records of a real funnel: the table people were promised, held against every role.

Allowed is done or 409, not allowed is 403, out of one's scope is 404; and a list never shows what a look refuses.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from uuid import uuid4

import pytest

import services
from embedded import described
from embedded.testing import AWAY, CAST, Caller
from libs.common.auth import Role, Scope, reach
from tests.flow.funnel import API, Funnel
from tests.flow.promised import (
    ALL,
    ELSEWHERE,
    EVERYWHERE,
    FILE,
    LEADER,
    LISTS,
    NOT_THIS,
    OWN,
    OWNER,
    PEOPLE,
    PLACES,
    TABLE,
    TEAM,
    Act,
)
from tests.service.some_files import JPEG


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
