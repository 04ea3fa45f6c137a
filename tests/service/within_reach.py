"""Work is given to whoever will see it, by whoever it is theirs to give (R11 and the table of who may)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import AWAY, CAST, HOME, SALES, Bench, Caller
from libs.common.contracts.leads import LeadAssigned
from libs.common.contracts.staff import Person, PersonChanged
from tests.service.opportunity_stories import OPPORTUNITIES, opened, prospect, seen

LEADS = "/api/v1/leads"
WHO = {"channel": "phone", "person_name": "Ada Byron", "phones": ["615-555-0100"], "request": "A heat pump"}
ME = CAST["salesperson"][0]
ELSEWHERE, EVERYWHERE = UUID(int=301), UUID(int=302)  #: a CSR who sells too, of the other branch and of none


def hired(bench: Bench) -> Bench:
    for ident, branch in ((ELSEWHERE, AWAY), (EVERYWHERE, None)):
        roles = ("csr", "office")
        person = Person(name="Far away", email=f"{ident}@test.example", roles=roles, branch=branch)
        bench.tell(PersonChanged(subject=ident, person=person), by="staff")
    return bench


def taken_in(bench: Bench, by: str = "csr", **more: Any) -> str:
    answer = bench.as_(by).post(LEADS, WHO | more)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.get_json()["id"])


def refused(answer: Any, pointer: str) -> None:
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.get_json()["errors"] == [
        {"pointer": pointer, "detail": "is somebody of another branch, who would not see it"}
    ]


class WithinReach:
    """A subclass brings ``alone``: one service by its name."""

    @pytest.fixture
    def leads(self, alone: Callable[[str], Bench]) -> Bench:
        return hired(alone("leads"))

    @pytest.fixture
    def desk(self, alone: Callable[[str], Bench]) -> Bench:
        return hired(alone("opportunities"))

    def test_an_enquiry_is_not_given_to_somebody_of_another_branch_who_would_not_see_it(self, leads: Bench) -> None:
        ident = taken_in(leads, owner_id=str(ME))
        csr = leads.as_("csr")
        refused(csr.post(f"{LEADS}/{ident}/assign", {"owner_id": str(ELSEWHERE)}), "/owner_id")
        refused(csr.post(LEADS, WHO | {"owner_id": str(ELSEWHERE)}), "/owner_id")
        refused(csr.post(f"{LEADS}/hand-over", {"from_id": str(ME), "owner_id": str(ELSEWHERE)}), "/owner_id")
        assert csr.get(f"{LEADS}/{ident}").get_json()["owner_id"] == str(ME)
        assert len(leads.told("leads", LeadAssigned)) == 1

        for to in (EVERYWHERE, CAST["stranger"][0]):  # of the whole company; and who sells sees their own anywhere
            assert csr.post(f"{LEADS}/{ident}/assign", {"owner_id": str(to)}).status_code == 200
        assert leads.as_("stranger").get(f"{LEADS}/{ident}").status_code == 200
        theirs = WHO | {"branch": str(AWAY), "owner_id": str(ELSEWHERE)}
        assert csr.post(LEADS, theirs).status_code == 201, "one of their own branch"

    def test_nor_is_an_opportunity(self, desk: Bench) -> None:
        ident, csr = opened(desk)["id"], desk.as_("csr")
        refused(csr.post(f"{OPPORTUNITIES}/{ident}/assign", {"salesperson_id": str(ELSEWHERE)}), "/salesperson_id")
        many = {"from_id": str(ME), "salesperson_id": str(ELSEWHERE)}
        refused(csr.post(f"{OPPORTUNITIES}/hand-over", many), "/salesperson_id")
        beside = desk.as_("salesperson").edit("PATCH", f"{OPPORTUNITIES}/{ident}", {"inside_rep_id": str(ELSEWHERE)})
        refused(beside, "/inside_rep_id")
        door = {"prospect": WHO, "product_interest": "Heat pump", "salesperson_id": str(ELSEWHERE)}
        refused(csr.post(OPPORTUNITIES, door), "/salesperson_id")
        assert seen(desk, ident)["salesperson_id"] == str(ME)
        assert csr.post(f"{OPPORTUNITIES}/{ident}/assign", {"salesperson_id": str(EVERYWHERE)}).status_code == 200

    def test_whose_turn_it_is_is_somebody_who_sees_it(self, leads: Bench) -> None:
        rule = {"assign_by": "round_robin", "assign_among": []}
        assert leads.as_("admin").edit("PUT", f"{LEADS}/settings", rule).status_code == 200
        given = [leads.as_("csr").get(f"{LEADS}/{taken_in(leads, branch=str(HOME))}").get_json() for _ in range(4)]
        assert {one["owner_id"] for one in given} == {str(ME), str(CAST["colleague"][0])}

    @pytest.mark.parametrize("where", ["salesperson_id", "owner_id"])
    @pytest.mark.parametrize(("who", "status"), [("salesperson", 403), ("csr", 201), ("manager", 201), ("office", 201)])
    def test_at_the_second_door_as_at_the_first_one_enters_for_oneself_unless_one_may_give(
        self, desk: Bench, who: str, status: int, where: str
    ) -> None:
        named = {"salesperson_id": str(CAST["colleague"][0])}
        body: dict[str, Any] = {"prospect": WHO, "product_interest": "Heat pump"}
        body |= named if where == "salesperson_id" else {"prospect": WHO | {"owner_id": named["salesperson_id"]}}
        assert desk.as_(who).post(OPPORTUNITIES, body).status_code == status

    def test_another_system_enters_for_nobody_or_whoever_gives_it_to_somebody_afterwards(self, desk: Bench) -> None:
        shop = Caller(desk, desk.system.signer.issue(uuid4(), name="web shop", roles=["service"]))
        body: dict[str, Any] = {"prospect": WHO, "product_interest": "Heat pump"}
        assert shop.post(OPPORTUNITIES, body | {"salesperson_id": str(ME)}).status_code == 403
        made = shop.post(OPPORTUNITIES, body)
        assert (made.status_code, made.get_json()["salesperson_id"]) == (201, None)

    def test_a_salesperson_enters_their_own_by_name_or_without(self, desk: Bench) -> None:
        for more in ({}, {"salesperson_id": str(ME)}):
            made = desk.as_("salesperson").post(OPPORTUNITIES, {"prospect": WHO, "product_interest": "Pump"} | more)
            assert (made.status_code, made.get_json()["salesperson_id"]) == (201, str(ME))

    def test_what_a_technician_handed_on_is_given_further_by_whoever_has_it(self, leads: Bench) -> None:
        technician, csr, seller = leads.as_("technician"), str(CAST["csr"][0]), str(ME)
        ident = taken_in(leads, "technician")
        path = f"{LEADS}/{ident}"
        assert "assign" in [one["action"] for one in technician.get(path).get_json()["allowed"]]
        given = technician.post(f"{path}/assign", {"owner_id": csr}).get_json()
        assert given["allowed"] == []

        assert technician.post(f"{path}/assign", {"owner_id": seller}).status_code == 404
        over = technician.post(f"{LEADS}/hand-over", {"from_id": csr, "owner_id": seller})
        assert over.get_json() == {"given": 0, "left": 0}
        assert technician.get(path).get_json()["owner_id"] == csr, "what becomes of it is seen all the same"
        assert [one["id"] for one in technician.items(LEADS)] == [ident]
        assert leads.as_("csr").post(f"{path}/assign", {"owner_id": seller}).status_code == 200

    def test_who_handed_an_enquiry_in_works_it_until_somebody_else_has_it(self, leads: Bench) -> None:
        ident = taken_in(leads, generated_by=str(ME))
        path, mine = f"{LEADS}/{ident}", leads.as_("salesperson")
        assert mine.edit("PATCH", path, {"source": "a neighbour"}).status_code == 200
        leads.as_("csr").post(f"{path}/assign", {"owner_id": str(CAST["colleague"][0])})

        assert mine.get(path).get_json()["allowed"] == []
        assert mine.edit("PATCH", path, {"source": "mine"}).status_code == 404
        assert mine.post(f"{path}/validate").status_code == 404
        assert leads.as_("colleague").post(f"{path}/validate").status_code == 200
        assert leads.as_("manager").get(path).get_json()["state"] == "valid", f"it is of the team {SALES}"

    def test_a_prospects_own_fields_may_be_required_at_the_second_door_as_at_the_first(self, desk: Bench) -> None:
        fields = ["person_name", "company", "phones", "emails", "interest_level", "source"]
        rules = {"gates": [{"stage": "new", "fields": fields}, {"stage": "converted", "fields": ["phones", "company"]}]}
        assert desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", rules).status_code == 200
        body = {"prospect": WHO, "product_interest": "Heat pump", "salesperson_id": str(ME)}
        said = desk.as_("csr").post(OPPORTUNITIES, body)
        assert said.status_code == 422
        wanted = {"/prospect/company", "/prospect/emails", "/prospect/interest_level", "/prospect/source"}
        assert {one["pointer"] for one in said.get_json()["errors"]} == wanted
        more = {"company": "Byron Ltd", "emails": ["ada@byron.example"], "interest_level": "high", "source": "web"}
        assert desk.as_("csr").post(OPPORTUNITIES, body | {"prospect": WHO | more}).status_code == 201

        ident = opened(desk, prospect=prospect(company=""))["id"]
        answer = desk.as_("salesperson").post(f"{OPPORTUNITIES}/{ident}/convert")
        assert (answer.status_code, [one["pointer"] for one in answer.get_json()["errors"]]) == (409, ["/company"])
