"""The console's pages: what is done on them, what they say of it, and what becomes of what was typed."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

import services
from embedded.testing import CAST, HOME, Bench
from libs.common import fairlock
from services.console.adapters import doors
from services.console.api.screens import assets
from tests.service.console_reader import Reader

SAID = {"channel": "phone", "person_name": "June Pettibone", "phones": ["615-555-0117"], "request": "a heat pump"}


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench(*services.NAMES)


def entered(bench: Bench, **more: object) -> str:
    ident: str = bench.as_("csr").post("/api/v1/leads", SAID | more).get_json()["id"]
    bench.settle()
    return ident


def test_an_address_that_a_prospect_gave_brings_no_other_reader_into_the_mail(office: Bench) -> None:
    ident = entered(office, emails=["june?bcc=eve%40example.com&body=hello@june.example"])
    page = Reader(office, "csr").open(f"/leads/{ident}")
    assert 'href="mailto:june%3Fbcc%3Deve%2540example.com%26body%3Dhello@june.example"' in page.html


def test_a_call_is_taken_and_found_worth_working_in_one_form(office: Bench) -> None:
    reader = Reader(office, "csr")
    reader.open("/new")
    page = reader.press(
        "Save: worth working", phone="615-555-0117", person_name="June Pettibone", request="a heat pump"
    )
    assert "Taken in and valid." in page.text
    office.settle()

    page = reader.open(page.answer.request.path)
    assert "June Pettibone" in page.text
    assert "Open the opportunity" in page.links


def test_what_a_technician_hands_in_came_by_a_technician_unless_they_say_otherwise(office: Bench) -> None:
    reader = Reader(office, "technician")
    for said, name in (({}, "June Pettibone"), ({"channel": "phone"}, "Ivy Castellan")):
        reader.open("/new")
        reader.press("Save and hand over", person_name=name, **said)
    came = {one["person_name"]: one["channel"] for one in office.as_("csr").items("/api/v1/leads")}
    assert came == {"June Pettibone": "technician", "Ivy Castellan": "phone"}


def test_what_was_typed_stays_when_a_field_is_refused(office: Bench) -> None:
    reader = Reader(office, "csr")
    reader.open("/new")
    page = reader.press("Save and hand over", phone="12", person_name="June Pettibone", request="a heat pump")
    assert page.status == 422
    assert "One field needs a look" in page.text
    assert ("person_name", "June Pettibone") in page.forms[-1].fields
    assert ("phone", "12") in page.forms[-1].fields
    assert 'aria-invalid="true"' in page.html


def test_the_same_form_sent_twice_takes_one_enquiry_in(office: Bench) -> None:
    reader = Reader(office, "csr")
    [form] = [one for one in reader.open("/new").forms if one.ident == "entry"]
    data = dict(form.fields) | {"person_name": "June Pettibone", "channel": "phone"}
    places = {reader.client.post("/new", data=data).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    assert len(office.as_("csr").items("/api/v1/leads")) == 1


def test_an_act_that_is_not_possible_yet_says_everything_in_the_way_and_where_to_put_it_right(office: Bench) -> None:
    ident = office.as_("csr").post("/api/v1/leads", {"channel": "phone", "person_name": "Ann"}).get_json()["id"]
    page = Reader(office, "csr").open(f"/leads/{ident}")
    assert page.blocked == ["Worth working"]
    assert "Not yet: 2 things are missing" in page.text
    assert f"/do/lead.edit/{ident}" in page.offered


def test_an_attempt_to_reach_them_is_told_in_the_words_it_was_logged_in(office: Bench) -> None:
    reader = Reader(office, "csr")
    reader.open(f"/leads/{entered(office)}")
    reader.press("Save", channel="phone", outcome="reached")
    office.settle()
    page = reader.open(reader.page.answer.request.path)
    assert "Call: Spoke" in page.text
    assert "Contact logged csr, Call, Spoke" in page.text
    assert "Reached" not in page.text


def test_an_edit_over_somebody_elses_shows_theirs_and_puts_over_it_only_what_one_changed(office: Bench) -> None:
    ident = entered(office)
    mine, theirs = Reader(office, "csr"), Reader(office, "office")
    mine.open(f"/do/lead.edit/{ident}")
    theirs.open(f"/do/lead.edit/{ident}")
    idle = Reader(office, "csr")
    idle.open(f"/do/lead.edit/{ident}")
    said = {"request": "a boiler", "interest_level": "high", "phones": ""}
    assert "Saved." in theirs.press("Save", **said).text, theirs.page.text
    assert "Nothing was changed." in idle.press("Save").text

    assert mine.press("Save", phones="never").status == 422  # and nobody's words are written over by what comes next
    page = mine.press("Save", request="two heat pumps", phones=SAID["phones"])
    assert page.status == 412
    assert re.findall(r"It is now: ([^<]*)", page.html) == ["empty", "a boiler", "High"]
    assert {("request", "two heat pumps"), ("interest_level", "high"), ("phones", "")} <= set(page.forms[-1].fields)
    mine.press("Save")
    lead = office.as_("csr").get(f"/api/v1/leads/{ident}").get_json()
    assert (lead["request"], lead["interest_level"], lead["phones"]) == ("two heat pumps", "high", [])


def test_text_from_outside_is_text_in_a_page(office: Bench) -> None:
    ident = entered(office, person_name='<script>alert("x")</script>', request="'\"><img src=x onerror=alert(1)>")
    page = Reader(office, "csr").open(f"/leads/{ident}")
    assert "<script>alert" not in page.html
    assert "<img" not in page.html
    assert '<script>alert("x")</script>' in page.text


def test_style_and_scripts_together_are_light_enough_for_a_phone_in_a_cellar() -> None:
    weighed = {name: len(content) for name, content in assets.files().items() if name.endswith((".css", ".js"))}
    assert sum(weighed.values()) <= 60_000, weighed


def test_a_call_that_came_to_the_wrong_office_is_taken_in_and_the_page_says_whose_it_is(office: Bench) -> None:
    reader = Reader(office, "csr")
    reader.open("/new")
    there = {"address__line1": "1 Main St", "address__city": "Louisville", "address__postal_code": "40202"}
    page = reader.press("Save and hand over", person_name="Ivy Castellan", **there)
    assert (page.status, "Taken in for another branch" in page.text) == (200, True)


def test_what_the_second_door_takes_in_for_another_branch_leads_to_no_closed_page(office: Bench) -> None:
    reader = Reader(office, "csr")
    reader.open("/do/opportunity.create")
    who = {"prospect__person_name": "Ivy Castellan", "prospect__phones": "502-555-0117"}
    there = {"prospect__request": "A heat pump", "product_interest": "A", "prospect__address__postal_code": "40202"}
    page = reader.press("New opportunity", **who, **there)
    assert (page.status, "Taken in for another branch" in page.text) == (200, True), page.text
    assert page.answer.request.path == "/board"


def test_who_does_what_is_done_already_is_led_to_how_it_stands_in_words(office: Bench) -> None:
    lead = entered(office)
    first, second = (Reader(office, "csr") for _ in range(2))
    for reader in (first, second):
        reader.open(f"/leads/{lead}")
    first.press("Worth working")
    page = second.press("Worth working")
    assert page.answer.request.path == f"/leads/{lead}"
    assert "It is valid by now" in page.text
    office.settle()
    [opened] = office.as_("csr").items(f"/api/v1/opportunities?lead_id={lead}")
    seller = Reader(office, "salesperson")
    given = {"salesperson_id": str(CAST["salesperson"][0])}
    office.as_("csr").post(f"/api/v1/opportunities/{opened['id']}/assign", given)
    seller.open(f"/do/opportunity.contact/{opened['id']}")
    office.as_("salesperson").post(f"/api/v1/opportunities/{opened['id']}/lose", {"reason": "price"})
    page = seller.press("Log contact", note="They called back")
    assert "Not possible any more" in page.text
    assert "It is lost by now" in page.text
    assert "They called back" in page.html
    assert "possible now" not in page.text


def test_who_comes_while_another_change_takes_very_long_is_told_what_to_do(
    office: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As during an import. They read that, and not that nothing is lost and the same button will do."""
    reader, lead = Reader(office, "csr"), entered(office)
    reader.open(f"/do/lead.contact/{lead}")
    monkeypatch.setattr(fairlock, "LOCK_WAIT_S", 0.01)
    with office.system.parts["leads"].store.database.turn():
        page = reader.press("Log contact", note="They called back")
    assert page.status == 503
    assert "Another change takes very long. Try again in a moment." in page.text
    assert reader.press("Log contact").status == 200
    assert "They called back" in reader.page.text


