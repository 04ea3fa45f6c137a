"""Who asks, on the console's pages: all that a service knows of them can be read and put right there, and nothing is
lost by putting something else right."""

from collections.abc import Callable
from typing import Any

import pytest

import services
from embedded.testing import CAST, HOME, Bench, moment
from services.leads.settings import REQUIRABLE
from services.opportunities.settings import SAID_AT_THE_DOOR
from tests.service.console_reader import Reader

FLAT = {
    "line1": "5 Elm St",
    "line2": "Apt 4",
    "city": "Nashville",
    "region": "TN",
    "postal_code": "37201",
    "country": "US",
}
SAID = {"channel": "phone", "person_name": "June Pettibone", "phones": ["615-555-0117"], "request": "a heat pump"}


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench(*services.NAMES)


def entered(office: Bench, **more: Any) -> str:
    ident: str = office.as_("csr").post("/api/v1/leads", SAID | more).get_json()["id"]
    office.settle()
    return ident


def opened(office: Bench, **more: Any) -> str:
    lead = entered(office, owner_id=str(CAST["salesperson"][0]), **more)
    office.as_("csr").post(f"/api/v1/leads/{lead}/validate")
    office.settle()
    [found] = office.as_("csr").items(f"/api/v1/opportunities?lead_id={lead}")
    return str(found["id"])


def test_who_puts_one_line_of_an_address_right_loses_no_other(office: Bench) -> None:
    lead, desk, seller = entered(office, address=FLAT), Reader(office, "csr"), Reader(office, "salesperson")
    desk.open(f"/do/lead.edit/{lead}")
    desk.press("Save", address__city="Franklin")
    assert office.as_("csr").get(f"/api/v1/leads/{lead}").get_json()["address"] == FLAT | {"city": "Franklin"}

    sold, whose = opened(office, address=FLAT), office.as_("salesperson")
    at = f"/api/v1/opportunities/{sold}"
    whose.edit("PATCH", at, {"bill_to": {"name": "June", "address": FLAT}})
    seller.open(f"/do/opportunity.edit/{sold}")
    seller.press("Save", site__city="Franklin", bill_to__address__city="Franklin")
    kept = whose.get(at).get_json()
    assert [kept["site"], kept["bill_to"]["address"]] == [FLAT | {"city": "Franklin"}] * 2


def test_whom_one_may_reach_and_how_is_put_right_and_read_where_they_are_called(office: Bench) -> None:
    sold = opened(office, consent={"whatsapp": True}, fit={"customer_type": "landlord", "trade_offered": True})
    lead = office.as_("csr").get(f"/api/v1/opportunities/{sold}").get_json()["lead_id"]
    desk, seller = Reader(office, "csr"), Reader(office, "salesperson")
    desk.open(f"/do/lead.edit/{lead}")
    desk.press("Save", consent__phone="false", consent__email="true", fit__budget_band="10k", fit__trade_offered="")
    office.settle()
    told = office.as_("csr").get(f"/api/v1/leads/{lead}").get_json()
    assert told["consent"] == {"whatsapp": True, "phone": False, "email": True}
    assert told["fit"]["trade_offered"] is None
    shown = "Consent Whatsapp: Yes, Phone: No, E-mail: Yes"
    page = desk.open(f"/leads/{lead}")
    assert f"{shown} Came by Phone Customer Landlord Budget 10k" in page.text
    assert "Decided Valid, csr" in page.text
    page = seller.open(f"/opportunities/{sold}")
    assert shown in page.text
    assert "Customer Landlord Budget 10k" in page.text
    assert "Call" in seller.page.links

    desk.open(f"/do/lead.edit/{lead}")
    desk.press("Save", consent__phone="", consent__email="", do_not_contact="true")
    office.settle()
    assert office.as_("csr").get(f"/api/v1/leads/{lead}").get_json()["consent"] == {"whatsapp": True}
    for reader, place in ((desk, f"/leads/{lead}"), (seller, f"/opportunities/{sold}")):
        assert "Do not contact" in reader.open(place).text
        assert "Call" not in reader.page.links
        assert "Call them back" not in reader.page.text


