"""All that somebody works is given to somebody else in one act: for an absence, or when they leave (R11)."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

import services
from embedded.testing import AWAY, CAST, Bench, Caller
from libs.common.contracts.leads import LeadAssigned
from libs.common.contracts.opportunities import OpportunityAssigned
from tests.flow.funnel import Funnel
from tests.service.console_reader import Page, Reader
from tests.service.opportunity_stories import ME, OPPORTUNITIES, done, opened, seen

LEADS = "/api/v1/leads"
COLLEAGUE = CAST["colleague"][0]


def taken_in(bench: Bench, **more: Any) -> str:
    said = {"channel": "phone", "person_name": "Ada Byron", "phones": ["615-555-0100"], "request": "A heat pump"}
    return str(bench.as_("csr").post(LEADS, said | {"owner_id": str(ME)} | more).get_json()["id"])


def handed(bench: Bench, path: str, by: str = "csr", **body: Any) -> Any:
    return bench.as_(by).post(f"{path}/hand-over", {"from_id": str(ME)} | body)


def from_away(bench: Bench, path: str, to: str) -> Any:
    """What the office of another branch gives, of this one's, to a salesperson of its own."""
    office = Caller(bench, bench.system.signer.issue(uuid4(), roles=["office"], branch=AWAY))
    return office.post(f"{path}/hand-over", {"from_id": str(ME), to: str(CAST["stranger"][0])}).get_json()


def test_all_leads_of_somebody_that_are_not_over_are_given_and_each_is_told(bench: Callable[..., Bench]) -> None:
    leads = bench("leads")
    new, valid, over = (taken_in(leads) for _ in range(3))
    others = taken_in(leads, owner_id=str(CAST["office"][0]))
    assert leads.as_("csr").post(f"{LEADS}/{valid}/validate").status_code == 200
    assert leads.as_("csr").post(f"{LEADS}/{over}/invalidate", {"reason": "spam"}).status_code == 200

    answer = handed(leads, LEADS, owner_id=str(COLLEAGUE))

    assert (answer.status_code, answer.get_json()) == (200, {"given": 2, "left": 0})
    whose = {ident: leads.as_("csr").get(f"{LEADS}/{ident}").get_json()["owner_id"] for ident in (new, valid, over)}
    assert whose == {new: str(COLLEAGUE), valid: str(COLLEAGUE), over: str(ME)}
    assert leads.as_("csr").get(f"{LEADS}/{others}").get_json()["owner_id"] == str(CAST["office"][0])
    told = [one for one in leads.told("leads", LeadAssigned) if one.data.get("previous_owner_id")]
    assert {str(one.subject) for one in told} == {new, valid}
    assert handed(leads, LEADS, owner_id=str(COLLEAGUE)).get_json() == {"given": 0, "left": 0}


def test_only_what_one_may_give_is_given_and_only_to_whom_it_may_be(bench: Callable[..., Bench]) -> None:
    leads = bench("leads")
    ident = taken_in(leads)

    assert handed(leads, LEADS, by="salesperson", owner_id=str(COLLEAGUE)).status_code == 403
    [fault] = handed(leads, LEADS, owner_id=str(CAST["auditor"][0])).get_json()["errors"]
    assert fault["pointer"] == "/owner_id"
    elsewhere = leads.as_("csr").post(
        f"{LEADS}/hand-over", {"from_id": str(CAST["office"][0]), "owner_id": str(COLLEAGUE)}
    )
    assert elsewhere.get_json() == {"given": 0, "left": 0}
    assert from_away(leads, LEADS, "owner_id") == {"given": 0, "left": 0}
    assert handed(leads, LEADS, by="manager", owner_id=str(COLLEAGUE)).get_json() == {"given": 1, "left": 0}
    assert leads.as_("colleague").get(f"{LEADS}/{ident}").status_code == 200


def test_all_open_opportunities_of_somebody_are_given(bench: Callable[..., Bench]) -> None:
    desk = bench("opportunities")
    first, second, lost = (opened(desk)["id"] for _ in range(3))
    done(desk, lost, "lose", {"reason": "price"})
    assert from_away(desk, OPPORTUNITIES, "salesperson_id") == {"given": 0, "left": 0}

    answer = handed(desk, OPPORTUNITIES, by="manager", salesperson_id=str(COLLEAGUE), reason="away until May")

    assert answer.get_json() == {"given": 2, "left": 0}
    assert [seen(desk, ident)["salesperson_id"] for ident in (first, second, lost)] == [*[str(COLLEAGUE)] * 2, str(ME)]
    told = [one.data for one in desk.told("opportunities", OpportunityAssigned) if one.data.get("reason")]
    assert [one["reason"] for one in told] == ["away until May"] * 2
    [fault] = handed(desk, OPPORTUNITIES, salesperson_id=str(CAST["csr"][0])).get_json()["errors"]
    assert fault["pointer"] == "/salesperson_id"


@pytest.mark.parametrize(("page", "to"), [("/leads", "owner_id"), ("/board", "salesperson_id")])
def test_it_is_done_at_a_browser_and_says_how_many_it_were(bench: Callable[..., Bench], page: str, to: str) -> None:
    funnel = Funnel(bench(*services.NAMES))
    lead = funnel.lead(owner_id=str(ME))
    funnel.do("csr", f"/leads/{lead['id']}/validate")

    reader = Reader(funnel.bench, "office")
    reader.open(page)
    reader.follow("Hand over work")
    answer = reader.press("Hand over work", from_id=str(ME), **{to: str(COLLEAGUE)})
    assert "1 given" in answer.text
    funnel.settle()
    assert funnel.one(f"/opportunities?lead_id={lead['id']}")["salesperson_id"] == str(COLLEAGUE)
    assert "1 given" not in reader.open(page).text


def test_who_left_is_given_nothing_any_more_but_what_is_theirs_is_handed_over(bench: Callable[..., Bench]) -> None:
    office = bench(*services.NAMES)
    for name, role in (("June Pettibone", "salesperson"), ("Saul Everly", "salesperson"), ("Connector", "service")):
        said = {"name": name, "email": f"{name[:4].lower()}@test.example", "roles": [role]}
        person = office.as_("admin").post("/api/v1/staff/people", said).get_json()
        if name == "June Pettibone":
            office.as_("admin").post(f"/api/v1/staff/people/{person['id']}/deactivate")

    reader = Reader(office, "office")
    for act, to in (("lead.hand_over", "owner_id"), ("opportunity.hand_over", "salesperson_id")):
        page = reader.open(f"/do/{act}")
        assert (offered(page, "from_id"), offered(page, to)) == (["June Pettibone", "Saul Everly"], ["Saul Everly"])
    assert offered(reader.open("/do/opportunity.create"), "salesperson_id") == ["Saul Everly"]
    assert offered(reader.open("/leads"), "owner") == ["June Pettibone", "Saul Everly"]


def offered(page: Page, name: str) -> list[str]:
    """Who can be chosen there, but for nobody or anybody."""
    [choices] = re.findall(rf'name="{name}".*?</select>', page.html, re.DOTALL)
    return [said for value, said in re.findall(r'<option value="(.*?)".*?>(.*?)</option>', choices) if value]