def test_a_form_names_everybody_however_many_work_here(office: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more than fit into a page of staff's list the others could not be given anything."""
    monkeypatch.setattr(doors, "MOST", 1)
    known = {"roles": ["salesperson"], "branch": str(HOME)}
    for name in ("Ann", "Ben", "Cleo"):
        office.as_("admin").post("/api/v1/staff/people", {"name": name, "email": f"{name}@test.example", **known})
    page = Reader(office, "csr").open("/new")
    assert [name for name in ("Ann", "Ben", "Cleo") if f">{name}</option>" in page.html] == ["Ann", "Ben", "Cleo"]


def test_a_call_is_logged_whatever_somebody_else_did_to_the_record_meanwhile(office: Bench) -> None:
    lead = entered(office)
    reader = Reader(office, "csr")
    reader.open(f"/do/lead.contact/{lead}")
    assert office.as_("csr").edit("PATCH", f"/api/v1/leads/{lead}", {"source": "website"}).status_code == 200
    page = reader.press("Log contact", note="They called back")
    assert page.answer.request.path == f"/leads/{lead}", page.text
    assert "They called back" in page.text


def sold_on(bench: Bench) -> dict[str, Any]:
    """The opportunity of a lead that is worth working, with the salesperson."""
    lead, csr = entered(bench, owner_id=str(CAST["salesperson"][0])), bench.as_("csr")
    csr.post(f"/api/v1/leads/{lead}/validate")
    bench.settle()
    [found] = csr.items(f"/api/v1/opportunities?lead_id={lead}")
    return dict(found)


def test_what_came_to_its_end_asks_no_more_questions_and_shows_what_was_answered(office: Bench) -> None:
    ask = {"key": "filter", "text": "Which filter?", "type": "text", "required": True}
    body = {"name": "Filters", "kind": "profile", "questions": [ask]}
    assert office.as_("admin").call("PUT", "/api/v1/opportunities/question-sets/filters", json=body).status_code < 300
    found = sold_on(office)
    reader, path = Reader(office, "salesperson"), f"/opportunities/{found['id']}"
    assert [one for one in reader.open(path).forms if "Save answers" in one.buttons]
    office.as_("salesperson").post(f"/api/v1{path}/lose", {"reason": "price"})
    page = reader.open(path)
    assert not [one for one in page.forms if "Save answers" in one.buttons]
    assert "Which filter? not asked" in page.text
    assert "1 needed answer is open" not in page.text


def test_a_number_that_is_answered_is_read_as_people_write_it_and_never_as_another(office: Bench) -> None:
    asks = [{"key": kind, "text": f"Which {kind}?", "type": kind} for kind in ("number", "money")]
    body = {"name": "Sums", "kind": "profile", "questions": asks}
    made = office.as_("admin").call("PUT", "/api/v1/opportunities/question-sets/sums", json=body).get_json()
    age, budget = (one["id"] for one in made["questions"])
    path = f"/opportunities/{sold_on(office)['id']}"
    reader = Reader(office, "salesperson")
    for number, money, said in (
        ("10.5", "$1,250", {age: "10.5", budget: "1250"}),
        ("12", "1250,50", None),
        ("1,200", "84.50", {age: 1200, budget: "84.50"}),
    ):
        reader.open(path)
        page = reader.press("Save answers", **{age: number, budget: money})
        assert (page.status == 422) is (said is None), page.text
        [sheet] = office.as_("salesperson").items(f"/api/v1{path}/question-sets")
        assert said in (None, sheet["answers"])


def test_a_visit_before_or_after_the_hours_that_are_drawn_says_when_it_is(office: Bench) -> None:
    found = sold_on(office)
    late = {"type": "sales_call", "starts_at": "2026-12-02T23:30:00-06:00", "duration_min": 30}
    made = office.as_("salesperson").call("POST", f"/api/v1/opportunities/{found['id']}/appointments", json=late)
    assert made.status_code == 201, made.get_data(as_text=True)
    office.settle()
    page = Reader(office, "salesperson").open("/calendar?week=2026-12-02")
    assert re.search("<b><time[^>]*>23:30</time> June Pettibone</b>", page.html)


def test_who_comes_by_an_old_link_is_told_so_in_words_and_without_ids(office: Bench) -> None:
    reader = Reader(office, "manager")
    for path in ("/leads", "/opportunities", "/estimates", "/bookings", "/jobs", "/customers"):
        gone = str(uuid4())
        page = reader.open(f"{path}/{gone}")
        assert page.status == 404
        assert "It is not there any more, or it is not yours to see." in page.text
        assert gone not in page.text
    assert "No page has this address." in reader.open("/nowhere").text


def test_several_enquiries_are_given_to_somebody_in_one_go_and_the_page_says_which_are_not(office: Bench) -> None:
    mine, gone, left = (entered(office, person_name=name) for name in ("Ivy", "Gus", "June"))
    reader = Reader(office, "csr")
    reader.open("/leads?state=new")
    assert "Tick whom it is about" in reader.press("Give the ticked ones").text
    office.as_("csr").post(f"/api/v1/leads/{mine}/merge", {"duplicate_id": gone})  # while the list is open
    page = reader.press("Give the ticked ones", ids=[mine, gone], owner_id=str(CAST["salesperson"][0]))
    assert "1 enquiry is now with salesperson. 1 is not: It is merged by now" in page.text
    assert page.answer.request.path == "/leads"
    owners = {one["id"]: one["owner_id"] for one in office.as_("csr").items("/api/v1/leads")}
    assert (owners[mine], owners[left]) == (str(CAST["salesperson"][0]), None)
    reader.open("/leads")
    page = reader.press("Give the ticked ones", all="1", owner_id=str(CAST["colleague"][0]))
    assert "2 enquiries are now with colleague." in page.text  # what is merged is not offered
    assert "Give the ticked ones" not in str(Reader(office, "auditor").open("/leads").forms[-1].buttons)


def test_news_leads_nobody_to_a_page_that_is_not_theirs_to_open(office: Bench) -> None:
    lead = entered(office, owner_id=str(CAST["salesperson"][0]))
    office.as_("csr").post(f"/api/v1/leads/{lead}/assign", {"owner_id": str(CAST["colleague"][0])})
    office.settle()
    page = Reader(office, "salesperson").open("/notifications")
    assert "went to somebody else" in page.text
    assert page.html.count(f'href="/leads/{lead}"') == 1  # of the news that it was theirs
    assert f'href="/leads/{lead}"' in Reader(office, "colleague").open("/").html


def test_who_may_be_the_same_is_said_by_name_and_why_in_words_also_where_two_are_merged(office: Bench) -> None:
    at_home = {"line1": "12 Oak St", "city": "Nashville", "region": "TN", "postal_code": "37201"}
    ways = {"phones": [], "address": at_home}
    first, second = entered(office, **ways), entered(office, **ways)
    page = Reader(office, "csr").open(f"/leads/{second}")
    assert page.links["June Pettibone"] == f"/leads/{first}"
    assert "L-00001 Same name and address" in page.text
    assert (
        "L-00001 June Pettibone: Same name and address" in Reader(office, "csr").open(f"/do/lead.merge/{second}").text
    )


def test_who_calls_again_while_their_enquiry_is_worked_is_merged_into_that_one(office: Bench) -> None:
    csr, first = office.as_("csr"), entered(office)
    csr.post(f"/api/v1/leads/{first}/validate")
    office.settle()
    again = entered(office, request="Nobody called back")
    reader = Reader(office, "csr")
    reader.open(f"/leads/{again}")
    reader.follow("Merge")

    page = reader.press("Merge a duplicate")

    assert ("Merged." in page.text, page.answer.request.path) == (True, f"/leads/{first}")
    assert csr.get(f"/api/v1/leads/{again}").get_json()["duplicate_of"] == first
    third = entered(office, request="And again")
    assert "There is nothing to choose from yet." in reader.open(f"/do/lead.merge/{third}").text


def test_of_somebody_elses_enquiry_that_is_alike_the_number_is_known_and_nothing_leads_there(office: Bench) -> None:
    theirs = entered(office, owner_id=str(CAST["colleague"][0]))
    mine = entered(office, owner_id=str(CAST["salesperson"][0]))
    number = office.as_("csr").get(f"/api/v1/leads/{theirs}").get_json()["number"]
    for who, opens in (("salesperson", False), ("manager", True), ("csr", True)):
        page = Reader(office, who).open(f"/leads/{mine}")
        assert number in page.text, "they are warned all the same"
        assert (f"/leads/{theirs}" in page.offered, "With somebody else" in page.text) == (opens, not opens), who


def test_who_handed_an_enquiry_in_is_not_told_who_looks_at_what_a_colleague_makes_of_it(office: Bench) -> None:
    lead = entered(office, generated_by=str(CAST["salesperson"][0]), owner_id=str(CAST["colleague"][0]))
    office.as_("csr").post(f"/api/v1/leads/{lead}/validate")
    office.settle()
    [opened] = office.as_("csr").items(f"/api/v1/opportunities?lead_id={lead}")
    seen = {}
    for who in ("csr", "colleague", "salesperson"):
        reader = Reader(office, who)
        seen[who] = reader.client.get(f"/live.json?record={opened['id']}").get_json().get("others")
    assert seen == {"csr": [], "colleague": ["csr"], "salesperson": None}
