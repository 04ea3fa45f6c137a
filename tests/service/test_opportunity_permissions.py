"""Who may do what with opportunities: every route against every role, for one's own, the team's and others'."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import AWAY, CAST, Bench
from services.opportunities.api import BLUEPRINTS
from tests.service.opportunity_stories import OPPORTUNITIES as O
from tests.service.opportunity_stories import call_at, done, opened, prospect

READ = {"csr", "salesperson", "colleague", "stranger", "manager", "office", "admin", "auditor"}
SELLING = {"salesperson", "colleague", "stranger", "manager", "office"}
MAY: dict[tuple[str, str], set[str]] = {
    ("POST", O): SELLING | {"csr"},
    ("GET", O): READ,
    ("GET", f"{O}/stages"): READ,
    ("GET", f"{O}/lost-reasons"): READ,
    ("GET", f"{O}/financing-activities"): READ,
    ("GET", f"{O}/<id>"): READ,
    ("GET", f"{O}/<id>/opportunity.pdf"): READ,
    ("POST", f"{O}/<id>/mail"): SELLING | {"csr"},
    ("PATCH", f"{O}/<id>"): SELLING,
    ("POST", f"{O}/<id>/assign"): {"csr", "manager", "office", "admin"},
    ("POST", f"{O}/hand-over"): {"csr", "manager", "office", "admin"},
    ("POST", f"{O}/<id>/contact-attempts"): SELLING,
    ("GET", f"{O}/<id>/contact-attempts"): READ,
    ("POST", f"{O}/<id>/stage"): SELLING,
    ("POST", f"{O}/<id>/convert"): SELLING,
    ("POST", f"{O}/<id>/lose"): SELLING,
    ("POST", f"{O}/<id>/reopen"): {"manager", "office"},
    ("POST", f"{O}/<id>/qualification"): {"manager", "office"},
    ("POST", f"{O}/<id>/answers"): SELLING,
    ("GET", f"{O}/<id>/files"): READ,
    ("POST", f"{O}/<id>/files"): SELLING | {"csr"},
    ("GET", f"{O}/<id>/files/<id>"): READ | {"operations"},  # of what a job shows
    ("POST", f"{O}/<id>/files/<id>/remove"): SELLING | {"csr"},
    ("GET", f"{O}/<id>/question-sets"): READ,
    ("GET", f"{O}/question-sets"): READ,
    ("GET", f"{O}/question-sets/<key>"): READ,
    ("PUT", f"{O}/question-sets/<key>"): {"admin"},
    ("POST", f"{O}/<id>/appointments"): SELLING | {"csr"},
    ("GET", f"{O}/<id>/appointments"): READ,
    ("GET", f"{O}/appointments"): READ,
    ("GET", f"{O}/appointments/<id>"): READ,
    ("GET", f"{O}/appointments/<id>/appointment.ics"): READ,
    ("PATCH", f"{O}/appointments/<id>"): SELLING | {"csr"},
    **{
        ("POST", f"{O}/appointments/<id>/{act}"): SELLING | {"csr"}
        for act in ("reschedule", "confirm", "en-route", "on-site", "complete", "no-show", "cancel")
    },
}


@pytest.fixture
def desk(bench: Callable[..., Bench]) -> Bench:
    return bench("opportunities")


def test_every_route_of_opportunities_is_in_this_table(desk: Bench) -> None:
    app, mine = desk.system.parts["opportunities"].app, {one.name for one in BLUEPRINTS}
    routes = {
        (method, re.sub("<uuid:(opportunity|appointment|file)_id>", "<id>", str(rule)))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in mine
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == set(MAY)


@pytest.mark.parametrize("who", CAST)
def test_a_role_may_what_its_row_of_the_table_says(desk: Bench, who: str) -> None:
    for (method, path), roles in sorted(MAY.items()):
        where = path.replace("<id>", str(uuid4())).replace("<key>", "none")
        json = None if method == "GET" else {}
        status = desk.as_(who).call(method, where, json=json, headers={"If-Match": "*"}).status_code
        assert (status == 403) == (who not in roles), (method, path, status)
        assert status in (200, 403, 404, 415, 422), (method, path, status)


@pytest.mark.parametrize("path", [path for method, path in MAY if method == "GET"])
def test_nobody_signed_out_sees_anything(desk: Bench, path: str) -> None:
    where = path.replace("<id>", str(uuid4())).replace("<key>", "none")
    assert desk.public.get(where).status_code == 401


#: whose it is → who sees it; the away one is another branch's
SEEN = {
    "salesperson": {"csr", "salesperson", "manager", "office", "admin", "auditor"},
    "colleague": {"csr", "colleague", "manager", "office", "admin", "auditor"},
    "stranger": {"stranger", "admin", "auditor"},
}


@pytest.mark.parametrize("whose", SEEN)
def test_a_record_is_there_for_whom_it_concerns_and_for_nobody_else(desk: Bench, whose: str) -> None:
    there: dict[str, Any] = {"branch": AWAY} if whose == "stranger" else {}
    found = opened_by_admin(desk, owner_id=CAST[whose][0], **there)
    made = done(desk, found["id"], "appointments", call_at("2026-12-01T15:00:00Z"), by=whose)

    for who in sorted(READ):
        caller, status = desk.as_(who), 200 if who in SEEN[whose] else 404
        assert caller.get(f"{O}/{found['id']}").status_code == status, who
        assert caller.get(f"{O}/{found['id']}/appointments").status_code == status, who
        assert caller.get(f"{O}/{found['id']}/question-sets").status_code == status, who
        assert caller.get(f"{O}/appointments/{made['id']}").status_code == status, who
        listed = [one["id"] for one in caller.items(O)]
        assert (found["id"] in listed) == (status == 200), who
    for who in sorted(SELLING - SEEN[whose]):
        acts = (f"{found['id']}/convert", f"{found['id']}/contact-attempts", f"appointments/{made['id']}/confirm")
        for act in acts:
            body = (
                {"channel": "phone", "direction": "inbound", "outcome": "reached"} if act.endswith("attempts") else {}
            )
            assert desk.as_(who).post(f"{O}/{act}", body).status_code == 404, (who, act)


def test_the_one_beside_it_works_it_too(desk: Bench) -> None:
    found = opened(desk)
    colleague = str(CAST["colleague"][0])
    assert desk.as_("colleague").get(f"{O}/{found['id']}").status_code == 404
    desk.as_("manager").edit("PATCH", f"{O}/{found['id']}", {"inside_rep_id": colleague})

    assert desk.as_("colleague").get(f"{O}/{found['id']}").status_code == 200
    assert done(desk, found["id"], "convert", by="colleague")["stage"] == "converted"


def test_what_may_be_done_is_shown_to_each_as_they_may_do_it(desk: Bench) -> None:
    found = opened(desk)

    def shown(who: str) -> set[str]:
        return {one["action"] for one in desk.as_(who).get(f"{O}/{found['id']}").get_json()["allowed"]}

    assert shown("salesperson") == {"edit", "contact", "appoint", "answer", "move", "convert", "lose", "file"}
    assert shown("csr") == {"assign", "appoint", "file"}
    assert shown("manager") == shown("salesperson") | {"assign", "override"}
    assert shown("admin") == {"assign"}
    assert shown("auditor") == set()
    done(desk, found["id"], "lose", {"reason": "price"})
    assert (shown("salesperson"), shown("manager")) == (set(), {"reopen"})


def opened_by_admin(desk: Bench, **more: Any) -> dict[str, Any]:
    """As ``opened``, for a branch that the CSR does not see."""
    from tests.service.opportunity_stories import validated

    lead = validated(prospect=prospect(), **more)
    desk.tell(lead, by="leads")
    [found] = desk.as_("admin").items(f"{O}?lead_id={lead.subject}")
    return found
