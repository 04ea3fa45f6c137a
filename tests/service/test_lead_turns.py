"""An enquiry that comes with nobody's name is given by the branch's rule: in turn, by load, to who is right (R11)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

import services
from embedded.testing import AWAY, CAST, HOME, SALES, Bench
from libs.common.contracts.leads import LeadAssigned
from libs.common.contracts.opportunities import OpportunityOpened, OpportunityWon
from libs.common.contracts.parts import Prospect
from libs.common.contracts.staff import Person, PersonChanged

LEADS, OPPORTUNITIES = "/api/v1/leads", "/api/v1/opportunities"
NAMES = {str(ident): name for name, (ident, *_) in CAST.items()}


@pytest.fixture
def leads(bench: Callable[..., Bench]) -> Bench:
    return bench("leads")


def rule(leads: Bench, by: str, *among: str) -> None:
    body = {"assign_by": by, "assign_among": list(among)}
    path = f"{LEADS}/settings?branch={HOME}"
    assert leads.as_("admin").edit("PUT", path, body, read=path).status_code == 200


def seller(leads: Bench, name: str, **more: Any) -> None:
    ident, role, branch, _ = CAST[name]
    record = {"name": name, "email": f"{name}@test.example", "roles": (role,), "branch": branch, "team_ids": (SALES,)}
    leads.tell(PersonChanged(subject=ident, person=Person(**(record | more))), by="staff")


def given_to(leads: Bench, by: str = "csr", **more: Any) -> str | None:
    said = {"channel": "web", "person_name": "Ada Byron", "phones": ["615-555-0100"], "branch": str(HOME)}
    answer = leads.as_(by).post(LEADS, said | more)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return NAMES.get(answer.get_json()["owner_id"])


def test_without_a_rule_it_waits_for_somebody_to_give_it(leads: Bench) -> None:
    assert given_to(leads) is None


def test_each_seller_of_the_branch_gets_one_in_turn_and_is_told(leads: Bench) -> None:
    rule(leads, "round_robin")
    assert [given_to(leads) for _ in range(4)] == ["salesperson", "colleague", "salesperson", "colleague"]
    assert len(leads.told("leads", LeadAssigned)) == 4
    assert given_to(leads, owner_id=str(CAST["salesperson"][0])) == "salesperson", "who is named gets it"
    assert given_to(leads, branch=str(AWAY)) is None, "the rule is this branch's"
    assert given_to(leads, by="salesperson") is None, "who sells takes in their own"
    assert given_to(leads, by="salesperson", owner_id=str(CAST["salesperson"][0])) == "salesperson"
    assert given_to(leads, by="marketing") == "salesperson", "who may give it to nobody has it given by the rule, too"


def test_whoever_works_the_fewest_gets_the_next(leads: Bench) -> None:
    for _ in range(3):
        given_to(leads, owner_id=str(CAST["salesperson"][0]))
    rule(leads, "load")
    assert [given_to(leads) for _ in range(4)] == ["colleague", "colleague", "colleague", "salesperson"]
    for one in leads.as_("csr").items(f"{LEADS}?owner={CAST['salesperson'][0]}")[:2]:
        leads.as_("csr").post(f"{LEADS}/{one['id']}/invalidate", {"reason": "spam"})
    assert given_to(leads) == "salesperson", "two against three: what is not valid is no work"


def test_what_was_lost_or_is_sold_by_somebody_else_is_no_work_of_its_owners(bench: Callable[..., Bench]) -> None:
    """Who came last year would get no enquiry until the newcomer had lost as many."""
    both = bench("leads", "opportunities")

    def worked(owner: str) -> str:
        said = {"channel": "web", "person_name": "Ada Byron", "phones": ["615-555-0100"], "request": "A heat pump"}
        lead = both.as_("csr").post(LEADS, {**said, "owner_id": str(CAST[owner][0])}).get_json()["id"]
        assert both.as_("csr").post(f"{LEADS}/{lead}/validate").status_code == 200
        both.settle()
        [opened] = both.as_("csr").items(f"{OPPORTUNITIES}?lead_id={lead}")
        return str(opened["id"])

    rule(both, "load")
    mine = [worked("salesperson") for _ in range(3)]
    worked("colleague")
    assert given_to(both) == "colleague", "one against three"

    for one in mine[:2]:
        assert both.as_("salesperson").post(f"{OPPORTUNITIES}/{one}/lose", {"reason": "price"}).status_code == 200
    both.settle(deliver_twice=True)
    assert given_to(both) == "salesperson", "two against one, as two are lost"

    given = {"salesperson_id": str(CAST["colleague"][0])}
    assert both.as_("manager").post(f"{OPPORTUNITIES}/{mine[2]}/assign", given).status_code == 200
    both.settle()
    assert [given_to(both), given_to(both)] == ["salesperson"] * 2, "one against three, as one is the colleague's now"

    for one in mine[:2]:
        assert both.as_("manager").post(f"{OPPORTUNITIES}/{one}/reopen").status_code == 200
    both.settle()
    assert [given_to(both), given_to(both)] == ["colleague"] * 2, "what is open again is work again: five against three"

    given_to(both, owner_id=str(CAST["salesperson"][0]))
    said = {"channel": "phone", "person_name": "Ada Byron", "phones": ["615-555-0100"], "request": "A heat pump"}
    wanted = {"prospect": said, "product_interest": "heat pump"}
    entered = [both.as_("csr").post(OPPORTUNITIES, wanted).get_json()["id"] for _ in range(2)]
    both.settle()
    sellers = [both.as_("csr").get(f"{OPPORTUNITIES}/{one}").get_json()["salesperson_id"] for one in entered]
    assert {NAMES[one] for one in sellers} == {"colleague", "salesperson"}, "six against five, and then six each"


def test_what_is_won_is_no_work_any_more_of_whoever_sold_it(leads: Bench) -> None:
    rule(leads, "load")
    ours = [(uuid4(), uuid4()), (uuid4(), uuid4())]
    about: dict[str, Any] = {"number": "O-1", "title": "x", "salesperson_id": CAST["salesperson"][0], "branch": HOME}
    asked: dict[str, Any] = {"door": "opportunity", "prospect": Prospect(channel="phone", person_name="Ada")}
    asked |= {"probability": 10, "product_interest": "y", "received_at": leads.clock()}
    sold: dict[str, Any] = {"total": Decimal(1), "currency": "USD", "won_at": leads.clock(), "estimate_id": uuid4()}
    for ident, lead in ours:
        opened = OpportunityOpened(subject=ident, lead_id=lead, stage="new", stage_type="open", **about, **asked)
        leads.tell(opened, by="opportunities")
    assert given_to(leads) == "colleague", "none against two"
    for ident, lead in ours:
        won = OpportunityWon(subject=ident, lead_id=lead, stage="won", stage_type="won", acceptance_id=uuid4(), **about,
                             **sold)  # fmt: skip
        leads.tell(won, by="opportunities")
    assert given_to(leads) == "salesperson", "none against one"


def test_nobody_who_is_away_or_has_left_gets_any(leads: Bench) -> None:
    rule(leads, "round_robin")
    now = leads.clock()
    seller(leads, "salesperson", absent_from=now - timedelta(days=1), absent_until=now + timedelta(days=1))
    assert [given_to(leads) for _ in range(2)] == ["colleague", "colleague"]
    leads.clock.forward(days=2)
    assert given_to(leads) == "salesperson"
    seller(leads, "salesperson", absent_from=leads.clock() + timedelta(hours=1))
    assert {given_to(leads) for _ in range(2)} == {"salesperson", "colleague"}, "who goes away later is still here"
    leads.clock.forward(hours=1)
    assert {given_to(leads) for _ in range(2)} == {"colleague"}
    seller(leads, "salesperson")
    seller(leads, "colleague", active=False)
    assert [given_to(leads) for _ in range(2)] == ["salesperson", "salesperson"]


def test_it_is_given_among_those_who_are_right_for_it_as_long_as_there_is_somebody(leads: Bench) -> None:
    seller(leads, "salesperson", territory=("37201",), skills=("hvac",))
    seller(leads, "colleague", territory=("37209",), skills=("plumbing", "Heat pump"))
    rule(leads, "round_robin", "territory", "trade", "product")

    def at(code: str) -> dict[str, Any]:
        return {"address": {"line1": "1 Main St", "postal_code": code}}

    assert [given_to(leads, **at("37201")) for _ in range(2)] == ["salesperson"] * 2
    assert [given_to(leads, trade="plumbing") for _ in range(2)] == ["colleague"] * 2
    assert given_to(leads, service_interest="heat pump") == "colleague"
    assert given_to(leads, trade="hvac", **at("37209")) == "colleague", "the first thing named counts first"
    assert given_to(leads, trade="roofing", **at("40202")) == "salesperson", "nobody is: whose turn it is"


@pytest.mark.parametrize(
    ("territory", "code"),
    [("37209", "37209-1234"), ("372", "37209"), ("K1A 0B1", "k1a0b1"), ("K1A", "K1A 0B1"), ("SW1A 1AA", "SW1A 1AA")],
)
def test_a_territory_is_said_in_whatever_way_its_country_writes_postal_codes(
    leads: Bench, territory: str, code: str
) -> None:
    """As the area is that a branch serves."""
    seller(leads, "salesperson", territory=("37201", "K1B", "SW9"))
    seller(leads, "colleague", territory=("99999", territory))
    rule(leads, "round_robin", "territory")
    there = {"address": {"line1": "1 Main St", "postal_code": code}}
    assert [given_to(leads, **there) for _ in range(2)] == ["colleague"] * 2


def test_what_is_entered_as_an_opportunity_with_nobodys_name_is_given_by_the_same_rule(
    bench: Callable[..., Bench],
) -> None:
    system = bench(*services.NAMES)
    rule(system, "round_robin")
    said = {"channel": "phone", "person_name": "Ada Byron", "phones": ["615-555-0100"], "request": "A heat pump"}
    wanted = {"prospect": said, "product_interest": "heat pump"}
    ours = [system.as_("csr").post("/api/v1/opportunities", wanted).get_json()["id"] for _ in range(2)]
    mine = {**wanted, "salesperson_id": str(CAST["salesperson"][0])}
    named = system.as_("csr").post("/api/v1/opportunities", mine).get_json()["id"]
    system.settle(deliver_twice=True)

    def whose(ident: str) -> str | None:
        return NAMES.get(system.as_("csr").get(f"/api/v1/opportunities/{ident}").get_json()["salesperson_id"])

    assert {whose(one) for one in ours} == {"salesperson", "colleague"}
    assert whose(named) == "salesperson"
    assert len(system.told("leads", LeadAssigned)) == 2
    told = system.as_("colleague").items("/api/v1/notifications")
    assert [one["kind"] for one in told] == ["lead_assigned"], "once, and not of the opportunity as well"