def test_whatever_a_company_requires_can_be_said_where_an_enquiry_is_taken_in(office: Bench) -> None:
    """By both doors: a field that a form does not have would be asked for, and could not be given."""
    for service, asked in (
        ("leads", {"required_fields": [{"stage": "create", "fields": list(REQUIRABLE)}]}),
        ("opportunities", {"gates": [{"stage": "new", "fields": list(SAID_AT_THE_DOOR)}]}),
    ):
        assert office.as_("admin").edit("PUT", f"/api/v1/{service}/settings", asked).status_code == 200
    desk = Reader(office, "csr")
    said = {
        "person_name": "June Pettibone", "company": "Pettibone Ltd", "request": "a heat pump", "interest_level": "high",
        "source": "radio", "campaign": "autumn", "trade": "hvac", "service_interest": "heat pump",
        "address__line1": "5 Elm St",
    }  # fmt: skip
    desk.open("/new")
    addresses = ["june@june.example", "june@work.example"]
    page = desk.press("Save and hand over", phone="615-555-0117", email="; ".join(addresses), **said)
    assert "Taken in." in page.text
    [lead] = office.as_("csr").items("/api/v1/leads")
    assert lead["emails"] == addresses

    desk.open("/do/opportunity.create")
    only = {f"prospect__{name}": text for name, text in said.items() if name != "service_interest"}
    more = {"prospect__phones": "615-555-0117", "prospect__emails": ",".join(addresses), "title": "June's heat pump"}
    seller = str(CAST["salesperson"][0])
    page = desk.press("New opportunity", product_interest="heat pump", salesperson_id=seller, **more, **only)
    assert "Opened." in page.text


def test_who_logs_a_call_or_an_enquiry_later_says_when_it_was(office: Bench) -> None:
    desk = Reader(office, "csr")
    office.clock.now = moment("2026-12-02 18:00")
    was = "2026-12-02T"
    desk.open("/new")
    desk.press("Save and hand over", person_name="June Pettibone", received_at=f"{was}08:10")
    [lead] = office.as_("csr").items("/api/v1/leads")
    office.settle()
    desk.open(f"/leads/{lead['id']}")
    desk.press("Save", channel="phone", outcome="reached", at=f"{was}08:30")
    told = office.as_("csr").get(f"/api/v1/leads/{lead['id']}").get_json()
    assert [told[name][11:16] for name in ("received_at", "first_responded_at")] == ["14:10", "14:30"]


def test_who_sets_a_visit_for_a_time_that_is_over_is_asked_whether_they_mean_it(office: Bench) -> None:
    """A slip of the year, or yesterday's visit that is noted now: only they know."""
    sold, desk = opened(office), Reader(office, "csr")
    office.clock.now = moment("2026-12-02 18:00")
    visits = f"/api/v1/opportunities/{sold}/appointments"
    assert "Next: Contacted" in desk.open(f"/opportunities/{sold}").text
    desk.open(f"/do/opportunity.appoint/{sold}")
    page = desk.press("Set an appointment", starts_at="2025-12-03T10:00")
    assert (page.status, office.as_("csr").items(visits)) == (422, [])
    assert "That is over already." in page.text
    assert desk.press("Set an appointment", starts_at="2026-12-01T10:00").status == 422

    page = desk.press("Set an appointment", duration_min="95")
    assert "Set; whoever goes is told." in page.text
    assert "No contact is logged yet" in page.text, "and it is past that stage"
    assert "Next: Contacted" not in page.text
    [visit] = office.as_("csr").items(visits)
    assert visit["starts_at"] == "2026-12-01T16:00:00Z"

    page = desk.open(f"/do/appointment.reschedule/{visit['id']}")
    assert page.text.count("Left out: as it was.") == 2, "how long it takes and who goes"
    desk.press("Move it", starts_at="2026-12-03T10:00")
    [moved] = office.as_("csr").items(visits)
    kept = {name: visit[name] for name in ("duration_min", "assignee_ids")}
    assert moved | kept == moved, "and so they are"
    assert (moved["starts_at"], moved["duration_min"]) == ("2026-12-03T16:00:00Z", 95)


