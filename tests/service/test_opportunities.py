"""How an opportunity begins, through the HTTP door of the opportunities service alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from embedded.testing import AWAY, CAST, HOME, Bench
from libs.common.contracts.leads import LeadAssigned, LeadChanged, LeadValidated
from libs.common.contracts.opportunities import (
    OpportunityAssigned,
    OpportunityChanged,
    OpportunityOpened,
    OpportunityStageChanged,
)
from libs.common.contracts.parts import Address
from tests.service.opportunity_stories import ME, OPPORTUNITIES, done, opened, prospect, seen, validated, walk_in

SOON = datetime.now(UTC) + timedelta(hours=6)
REACHED = {"channel": "phone", "direction": "outbound", "outcome": "reached"}


@pytest.fixture
def desk(bench: Callable[..., Bench]) -> Bench:
    return bench("opportunities")


# -- the first door: a valid lead


def test_a_valid_lead_becomes_one_opportunity_however_often_that_is_said(desk: Bench) -> None:
    lead = validated()
    desk.tell(lead, by="leads")
    desk.tell(lead, by="leads")  # validated anew, after a merge was taken back

    [found] = desk.as_("csr").items(f"{OPPORTUNITIES}?lead_id={lead.subject}")
    assert (found["number"], found["stage"], found["probability"]) == ("O-00001", "new", 10)
    assert (found["salesperson_id"], found["branch"], found["source"]) == (str(ME), str(HOME), "website")
    assert found["product_interest"] == "hvac"
    assert found["site"]["postal_code"] == "37201"
    [told] = desk.told("opportunities", OpportunityOpened)
    assert (told.data["door"], told.data["lead_number"], told.correlationid) == ("lead", "L-00007", lead.subject)
    assert told.data["prospect"]["emails"] == ["ada@byron.example"]
    assert [fact.data["salesperson_id"] for fact in desk.told("opportunities", OpportunityAssigned)] == [str(ME)]


def test_an_opportunity_of_an_urgent_lead_is_told_as_urgent(desk: Bench) -> None:
    opened(desk, prospect=prospect(urgent=True))

    [told] = desk.told("opportunities", OpportunityOpened)
    assert (told.data["urgent"], told.data["prospect"]["urgent"]) == (True, True)


def test_an_opportunity_is_called_by_who_asks_and_for_what_in_words(desk: Bench) -> None:
    for asked, called in (
        ({"service_interest": "", "trade": "hvac"}, "Ada Byron: HVAC"),
        ({"service_interest": "a new furnace", "trade": "hvac"}, "Ada Byron: a new furnace"),
    ):
        found = opened(desk, prospect=prospect(person_name="Ada Byron", **asked))
        assert found["title"] == called


def test_an_owner_who_does_not_sell_stays_beside_it_and_nobody_is_told_of_an_assignment(desk: Bench) -> None:
    found = opened(desk, owner_id=CAST["csr"][0])

    assert (found["salesperson_id"], found["inside_rep_id"]) == (None, str(CAST["csr"][0]))
    assert desk.told("opportunities", OpportunityAssigned) == []


def test_a_lead_of_nobody_becomes_an_opportunity_of_nobody(desk: Bench) -> None:
    found = opened(desk, owner_id=None)

    assert (found["salesperson_id"], found["inside_rep_id"]) == (None, None)


def test_what_is_corrected_on_the_lead_is_corrected_here_but_not_over_what_was_changed_here(desk: Bench) -> None:
    lead = validated()
    desk.tell(lead, by="leads")
    ident = desk.told("opportunities", OpportunityOpened)[0].subject
    desk.as_("salesperson").edit("PATCH", f"{OPPORTUNITIES}/{ident}", {"source": "a neighbour"})

    there = Address(line1="2 Main St", city="Nashville")
    moved = prospect(person_name="Ada Lovelace", source="fair", campaign="spring", trade="plumbing", address=there)
    head = {"subject": lead.subject, "number": lead.number, "title": "Ada Lovelace", "state": "valid"}
    desk.tell(LeadChanged(**head, prospect=moved, changed=("person_name",)), by="leads")

    found = seen(desk, str(ident))
    assert found["prospect"]["person_name"] == "Ada Lovelace"
    assert (found["site"]["line1"], found["source"]) == ("2 Main St", "a neighbour")
    assert (found["campaign"], found["trade"]) == ("spring", "plumbing")
    changed = ["prospect", "site", "campaign", "trade"]
    assert desk.told("opportunities", OpportunityChanged)[-1].data["changed"] == changed


def test_a_lead_that_became_urgent_is_due_sooner_here_too_and_no_other_correction_moves_that(desk: Bench) -> None:
    lead = validated(first_response_due_at=datetime.now(UTC) + timedelta(hours=1))
    desk.tell(lead, by="leads")
    head = {"subject": lead.subject, "number": lead.number, "title": lead.title, "state": "valid"}
    soon = datetime.now(UTC) + timedelta(minutes=5)
    desk.tell(LeadChanged(**head, prospect=lead.prospect, changed=("urgent",), first_response_due_at=soon), by="leads")
    desk.tell(LeadChanged(**head, prospect=lead.prospect, changed=("consent",)), by="leads")

    ident = desk.told("opportunities", OpportunityOpened)[0].subject
    assert datetime.fromisoformat(seen(desk, str(ident))["first_response_due_at"]) == soon


def test_a_correction_of_a_lead_that_is_not_valid_means_nothing_here(desk: Bench) -> None:
    head = {"subject": uuid7(), "number": "L-1", "title": "x", "state": "new"}
    desk.tell(LeadChanged(**head, prospect=prospect(), changed=("request",)), by="leads")

    assert desk.told("opportunities") == []


def given_to(desk: Bench, lead: LeadValidated, name: str, before: str | None, state: str = "valid") -> dict[str, Any]:
    """The lead is given to somebody: what becomes of its opportunity."""
    head = {"subject": lead.subject, "number": lead.number, "title": lead.title, "state": state}
    previous = CAST[before][0] if before else None
    desk.tell(LeadAssigned(**head, owner_id=CAST[name][0], previous_owner_id=previous), by="leads")
    [found] = desk.as_("admin").items(f"{OPPORTUNITIES}?lead_id={lead.subject}")
    return found


def test_who_is_given_a_valid_lead_has_its_opportunity_and_is_told(desk: Bench) -> None:
    lead = validated()
    desk.tell(lead, by="leads")
    ident = str(desk.told("opportunities", OpportunityOpened)[0].subject)
    visit = done(desk, ident, "appointments", {"type": "sales_call", "starts_at": "2026-12-01T15:00:00Z"})

    assert given_to(desk, lead, "colleague", "salesperson")["salesperson_id"] == str(CAST["colleague"][0])
    told = desk.told("opportunities", OpportunityAssigned)[-1].data
    assert (told["salesperson_id"], told["previous_salesperson_id"]) == (str(CAST["colleague"][0]), str(ME))
    assert desk.as_("colleague").get(f"{OPPORTUNITIES}/appointments/{visit['id']}").status_code == 200


def test_a_valid_lead_reaches_its_salesperson_by_way_of_a_csr(desk: Bench) -> None:
    lead = validated(owner_id=None)
    desk.tell(lead, by="leads")
    for name, before, hands in (("csr", None, (None, "csr")), ("salesperson", "csr", ("salesperson", "csr"))):
        found = given_to(desk, lead, name, before)
        wanted = tuple(str(CAST[one][0]) if one else None for one in hands)
        assert (found["salesperson_id"], found["inside_rep_id"]) == wanted
    assert desk.told("opportunities", OpportunityChanged)[-1].data["changed"] == ["inside_rep_id"]


def test_a_lead_takes_its_opportunity_along_however_many_hands_it_goes_through_to_the_next_who_sells(
    desk: Bench,
) -> None:
    lead = validated()
    desk.tell(lead, by="leads")
    for name, before, hands in (
        ("csr", "salesperson", ("salesperson", "csr")),
        ("colleague", "csr", ("colleague", "csr")),
        ("office", "colleague", ("colleague", "office")),
    ):
        found = given_to(desk, lead, name, before)
        assert (found["salesperson_id"], found["inside_rep_id"]) == tuple(str(CAST[one][0]) for one in hands)


def test_a_lead_given_away_takes_no_opportunity_from_whom_it_was_given_to_here_nor_one_that_is_over(
    desk: Bench,
) -> None:
    lead, lost = validated(), validated()
    for one in (lead, lost):
        desk.tell(one, by="leads")
    mine, over = (str(one.subject) for one in desk.told("opportunities", OpportunityOpened))
    done(desk, mine, "assign", {"salesperson_id": str(CAST["manager"][0])}, by="csr")
    done(desk, over, "lose", {"reason": "price"})

    assert given_to(desk, lead, "colleague", "salesperson")["salesperson_id"] == str(CAST["manager"][0])
    assert given_to(desk, lost, "colleague", "salesperson")["salesperson_id"] == str(ME)


def test_what_it_is_worth_is_told_to_the_currencys_cent_and_no_further(desk: Bench) -> None:
    ident = opened(desk)["id"]
    answer = desk.as_("salesperson").edit("PATCH", f"{OPPORTUNITIES}/{ident}", {"expected_value": "1234.5"})
    done(desk, ident, "contact-attempts", REACHED)

    told = [desk.told("opportunities", kind)[-1] for kind in (OpportunityChanged, OpportunityStageChanged)]
    worth = [(fact.data["expected_value"], fact.data["currency"]) for fact in told]
    assert worth == [(answer.get_json()["expected_value"], "USD")] * 2 == [("1234.50", "USD")] * 2


# -- the second door


def test_an_opportunity_can_come_first_with_the_id_of_its_lead_to_be(desk: Bench) -> None:
    answer = desk.as_("csr").post(OPPORTUNITIES, walk_in(salesperson_id=str(ME), title="Furnace for Walk In"))

    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["title"], made["salesperson_id"], made["door"]) == ("Furnace for Walk In", str(ME), "opportunity")
    [told] = desk.told("opportunities", OpportunityOpened)
    assert told.data["lead_id"] == made["lead_id"] != made["id"]
    assert told.data["prospect"]["phones"] == [{"e164": "+16155550123", "typed": "(615) 555-0123"}]
    assert told.data["first_response_due_at"] is None


def test_its_own_lead_coming_back_valid_opens_no_second_opportunity(desk: Bench) -> None:
    made = desk.as_("csr").post(OPPORTUNITIES, walk_in()).get_json()
    due = desk.clock() + timedelta(hours=1)
    told = validated(subject=UUID(made["lead_id"]), opportunity_id=UUID(made["id"]), first_response_due_at=due)
    desk.tell(told, by="leads")

    [found] = desk.as_("csr").items(f"{OPPORTUNITIES}?lead_id={made['lead_id']}")
    assert (found["id"], found["lead_number"]) == (made["id"], "L-00007")
    assert datetime.fromisoformat(seen(desk, made["id"])["first_response_due_at"]) == due


def test_a_way_to_reach_them_of_which_nobody_knows_is_as_if_it_were_not_named(desk: Bench) -> None:
    """By this door as by the other."""
    said = walk_in()["prospect"] | {"consent": {"phone": True, "sms": None}, "emails": None}
    answer = desk.as_("csr").post(OPPORTUNITIES, walk_in() | {"prospect": said})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    [told] = desk.told("opportunities", OpportunityOpened)
    assert told.data["prospect"]["consent"] == {"phone": True}


def test_the_same_request_again_has_one_effect_and_the_same_answer(desk: Bench) -> None:
    csr, key = desk.as_("csr"), {"Idempotency-Key": str(uuid4())}
    first, second = (csr.post(OPPORTUNITIES, walk_in(), headers=key) for _ in range(2))

    assert first.data == second.data
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(desk.told("opportunities", OpportunityOpened)) == 1


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"/prospect", "/product_interest"}),
        (walk_in() | {"prospect": walk_in()["prospect"] | {"phones": None, "emails": None}}, {"/prospect/phones"}),
        (
            {"prospect": {"channel": "pigeon"}},
            {
                "/prospect/channel",
                "/prospect/person_name",
                "/prospect/interest_level",
                "/prospect/phones",
                "/product_interest",
            },
        ),
        (
            walk_in()
            | {"prospect": walk_in()["prospect"] | {"received_at": SOON.isoformat(), "branch": str(UUID(int=404))}},
            {"/prospect/received_at", "/prospect/branch"},
        ),
        (
            walk_in()
            | {
                "prospect": walk_in()["prospect"]
                | {
                    "trade": "roofing",
                    "address": {"line1": "1", "city": "Paris", "postal_code": "75001"},
                    "branch": str(HOME),
                },
                "salesperson_id": str(uuid4()),
            },
            {"/prospect/fit/trade_offered", "/prospect/fit/in_service_area", "/salesperson_id"},
        ),
    ],
)
def test_what_a_valid_lead_would_need_is_named_at_once(desk: Bench, body: dict[str, Any], named: set[str]) -> None:
    answer = desk.as_("csr").post(OPPORTUNITIES, body)

    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.get_json()["errors"]} == named
    assert desk.told("opportunities") == []


def test_what_was_said_and_cannot_be_read_is_told_so_and_not_that_it_is_missing(desk: Bench) -> None:
    odd = {"channel": "phone", "company": "x" * 201, "emails": ["nobody"], "interest_level": "burning"}
    answer = desk.as_("csr").post(OPPORTUNITIES, {"prospect": odd, "product_interest": "A heat pump"})

    assert [one["pointer"] for one in answer.get_json()["errors"]] == [
        "/prospect/company",
        "/prospect/emails/0",
        "/prospect/interest_level",
    ]


def test_a_salesperson_enters_for_themselves_and_a_manager_sees_what_they_gave_to_another_team(desk: Bench) -> None:
    mine = desk.as_("salesperson").post(OPPORTUNITIES, walk_in()).get_json()
    given = desk.as_("manager").post(OPPORTUNITIES, walk_in(salesperson_id=str(CAST["stranger"][0]))).get_json()

    assert (mine["salesperson_id"], mine["inside_rep_id"]) == (str(ME), None)
    manager = str(CAST["manager"][0])
    assert (given["salesperson_id"], given["inside_rep_id"]) == (str(CAST["stranger"][0]), manager)
    assert seen(desk, given["id"], by="manager")["id"] == given["id"]

    colleague, before = str(CAST["colleague"][0]), len(desk.told("opportunities"))
    named = walk_in() | {"prospect": walk_in()["prospect"] | {"owner_id": colleague}}
    for body in (walk_in(salesperson_id=colleague), named):
        assert desk.as_("salesperson").post(OPPORTUNITIES, body).status_code == 403, "who may give it to nobody"
    assert len(desk.told("opportunities")) == before


@pytest.mark.parametrize("who", ["salesperson", "manager"])
def test_who_enters_one_reads_it_and_its_lead(bench: Callable[..., Bench], who: str) -> None:
    system = bench("leads", "opportunities")
    answer = system.as_(who).post(OPPORTUNITIES, walk_in())
    system.settle()

    assert system.as_(who).get(answer.headers["Location"]).status_code == 200
    assert system.as_(who).get(f"/api/v1/leads/{answer.get_json()['lead_id']}").status_code == 200


def test_without_an_address_it_belongs_to_the_branch_that_took_the_call_and_so_does_its_lead(
    bench: Callable[..., Bench],
) -> None:
    system = bench("leads", "opportunities")
    made = system.as_("csr").post(OPPORTUNITIES, walk_in()).get_json()
    system.settle()

    assert made["branch"] == str(HOME)
    [lead] = system.as_("csr").items("/api/v1/leads")
    assert lead["branch"] == str(HOME)
    assert system.as_("stranger").get(f"{OPPORTUNITIES}/{made['id']}").status_code == 404


def test_with_one_it_belongs_to_the_branch_that_serves_it_whoever_took_the_call(desk: Bench) -> None:
    body = walk_in()
    body["prospect"] = body["prospect"] | {"address": {"line1": "1 Main St", "postal_code": "40202"}}
    assert desk.as_("csr").post(OPPORTUNITIES, body).get_json()["branch"] == str(AWAY)

    body["prospect"] = walk_in()["prospect"] | {"branch": str(AWAY), "received_at": "2026-01-02T10:00:00Z"}
    named = desk.as_("csr").post(OPPORTUNITIES, body).get_json()
    assert (named["branch"], named["received_at"]) == (str(AWAY), "2026-01-02T10:00:00Z"), "or to the one that is named"


def test_a_manager_who_enters_one_for_their_team_sees_it_and_stays_beside_nobody(desk: Bench) -> None:
    made = desk.as_("manager").post(OPPORTUNITIES, walk_in(salesperson_id=str(ME))).get_json()
    assert (made["salesperson_id"], made["inside_rep_id"]) == (str(ME), None)
    assert desk.as_("manager").get(f"{OPPORTUNITIES}/{made['id']}").status_code == 200


def test_the_author_of_a_prospect_works_here(desk: Bench) -> None:
    body = walk_in()
    body["prospect"] = body["prospect"] | {"generated_by": str(uuid4())}
    answer = desk.as_("csr").post(OPPORTUNITIES, body)
    assert (answer.status_code, [one["pointer"] for one in answer.get_json()["errors"]]) == (
        422,
        ["/prospect/generated_by"],
    )


# -- finding


def test_lists_are_narrowed_by_what_is_asked(desk: Bench) -> None:
    found = opened(desk)
    opened(desk, owner_id=CAST["colleague"][0], prospect=prospect(person_name="Other", emails=()))
    csr = desk.as_("csr")

    for query in (f"salesperson={ME}", f"lead_id={found['lead_id']}", "q=ada%40byron", "q=O-00001"):
        assert [one["id"] for one in csr.items(f"{OPPORTUNITIES}?{query}")] == [found["id"]], query
    assert len(csr.items(f"{OPPORTUNITIES}?stage=new&stage_type=open&branch={HOME}")) == 2
    assert csr.items(f"{OPPORTUNITIES}?stage=won") == []
    assert csr.get(f"{OPPORTUNITIES}?stagge=won").status_code == 422
