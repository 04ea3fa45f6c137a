"""Whatever the services can be asked to do, a person can do at a browser; what is not there stands here, and why."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

import services
from embedded import described
from embedded.testing import CAST, HOME, OPERATIONS, SALES, Bench
from libs.common.auth import RULES, Role
from services.console.api.acts import EVERY, Act
from tests.flow.funnel import Funnel
from tests.service.console_reader import Page, Reader

ACTING = ("POST", "PUT", "PATCH")

#: calls of no act: a page of its own asks them, because a form of fields cannot be good there
BY_A_PAGE = {
    "POST /leads": "POST /new",
    "POST /opportunities/<opportunity_id>/answers": "POST /opportunities/<opportunity_id>/answers",
    "POST /staff/sessions": "POST /sign-in",
    "POST /staff/sessions/end": "POST /sign-out",
    "PUT /notifications/preferences": "POST /notifications/preferences",
    "PUT /estimates/<estimate_id>/draft": "POST /estimates/<estimate_id>/draft",
    "PUT /opportunities/question-sets/<key>": "POST /settings/questions/<key>",
    **{
        f"PUT /{name}/settings": "POST /settings/<topic>"
        for name in ("leads", "opportunities", "estimates", "bookings", "notifications")
    },
}
#: calls that are not in the console, and why
NOT_IN_THE_CONSOLE = {
    "POST /staff/sessions/renew": "the console asks it by itself while somebody is at work",
    "PUT /estimates/price-books": "for programs that know a book by its name; a person makes or edits one",
    **{
        f"POST /shared/<token>/{act}": "the customer's own page of the link does it"
        for act in ("accept", "decline", "request-changes", "viewed")
    },
}


def routes() -> Iterator[tuple[str, str]]:
    """Every call that changes something, and who may."""
    for name in services.NAMES:
        for method, path, who, _ in described.of(services.spec(name)):
            if method in ACTING:
                yield f"{method} {path.removeprefix('/api/v1')}", who


def permissions(who: str) -> set[str]:
    return {one for one in re.findall(r"[a-z_]+\.[a-z_]+", who) if one in RULES}


@pytest.mark.parametrize("act", [one for one in EVERY.values() if one.fields], ids=lambda one: one.key)
def test_no_two_fields_of_a_form_are_called_alike(act: Act) -> None:
    labels = [one.label for one in act.fields if one.kind != "hidden"]
    assert sorted(labels) == sorted(set(labels))


def test_every_call_that_changes_something_has_its_place() -> None:
    acts = {act.call for act in EVERY.values()}
    placed = {*acts, *BY_A_PAGE, *NOT_IN_THE_CONSOLE}
    nowhere = [call for call, _ in routes() if call not in placed]
    assert not nowhere, "give it an act or a page, or say here why it has none"


def test_nothing_is_excused_that_is_there_or_has_gone() -> None:
    calls, acts = {call for call, _ in routes()}, {act.call for act in EVERY.values()}
    pages = {f"{method} {path}" for method, path, _, _ in described.pages(services.spec("console"))}
    excused = {*BY_A_PAGE, *NOT_IN_THE_CONSOLE}
    assert excused <= calls
    assert not excused & acts
    assert set(BY_A_PAGE.values()) <= pages


def test_an_act_calls_what_there_is_and_is_for_whom_it_is_for() -> None:
    who = dict(routes())
    for act in EVERY.values():
        assert act.call in who, f"{act.key} calls what nobody answers"
        mine = {act.may} if isinstance(act.may, str) else set(act.may)
        asked = permissions(who[act.call])
        assert mine & RULES.keys() <= asked or not asked, f"{act.key} is for {mine}, its route for {asked}"


# -- and it is offered: whatever a record allows somebody stands on its page, in every state of a funnel


#: a record by its API path: the page that it is on, where that is another, and what of its id the page needs
PAGE_OF = {
    "/leads/<lead_id>": "/leads/{id}",
    "/opportunities/<opportunity_id>": "/opportunities/{id}",
    "/opportunities/appointments/<appointment_id>": "/opportunities/{opportunity_id}",
    "/estimates/<estimate_id>": "/estimates/{id}",
    "/bookings/<booking_id>": "/bookings/{id}",
    "/bookings/sales/<acceptance_id>": "/bookings/{booking_id}",
    "/bookings/jobs/<job_id>": "/jobs/{id}",
}
#: actions of a record that a page may offer by a form of its own
OTHERWISE = {
    ("/estimates/<estimate_id>", "edit"): "/estimates/{id}/draft",
    ("/estimates/<estimate_id>", "send"): "/estimates/{id}/draft",
    ("/opportunities/<opportunity_id>", "answer"): "/opportunities/{id}/answers",
}
#: actions that change nothing where this is so of the record
NO_NEED = {("/estimates/<estimate_id>", "select"): "selected"}
#: acts of no record's state that wait for something to be done
NOW_AND_THEN = {
    "job.make": "only where a sale has left its job to the office",
    "tax.put": "only where there is a tax code to change",
}


PEOPLE = [name for name in CAST if name not in ("colleague", "stranger")]


def acts_for(record: str, action: str) -> list[Act]:
    return [one for one in EVERY.values() if one.action == action and one.path.startswith(record)]


def offered(page: Page, act: Act, ident: str) -> bool:
    """As a form, a link to its form, or blocked with its reasons."""
    form = f"/do/{act.key}/{ident}"
    there = any(where == form or where.startswith(f"{form}/") for where in page.offered)
    return there or f'data-why="{act.key.replace(".", "-")}-{ident[-6:]}' in page.html


def wrong(funnel: Funnel, record: str, ident: str, name: str) -> Iterator[str]:
    """What the record allows this person and its page does not offer, and what that offers and is not allowed."""
    whole = re.sub("<.*>", ident, record)
    answer = funnel.bench.as_(name).get(f"/api/v1{whole}")
    if answer.status_code != 200:
        return
    found: dict[str, Any] = answer.get_json()
    page = Reader(funnel.bench, name).open(PAGE_OF[record].format_map(found))
    allowed = {whole: {one["action"] for one in found["allowed"]}}
    for action in allowed[whole]:
        acts, own = acts_for(record, action), OTHERWISE.get((record, action), "").format_map(found)
        needless = found.get(NO_NEED.get((record, action), ""), False)
        if not needless and own not in page.offered and not any(offered(page, act, ident) for act in acts):
            yield f"{name} is not offered: {record} {action} ({', '.join(one.key for one in acts) or 'no act'})"
    for _, _, key, *idents in (where.split("/") for where in page.offered if where.startswith("/do/")):
        act = EVERY[key]
        of = re.sub("<.*?>", idents[0], act.path[: act.path.index(">") + 1]) if act.action else ""
        if of and of not in allowed:
            allowed[of] = allowed_of(funnel, name, of)
        if act.action not in allowed[of] if act.action else not _may(CAST[name][1], act):
            yield f"{name} is offered: {key} of {of or 'anything'}"


def allowed_of(funnel: Funnel, name: str, path: str) -> set[str]:
    answer = funnel.bench.as_(name).get(f"/api/v1{path}")
    return {one["action"] for one in answer.get_json()["allowed"]} if answer.status_code == 200 else set()


def check(funnel: Funnel, *records: tuple[str, str]) -> None:
    found = [text for record, ident in records for name in PEOPLE for text in wrong(funnel, record, ident, name)]
    assert not found, "\n".join(found)


@pytest.fixture
def funnel(bench: Callable[..., Bench]) -> Funnel:
    return Funnel(bench(*services.NAMES))


LEAD, OPPORTUNITY, VISIT, ESTIMATE, BOOKING, SALE, JOB = PAGE_OF


def test_whatever_an_enquiry_allows_somebody_is_on_its_page(funnel: Funnel) -> None:
    lead = funnel.lead()["id"]
    check(funnel, (LEAD, lead))
    funnel.do("csr", f"/leads/{lead}/invalidate", {"reason": "spam"})
    check(funnel, (LEAD, lead))


def test_whatever_an_opportunity_and_its_visits_allow_somebody_is_on_their_page(funnel: Funnel) -> None:
    asked = {"name": "Who decides", "kind": "profile", "questions": [{"key": "who", "text": "Who?", "type": "text"}]}
    made_set = funnel.as_("admin").call("PUT", "/api/v1/opportunities/question-sets/who", json=asked)
    assert made_set.status_code == 201
    opportunity = funnel.opportunity()
    visit = {"type": "sales_call", "starts_at": (funnel.bench.clock() + timedelta(days=1)).isoformat()}
    made = funnel.do("salesperson", f"/opportunities/{opportunity}/appointments", visit)["id"]
    check(funnel, (OPPORTUNITY, opportunity), (VISIT, made))
    funnel.do("salesperson", f"/opportunities/{opportunity}/lose", {"reason": "price"})
    check(funnel, (OPPORTUNITY, opportunity))


def test_whatever_an_estimate_allows_somebody_is_on_its_page(funnel: Funnel) -> None:
    estimate = funnel.estimate()
    funnel.price(estimate)
    check(funnel, (ESTIMATE, estimate))
    funnel.price(estimate, discount={"percent": "40"})
    funnel.do("salesperson", f"/estimates/{estimate}/submit", {"note": "or they go elsewhere"})
    check(funnel, (ESTIMATE, estimate))
    funnel.do("manager", f"/estimates/{estimate}/approve")
    check(funnel, (ESTIMATE, estimate))
    funnel.do("salesperson", f"/estimates/{estimate}/send", {"to": ["customer@example.com"]})
    check(funnel, (ESTIMATE, estimate))


def test_whatever_a_booking_allows_somebody_is_on_its_page(funnel: Funnel) -> None:
    found = funnel.booked()
    booking, [sale], job = found["id"], found["acceptance_ids"], found["job_id"]
    every = ((BOOKING, booking), (SALE, sale), (JOB, job))
    check(funnel, *every)
    funnel.ready(booking)
    for who, act, more in (
        ("office", "hold", {"reason": "permit"}),
        ("office", "release", {}),
        ("manager", "assign-to-operation", {"team_id": str(OPERATIONS)}),
        ("operations", "return", {"reason": "no crane before June"}),
        ("office", "ready", {}),
        ("manager", "assign-to-operation", {"team_id": str(OPERATIONS)}),
        ("operations", "accept", {}),
        ("operations", "start", {}),
        ("operations", "complete", {}),
    ):
        funnel.do(who, f"/bookings/{booking}/{act}", more)
        check(funnel, *every)


def test_what_is_for_whoever_may_is_offered_where_it_belongs(funnel: Funnel) -> None:
    """Acts of no record's state, on the lists and pages of settings."""
    wrong = []
    for name, (ident, role, _, _) in CAST.items():
        if name in ("colleague", "stranger"):
            continue
        pages: dict[str, Page] = {}
        for act in EVERY.values():
            where = act.shown.replace("<person_id>", str(ident)).replace("<branch_id>", str(HOME))
            where = where.replace("<team_id>", str(SALES))
            if act.action or act.key in NOW_AND_THEN or "<" in where or not _may(role, act):
                continue
            page = pages.setdefault(where, Reader(funnel.bench, name).open(where))
            if page.status == 200 and not any(one.startswith(f"/do/{act.key}") for one in page.offered):
                wrong.append(f"{name}: {act.key} at {where}")
    assert not wrong, "\n".join(["may, but is not offered it:", *wrong])


def _may(role: str, act: Act) -> bool:
    mine = (act.may,) if isinstance(act.may, str) else act.may
    return any(Role(role) in RULES[one] for one in mine if one in RULES)
