"""The funnel from the first call to work handed to operations, told as the business would."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from embedded.balance import balance
from embedded.testing import CAST
from libs.common.contracts.opportunities import OpportunityChanged
from tests.flow.funnel import API, Funnel


@pytest.mark.parametrize("twice", [False, True], ids=["once", "every fact twice"])
def test_a_call_becomes_work_that_operations_complete(funnel: Funnel, twice: bool) -> None:
    funnel.twice = twice
    booking = funnel.booked(total="8400.00")
    assert (booking["state"], booking["contract_total"]) == ("draft", "8400.00")

    assert funnel.assigned(booking["id"])["state"] == "assigned"
    for act, state in (("accept", "accepted"), ("start", "in_progress"), ("complete", "completed")):
        assert funnel.do("operations", f"/bookings/{booking['id']}/{act}")["state"] == state

    assert balance(funnel.bench.system).faults == []


def test_a_sale_moves_every_record_and_shows_each_step_done(funnel: Funnel) -> None:
    booking = funnel.booked()
    sale = funnel.see(f"/bookings/sales/{booking['acceptance_ids'][0]}")
    job = funnel.see(f"/bookings/jobs/{booking['job_id']}")
    opportunity = funnel.see(f"/opportunities/{booking['opportunity_id']}")

    assert {step["state"] for step in sale["steps"]} == {"done"}
    assert job["name"]
    assert (opportunity["stage_type"], opportunity["job_id"]) == ("won", booking["job_id"])
    assert funnel.one(f"/estimates?opportunity_id={opportunity['id']}")["job_id"] == booking["job_id"]
    assert funnel.see(f"/leads/{opportunity['lead_id']}")["state"] == "converted"


def test_what_is_corrected_while_the_price_is_out_is_what_is_sold(funnel: Funnel) -> None:
    opportunity = funnel.opportunity()
    _, token = funnel.sent(opportunity=opportunity)
    lead, site = funnel.see(f"/opportunities/{opportunity}")["lead_id"], {"line1": "7 Right St", "city": "Nashville"}
    for who, path, right in (
        ("salesperson", f"{API}/opportunities/{opportunity}", {"site": site, "title": "Heat pump, upstairs"}),
        ("csr", f"{API}/leads/{lead}", {"person_name": "Ivy Castellan", "phones": ["615-555-0177"]}),
    ):
        assert funnel.as_(who).edit("PATCH", path, right).status_code == 200
        funnel.settle()

    funnel.accept(token)

    booking = funnel.one(f"/bookings?opportunity_id={opportunity}")
    called = [phone["typed"] for phone in booking["contact"]["phones"]]
    assert (booking["site"], booking["contact"]["name"], called) == (site, "Ivy Castellan", ["615-555-0177"])
    assert booking["customer_name"] == "Ivy Castellan"
    assert funnel.see(f"/estimates/{booking['estimate_ids'][0]}")["title"] == "Heat pump, upstairs"


def test_who_is_given_an_opportunity_sees_its_visits_and_is_reminded_of_its_estimates(funnel: Funnel) -> None:
    funnel.bench.clock.now = (funnel.bench.clock() + timedelta(days=1)).replace(hour=18)  # noon there
    opportunity = funnel.opportunity()
    funnel.visit(opportunity)
    estimate, _ = funnel.sent(opportunity=opportunity)

    def waiting(name: str, of: str) -> int:
        return int(funnel.see("/status-bar", who=name)[of])

    assert (waiting("salesperson", "todays_appointments"), waiting("colleague", "todays_appointments")) == (1, 0)
    funnel.do("manager", f"/opportunities/{opportunity}/assign", {"salesperson_id": str(CAST["colleague"][0])})
    assert (waiting("salesperson", "todays_appointments"), waiting("colleague", "todays_appointments")) == (1, 1)

    funnel.bench.clock.forward(days=28)
    assert funnel.bench.system.due() > 0
    assert (waiting("salesperson", "expiring_estimates"), waiting("colleague", "expiring_estimates")) == (0, 1)
    assert [one["kind"] for one in funnel.alerts("colleague", estimate)] == ["estimate_expiring"]
    assert funnel.alerts("salesperson", estimate) == []


def test_what_becomes_of_sold_work_is_told_to_whoever_has_its_opportunity_now(funnel: Funnel) -> None:
    booking = funnel.booked()
    path = f"/opportunities/{booking['opportunity_id']}/assign"
    funnel.do("manager", path, {"salesperson_id": str(CAST["colleague"][0])})

    funnel.do("office", f"/bookings/{booking['id']}/cancel", {"reason": "they moved"})

    assert [one["kind"] for one in funnel.alerts("colleague", booking["id"])] == ["booking_cancelled"]
    assert funnel.alerts("salesperson", booking["id"]) == []
    assert funnel.see(f"/bookings/jobs/{booking['job_id']}")["salesperson_id"] == str(CAST["colleague"][0])


def test_an_accepted_estimate_becomes_one_booking_however_often_we_hear_of_it(funnel: Funnel) -> None:
    _, token = funnel.sent(total="1200.00")
    funnel.accept(token)
    funnel.settle(deliver_twice=True)

    booking = funnel.one("/bookings")
    assert (booking["state"], booking["contract_total"]) == ("draft", "1200.00")
    assert len(funnel.as_("office").items(f"{API}/bookings/jobs")) == 1
    assert len(funnel.as_("office").items(f"{API}/bookings/customers")) == 1


def test_a_declined_offer_loses_the_opportunity_with_its_reason(funnel: Funnel) -> None:
    estimate, token = funnel.sent()
    answer = funnel.bench.public.post(f"{API}/shared/{token}/decline", {"reason": "price"})
    assert answer.status_code == 200
    funnel.settle()

    opportunity = funnel.see(f"/opportunities/{funnel.see(f'/estimates/{estimate}')['opportunity_id']}")
    assert (opportunity["stage_type"], opportunity["lost"]["reason"]) == ("lost", "price")
    assert funnel.as_("office").items(f"{API}/bookings") == []


def test_losing_with_live_offers_has_to_be_meant_and_withdraws_them(funnel: Funnel) -> None:
    estimate, token = funnel.sent()
    opportunity = funnel.see(f"/estimates/{estimate}")["opportunity_id"]
    path = f"{API}/opportunities/{opportunity}/lose"
    assert funnel.as_("salesperson").post(path, {"reason": "timing"}).status_code == 409

    funnel.do("salesperson", f"/opportunities/{opportunity}/lose", {"reason": "timing", "void_offers": True})

    assert funnel.see(f"/estimates/{estimate}")["state"] == "withdrawn"
    assert funnel.bench.public.get(f"{API}/shared/{token}").status_code == 410


def test_an_offer_that_crosses_a_loss_is_withdrawn(funnel: Funnel) -> None:
    estimate = funnel.estimate()
    funnel.price(estimate)
    opportunity = funnel.see(f"/estimates/{estimate}")["opportunity_id"]
    sales = funnel.as_("salesperson")
    sent = sales.post(f"{API}/estimates/{estimate}/send", {"to": ["customer@example.com"]}).get_json()
    lost = sales.post(f"{API}/opportunities/{opportunity}/lose", {"reason": "timing"})
    assert lost.status_code == 200  # opportunities has not heard of the offer yet
    funnel.settle()

    assert funnel.see(f"/opportunities/{opportunity}")["stage_type"] == "lost"
    assert funnel.see(f"/estimates/{estimate}")["state"] == "withdrawn"
    assert funnel.bench.public.get(f"{API}/shared/{sent['share_url'].rpartition('/')[2]}").status_code == 410


def test_an_acceptance_that_crosses_a_loss_stands(funnel: Funnel) -> None:
    estimate, token = funnel.sent()
    opportunity = funnel.see(f"/estimates/{estimate}")["opportunity_id"]
    path = f"{API}/opportunities/{opportunity}/lose"
    lost = funnel.as_("salesperson").post(path, {"reason": "timing", "void_offers": True})
    assert lost.status_code == 200  # estimates has not heard of it yet

    funnel.accept(token)

    assert funnel.see(f"/opportunities/{opportunity}")["stage_type"] == "won"
    assert funnel.one(f"/bookings?opportunity_id={opportunity}")["state"] == "draft"


def test_an_opportunity_entered_first_has_one_valid_lead_and_no_second_opportunity(funnel: Funnel) -> None:
    prospect = {"channel": "phone", "person_name": "Walk In", "phones": ["615-555-0177"], "request": "Furnace"}
    entered = funnel.do("csr", "/opportunities", {"prospect": prospect, "product_interest": "furnace"})

    lead = funnel.see(f"/leads/{entered['lead_id']}")
    assert (lead["state"], lead["person_name"]) == ("valid", "Walk In")
    assert funnel.one(f"/opportunities?lead_id={lead['id']}")["id"] == entered["id"]


def test_undoing_a_sale_takes_every_step_back(funnel: Funnel) -> None:
    booking = funnel.booked()
    acceptance = booking["acceptance_ids"][0]

    funnel.do("office", f"/bookings/sales/{acceptance}/undo", {"reason": "Signed for the wrong house"})

    opportunity = funnel.see(f"/opportunities/{booking['opportunity_id']}")
    assert (opportunity["stage_type"], opportunity["job_id"]) == ("open", None)
    assert funnel.see(f"/bookings/{booking['id']}")["state"] == "cancelled"
    assert funnel.see(f"/leads/{opportunity['lead_id']}")["state"] == "valid"


def test_the_people_concerned_are_told_and_nobody_else(funnel: Funnel) -> None:
    opportunity = funnel.opportunity()
    assert funnel.alerts("salesperson", opportunity)
    assert not funnel.alerts("operations", opportunity)

    booking = funnel.booked()
    funnel.assigned(booking["id"])
    assert funnel.alerts("operations", booking["id"])
    assert not funnel.alerts("technician", booking["id"])


def test_the_status_bar_counts_what_waits_for_the_caller(funnel: Funnel) -> None:
    before = funnel.see("/status-bar", "salesperson")["new_leads"]
    funnel.lead(owner_id=str(CAST["salesperson"][0]))
    funnel.lead()
    assert funnel.see("/status-bar", "salesperson")["new_leads"] == before + 1


def test_every_fact_of_one_funnel_carries_the_leads_id(funnel: Funnel) -> None:
    booking = funnel.booked()
    lead = funnel.see(f"/opportunities/{booking['opportunity_id']}")["lead_id"]
    for service, kinds in (("opportunities", "opportunity"), ("estimates", "estimate"), ("bookings", "booking")):
        told = [one for one in funnel.bench.told(service) if one.aggregate == kinds]
        assert told
        assert {str(one.correlationid) for one in told} == {lead}


def test_a_record_of_another_id_is_not_there_for_anybody(funnel: Funnel) -> None:
    for path in ("leads", "opportunities", "estimates", "bookings", "bookings/jobs", "bookings/customers"):
        assert funnel.as_("office").get(f"{API}/{path}/{uuid4()}").status_code == 404


@pytest.mark.parametrize("when", ["before a price is asked for", "after"])
def test_a_trade_that_was_put_right_is_told_and_is_the_jobs(funnel: Funnel, when: str) -> None:
    opportunity = funnel.opportunity(trade="hvac")
    if when == "after":
        funnel.estimate(opportunity)
    path = f"/api/v1/opportunities/{opportunity}"
    assert funnel.as_("salesperson").edit("PATCH", path, {"trade": "plumbing"}).status_code == 200
    funnel.settle()
    if when != "after":
        funnel.estimate(opportunity)
    estimate = funnel.one(f"/estimates?opportunity_id={opportunity}")["id"]
    funnel.price(estimate)
    link = funnel.do("salesperson", f"/estimates/{estimate}/send", {"to": ["a@b.example"]})["share_url"]
    funnel.accept(link.rpartition("/")[2])

    [told] = [one for one in funnel.bench.told("opportunities", OpportunityChanged) if "trade" in one.data["changed"]]
    assert told.data["trade"] == "plumbing"
    assert funnel.one(f"/bookings/jobs?opportunity_id={opportunity}")["type"] == "plumbing"


def _merged_away(funnel: Funnel, lead: str) -> tuple[str, str, dict[str, Any]]:
    twin, reached = funnel.lead(), {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    funnel.do("csr", f"/leads/{twin['id']}/contact-attempts", reached)
    funnel.do("csr", f"/leads/{twin['id']}/merge", {"duplicate_id": lead})
    return "csr", f"/leads/{lead}/unmerge", {}


def _found_invalid(funnel: Funnel, lead: str) -> tuple[str, str, dict[str, Any]]:
    funnel.do("csr", f"/leads/{lead}/invalidate", {"reason": "spam"})
    return "office", f"/leads/{lead}/reopen", {}


def _sold(funnel: Funnel, lead: str) -> tuple[str, str, dict[str, Any]]:
    funnel.do("csr", f"/leads/{lead}/validate")
    opportunity = funnel.one(f"/opportunities?lead_id={lead}")["id"]
    funnel.do("csr", f"/opportunities/{opportunity}/assign", {"salesperson_id": str(CAST["salesperson"][0])})
    [acceptance] = funnel.booked(opportunity=opportunity)["acceptance_ids"]
    return "office", f"/bookings/sales/{acceptance}/undo", {}


@pytest.mark.parametrize(("ended", "follow_ups"), [(_merged_away, 1), (_found_invalid, 1), (_sold, 0)])
def test_an_enquiry_that_goes_on_after_all_is_waited_for_again(
    funnel: Funnel, ended: Callable[[Funnel, str], tuple[str, str, dict[str, Any]]], follow_ups: int
) -> None:
    """Whom nobody has answered is late in the bar as on the board, also where the end was a mistake."""
    later = (funnel.bench.clock() + timedelta(minutes=90)).isoformat()
    undo = ended(funnel, funnel.lead(next_action_at=later)["id"])
    funnel.bench.clock.forward(hours=2)
    waits = ("overdue_responses", "overdue_follow_ups")
    assert [funnel.see("/status-bar")[name] for name in waits] == [0, 0]

    funnel.do(*undo)
    assert [funnel.see("/status-bar")[name] for name in waits] == [1, follow_ups]


def test_who_asks_for_what_has_changed_since_is_told_so_though_another_record_changed(funnel: Funnel) -> None:
    """A lead has a twin by now, an estimate is the selected one no more; neither was touched itself."""
    opportunity = funnel.opportunity()
    lead = funnel.see(f"/leads/{funnel.see(f'/opportunities/{opportunity}')['lead_id']}")
    paths = [f"{API}/{path}" for path in (f"leads/{lead['id']}", f"estimates/{funnel.estimate(opportunity)}")]
    seen = {path: funnel.as_("office").get(path).headers["ETag"] for path in paths}

    def statuses() -> list[int]:
        office = funnel.as_("office")
        return [office.get(path, headers={"If-None-Match": tag}).status_code for path, tag in seen.items()]

    assert statuses() == [304, 304]
    funnel.lead(emails=lead["emails"])
    funnel.do("salesperson", "/estimates", {"opportunity_id": opportunity})
    assert statuses() == [200, 200]