def test_a_managers_word_on_whether_it_qualifies_is_read_with_its_reason_and_can_be_taken_back(office: Bench) -> None:
    sold, manager = opened(office), Reader(office, "manager")
    for said, why, shown in (
        ("false", "no power there", "Qualified No, score 0 Decided by hand, manager: no power there"),
        ("true", "there is by now", "Qualified Yes, score 0 Decided by hand, manager: there is by now"),
        ("", "ask them", ""),
    ):
        manager.open(f"/do/opportunity.qualification/{sold}")
        page = manager.press("Decide by hand", qualified=said, reason=why)
        assert "Decided." in page.text
        assert shown in page.text
        assert ("Decided by hand, manager" in page.text) is bool(shown)


def test_how_they_pay_is_chosen_among_what_the_company_says_and_read_on_the_page(office: Bench) -> None:
    sold, seller = opened(office), Reader(office, "salesperson")
    path, settings = f"/api/v1/opportunities/{sold}", f"/api/v1/opportunities/settings?branch={HOME}"
    assert office.as_("salesperson").edit("PATCH", path, {"financing_activity": "declined_cash"}).status_code == 200
    assert office.as_("admin").edit("PUT", settings, {"financing_activities": ["credit_union"]}).status_code == 200
    page = seller.open(f"/do/opportunity.edit/{sold}")
    assert [one for one in ("Credit union", "Did not want it", "Not offered") if one in page.text] == [
        "Credit union", "Did not want it",
    ]  # fmt: skip
    assert "Financing Credit union" in seller.press("Save", financing_activity="credit_union").text


def test_what_a_company_requires_before_it_goes_on_is_named_and_leads_to_its_field(office: Bench) -> None:
    """Of each of several it said that it was required, and not what."""
    for service, asked in (
        ("leads", {"required_fields": [{"stage": "validate", "fields": ["campaign", "address"]}]}),
        ("opportunities", {"gates": [{"stage": "converted", "fields": ["bill_to", "emails", "expected_close"]}]}),
    ):
        assert office.as_("admin").edit("PUT", f"/api/v1/{service}/settings", asked).status_code == 200
    desk, seller = Reader(office, "csr"), Reader(office, "salesperson")
    lead = entered(office, owner_id=str(CAST["salesperson"][0]))
    page, edit = desk.open(f"/leads/{lead}"), f"/do/lead.edit/{lead}"
    for what, place in (("Campaign", "campaign"), ("Address", "address-line1")):
        asked_for = f"{what}: your company requires this of a valid lead"
        assert asked_for in page.text
        assert page.links[f"Put it right : {asked_for}"] == f"{edit}#{place}"
        assert f'id="{place}"' in desk.open(edit).html

    office.as_("csr").edit("PATCH", f"/api/v1/leads/{lead}", {"campaign": "autumn", "address": FLAT})
    office.as_("csr").post(f"/api/v1/leads/{lead}/validate")
    office.settle()
    [found] = office.as_("csr").items(f"/api/v1/opportunities?lead_id={lead}")
    act = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    office.as_("salesperson").post(f"/api/v1/opportunities/{found['id']}/contact-attempts", act)
    page, edit = seller.open(f"/opportunities/{found['id']}"), f"/do/opportunity.edit/{found['id']}"
    for what, place in (
        ("Bill to", f"{edit}#bill_to-name"),
        ("Expected by", f"{edit}#expected_close"),
        ("E-mail addresses", f"/do/lead.edit/{lead}#emails"),
    ):
        asked_for = f"{what}: is needed for the stage converted"
        assert page.links[f"Put it right : {asked_for}"] == place

    seller.open(f"/do/opportunity.stage/{found['id']}")
    assert (
        "E-mail addresses: is needed for the stage converted" in seller.press("Move to a stage", stage="converted").text
    )
