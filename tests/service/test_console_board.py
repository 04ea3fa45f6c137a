"""Today, the board, search and what happened: what each role sees first, and what it can move."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import jsonschema
import pytest

import services
from embedded.testing import AWAY, CAST, HOME, SALES, Bench, moment
from libs.common.contracts.base import facts
from libs.common.contracts.estimates import EstimateDeclined, EstimateRevised, EstimateViewed
from libs.common.contracts.leads import LeadCaptured
from libs.common.contracts.staff import Branch, BranchChanged, Person, PersonChanged
from services.console.api.screens.happened import LINES
from services.console.api.screens.today import ORDER
from services.console.handlers import OF_A_FUNNEL
from tests.service.console_reader import Reader
from tests.service.notification_facts import tell

SAID = {"channel": "phone", "person_name": "June Pettibone", "phones": ["615-555-0117"], "request": "a heat pump"}


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench(*services.NAMES)


def opportunity(bench: Bench, **more: object) -> dict[str, Any]:
    """Taken in, worth working, with the salesperson."""
    csr = bench.as_("csr")
    lead = csr.post("/api/v1/leads", SAID | more).get_json()["id"]
    csr.post(f"/api/v1/leads/{lead}/validate")
    bench.settle()
    [found] = csr.items(f"/api/v1/opportunities?lead_id={lead}")
    if not found["salesperson_id"]:
        mine = bench.as_("salesperson")
        who = mine.get("/api/v1/staff/me").get_json()["id"]
        csr.post(f"/api/v1/opportunities/{found['id']}/assign", {"salesperson_id": who})
        bench.settle()
    return dict(found)


def test_a_stage_bears_the_day_on_which_it_was_entered_however_much_was_done_since(office: Bench) -> None:
    """It was the day of what was last done in it; and forty facts later none, as all that came before was gone."""
    office.clock.now = moment("2027-05-03 15:00")
    ident = opportunity(office)["id"]
    path, mine = f"/api/v1/opportunities/{ident}", office.as_("salesperson")
    office.clock.forward(days=1)
    assert mine.edit("PATCH", path, {"campaign": "Spring"}).status_code == 200
    office.clock.forward(days=1)
    attempt = {"channel": "phone", "direction": "outbound", "outcome": "no_answer"}
    for _ in range(41):
        mine.post(f"{path}/contact-attempts", attempt)
    office.settle()
    page = Reader(office, "salesperson").open(f"/opportunities/{ident}")
    assert "New Mon 3 May (done) Contacted Today" in page.text
    assert "Enquiry taken in csr, Phone" in page.text.partition("Earlier")[2]


def test_what_is_likely_to_be_sold_is_said_to_the_smallest_coin_of_its_currency(office: Bench) -> None:
    there = Branch(name="Kuwait", time_zone="Asia/Kuwait", currency="KWD", trades=("hvac",))
    office.tell(BranchChanged(subject=HOME, branch=there), by="staff")
    path = f"/api/v1/opportunities/{opportunity(office)['id']}"
    assert office.as_("salesperson").edit("PATCH", path, {"expected_value": "12.345"}).status_code == 200
    office.settle()
    assert "KWD 12.345 in all, KWD 1.235" in " ".join(Reader(office, "manager").open("/board").text.split())


def test_the_day_of_who_is_of_the_whole_company_is_the_one_that_their_pages_tell(office: Bench) -> None:
    """At ten in the evening of the 3rd tomorrow's visits stood in *My day*, and those of the 3rd were gone."""
    office.clock.now = moment("2027-05-04 03:00")
    ident, role, *_ = CAST["manager"]
    everywhere = Person(name="Manager", email="manager@test.example", roles=(role,), team_ids=(SALES,))
    office.tell(PersonChanged(subject=ident, person=everywhere), by="staff")
    path = f"/api/v1/opportunities/{opportunity(office)['id']}/appointments"
    for at in ("2027-05-03T18:00:00Z", "2027-05-04T18:00:00Z"):
        made = office.as_("salesperson").post(path, {"type": "sales_call", "starts_at": at})
        assert made.status_code == 201, made.get_data(as_text=True)
    office.settle()
    today = office.as_("manager").get("/api/v1/pipeline/today").get_json()
    assert [one["starts_at"] for one in today["appointments"]] == ["2027-05-03T18:00:00Z"]


def test_where_the_company_has_several_clocks_a_time_says_by_which(office: Bench) -> None:
    """Somebody in Nashville who promised ten o'clock in Los Angeles sent the seller there for eight."""
    office.clock.now = moment("2027-05-03 15:00")
    there = Branch(name="Los Angeles", time_zone="America/Los_Angeles", currency="USD", trades=("hvac",))
    office.tell(BranchChanged(subject=AWAY, branch=there), by="staff")
    ident, role, *_ = CAST["csr"]
    office.tell(
        PersonChanged(subject=ident, person=Person(name="C", email="c@test.example", roles=(role,))), by="staff"
    )
    found = opportunity(office, branch=str(AWAY), owner_id=str(CAST["stranger"][0]))
    reader = Reader(office, "csr")
    reader.open(f"/do/opportunity.appoint/{found['id']}")
    assert "Starts Chicago time" in " ".join(reader.page.text.split())
    page = reader.press("Set an appointment", starts_at="2027-05-04T10:00", type="sales_call")
    assert "Tomorrow 10:00 CDT" in page.text
    near = opportunity(office, branch=str(HOME), owner_id=str(CAST["salesperson"][0]))
    page = Reader(office, "salesperson").open(f"/opportunities/{near['id']}")
    assert "Today 10:00" in page.text, "who comes across one branch's records alone has one clock"
    assert "CDT" not in page.text
    office.settle()
    told = [one["text"] for one in office.as_("stranger").items("/api/v1/notifications")]
    assert any("Appointment on Tue 4 May 08:00 PDT" in one for one in told), told


@pytest.mark.parametrize("path", ["today", "board", "cards", "cards/{card}", "timeline?correlation_id={card}"])
def test_what_the_read_model_shows_is_as_its_document_says(office: Bench, path: str) -> None:
    card = opportunity(office)["lead_id"]
    document = office.public.get("/api/v1/console/openapi.json").get_json()
    answer = office.as_("manager").get(f"/api/v1/pipeline/{path.format(card=card)}")

    said = document["paths"]["/api/v1/pipeline/" + path.partition("?")[0].replace("{card}", "{correlation_id}")]["get"]
    schema = said["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(answer.get_json())


def test_what_waits_is_documented_with_the_time_it_is_due(bench: Callable[..., Bench]) -> None:
    schemas = bench("console").public.get("/api/v1/console/openapi.json").get_json()["components"]["schemas"]
    card = schemas["WaitingOut"]["properties"]["cards"]["items"]["$ref"].rpartition("/")[2]
    assert schemas[card]["properties"]["due_at"]["format"] == "date-time"


def test_every_fact_of_a_funnel_has_its_words() -> None:
    kinds = {
        fact.name.removeprefix("plumbline.").rpartition(".")[0] for fact in facts() if fact.__module__ in OF_A_FUNNEL
    }
    assert kinds == set(LINES)


def test_who_has_to_be_called_back_first_is_the_next_step_with_their_number(office: Bench) -> None:
    opportunity(office)
    page = Reader(office, "salesperson").open("/")
    assert "Call June Pettibone back" in page.text
    assert 'href="tel:+16155550117"' in page.html
    office.clock.forward(days=4)
    page = Reader(office, "salesperson").open("/")
    assert "Answers late: 1" in page.text


def test_every_role_has_its_day_and_a_tour(office: Bench) -> None:
    opportunity(office)
    for role in {str(role) for role in ORDER} | {"technician", "admin", "auditor"}:
        if role == "marketing":
            continue
        page = Reader(office, role).open("/")
        assert page.status == 200, role
        assert Reader(office, role).open("/tour").status == 200


def test_a_card_is_moved_from_the_boards_menu_without_scripts(office: Bench) -> None:
    made = opportunity(office)
    reader = Reader(office, "salesperson")
    page = reader.open("/board")
    assert "June Pettibone" in page.links, page.text
    page = reader.press("Contacted")
    assert "Moved." in page.text
    office.settle()
    assert office.as_("csr").get(f"/api/v1/opportunities/{made['id']}").get_json()["stage"] == "contacted"
    page = reader.open("/board")
    assert f"/do/opportunity.convert/{made['id']}" in page.offered
    assert f"/do/opportunity.lose/{made['id']}" in page.offered


def test_the_board_has_the_stages_of_the_readers_branch_in_its_order_empty_ones_too(office: Bench) -> None:
    """By whatever codes it calls them: what ended stands beside the lanes, and is counted as none of what is open."""
    codes = (("first", "First talk", "open"), ("site", "On site", "open"), ("priced", "Priced", "open"))
    ends = (("sold", "Sold", "won"), ("gone", "Gone", "lost"))
    flow = [{"code": code, "label": label, "type": kind, "probability": 10} for code, label, kind in (*codes, *ends)]
    path = f"/api/v1/opportunities/settings?branch={HOME}"
    why = [{"code": "moved", "label": "Moved away"}, {"code": "other", "label": "Other", "note_required": True}]
    assert office.as_("admin").edit("PUT", path, {"stages": flow, "lost_reasons": why}).status_code == 200
    made = opportunity(office)
    lost = opportunity(office, person_name="Gus Gone", phones=["615-555-0121"])
    office.as_("salesperson").post(f"/api/v1/opportunities/{lost['id']}/lose", {"reason": "moved"})
    office.settle()

    reader = Reader(office, "salesperson")
    for act, choices in (("stage", ["first", "site", "priced"]), ("lose", ["moved", "other"])):
        page = reader.open(f"/do/opportunity.{act}/{made['id']}")
        assert re.findall(r'<option value="(\w+)"', page.html) == choices, act
    page = reader.open("/board")
    assert re.findall(r'data-stage="(\w+)"', page.html) == ["first", "site", "priced"]
    assert re.findall(r'data-label="([\w ]+)"', page.html) == ["First talk", "On site", "Priced"]
    assert re.findall(r"data-all>(\d+)<", page.html) == ["1"]
    assert "Lost in a month: 1" in page.text
    assert "Moved." in reader.press("On site").text


def test_a_move_that_is_refused_says_to_a_script_everything_in_the_way(office: Bench) -> None:
    made = opportunity(office)
    reader = Reader(office, "salesperson")
    [form] = [one for one in reader.open("/board").forms if one.ident == "move"]
    headers = {"Accept": "application/json", "X-Form-Secret": dict(form.fields)["_secret"]}
    answer = reader.client.post(f"/do/opportunity.stage/{made['id']}", data={"stage": "won"}, headers=headers)
    said = answer.get_json()
    assert answer.status_code >= 400
    assert not said["ok"]
    assert said["problem"]
    answer = reader.client.post(f"/do/opportunity.stage/{made['id']}", data={"stage": "contacted"}, headers=headers)
    assert answer.get_json() == {"ok": True, "said": "Moved.", "problem": ""}


def test_who_may_not_move_sees_the_board_without_menus(office: Bench) -> None:
    made = opportunity(office)
    page = Reader(office, "auditor").open("/board")
    assert "June Pettibone" in page.links
    assert f"/do/opportunity.stage/{made['id']}" not in page.offered


def test_the_board_narrows_to_what_is_asked(office: Bench) -> None:
    opportunity(office, source="Radio")
    opportunity(office, person_name="Saul Everly", phones=["615-555-0188"])
    reader = Reader(office, "manager")
    assert {"June Pettibone", "Saul Everly"} <= reader.open("/board").links.keys()
    page = reader.open("/board?source=Radio&age=&person=")
    assert "June Pettibone" in page.links
    assert "Saul Everly" not in page.links
    assert "June Pettibone" not in reader.open("/board?age=overdue").links
    office.clock.forward(days=4)
    assert "June Pettibone" in reader.open("/board?age=overdue").links


def test_a_board_with_nothing_on_it_says_what_brings_something_there(office: Bench) -> None:
    reader = Reader(office, "salesperson")
    page = reader.open("/board")
    assert "An enquiry that is worth working comes onto the board by itself." in page.text
    assert "Take a call" in page.text
    opportunity(office)
    assert "June Pettibone" in reader.open("/board").text
    narrowed = reader.open("/board?source=nobody")
    assert "No open opportunity has all of what you chose." in narrowed.text
    assert "The whole board" in narrowed.text


def test_a_stage_that_the_company_adds_is_a_lane_at_its_place_before_anything_stands_in_it(office: Bench) -> None:
    opportunity(office)
    admin, path = office.as_("admin"), "/api/v1/opportunities/settings"
    stages = admin.get(path).get_json()["stages"]
    added = {"code": "measured", "label": "Site measured", "type": "open", "probability": 90}
    assert admin.edit("PUT", path, {"stages": [*stages[1:3], added, *stages[3:]]}).status_code == 200
    page = Reader(office, "salesperson").open("/board").html

    lanes = re.findall('data-stage="([a-z_]+)"', page)
    assert lanes[:4] == ["new", "contacted", "appointment_set", "measured"]  # the card stands in one that is gone
    assert 'value="measured"' in page


def test_somebody_is_found_by_the_end_of_their_number_on_a_page_and_by_the_palette(office: Bench) -> None:
    made = opportunity(office)
    reader = Reader(office, "csr")
    assert reader.open("/search?q=0117").links["June Pettibone"] == f"/opportunities/{made['id']}"
    [one] = reader.client.get("/search.json?q=pettib").get_json()
    assert (one["text"], one["href"]) == ("June Pettibone", f"/opportunities/{made['id']}")
    assert "a heat pump" in one["about"]
    opportunity(office, person_name="Gus Halloran", request="", trade="hvac", interest_level="high")
    [one] = reader.client.get("/search.json?q=halloran").get_json()
    assert one["about"].startswith("HVAC, ")
    assert "Nobody by that name" in reader.open("/search?q=zzz").text


def test_a_records_number_leads_to_that_record_and_to_no_other_of_its_year_or_count(office: Bench) -> None:
    first, second = (opportunity(office, person_name=name) for name in ("June Pettibone", "Gus Halloran"))
    office.as_("salesperson").post(f"/api/v1/opportunities/{second['id']}/convert")
    office.settle()
    [estimate] = office.as_("csr").items(f"/api/v1/estimates?opportunity_id={second['id']}")
    found = {
        number: Reader(office, "csr").open(f"/search?q={number}").links.keys() & {"June Pettibone", "Gus Halloran"}
        for number in (first["number"], "l-1", estimate["number"])
    }
    assert list(found.values()) == [{"June Pettibone"}, {"June Pettibone"}, {"Gus Halloran"}], found


def test_what_happened_is_told_on_the_enquiry_and_the_opportunity(office: Bench) -> None:
    made = opportunity(office)
    reader = Reader(office, "csr")
    for where in (f"/leads/{made['lead_id']}", f"/opportunities/{made['id']}"):
        page = reader.open(where)
        assert "What happened" in page.text
        for words in ("Enquiry taken in", "Worth working", "Opportunity opened"):
            assert words in page.text, where


def test_a_number_of_the_board_leads_to_the_cards_that_it_counts_and_no_others(office: Bench) -> None:
    def lost(source: str, name: str, number: str) -> None:
        found = opportunity(office, source=source, person_name=name, phones=[number])
        office.as_("salesperson").post(f"/api/v1/opportunities/{found['id']}/lose", {"reason": "price"})
        office.settle()

    lost("Radio", "Olga Old", "615-555-0121")
    office.clock.forward(days=40)
    lost("Radio", "Nora New", "615-555-0122")
    lost("Web", "Wes Web", "615-555-0123")
    office.as_("csr").post("/api/v1/leads", SAID | {"person_name": "Rae Radio", "source": "Radio"})
    office.as_("csr").post("/api/v1/leads", SAID | {"person_name": "Will Web", "source": "Web"})
    office.settle()

    reader = Reader(office, "office")
    reader.open("/board?source=Radio")
    listed = reader.follow("Lost in a month: 1").links.keys()
    assert {"Olga Old", "Nora New", "Wes Web"} & listed == {"Nora New"}
    reader.open("/board?source=Radio")
    [before] = re.findall(r'href="(/cards\?lane=lead\.new[^"]*)"', reader.page.html)
    assert {"Rae Radio", "Will Web"} & reader.open(unescape(before)).links.keys() == {"Rae Radio"}


def test_an_hour_that_the_clocks_leave_out_is_no_time_to_come(office: Bench) -> None:
    """A visit at half past two was one at half past three: nobody had said so."""
    found = opportunity(office)
    reader = Reader(office, "salesperson")
    reader.open(f"/do/opportunity.appoint/{found['id']}")
    page = reader.press("Set an appointment", starts_at="2150-03-08T02:30")
    assert page.status == 422
    assert "is an hour that is left out that day" in page.text
    assert ("starts_at", "2150-03-08T02:30") in page.forms[-1].fields
    page = reader.press("Set an appointment", starts_at="9999-12-31T23:59")  # which is another year elsewhere
    assert (page.status, "is not a day and a time" in page.text) == (422, True)
    reader.press("Set an appointment", starts_at="2150-03-08T03:30")
    office.settle()
    [visit] = office.as_("csr").items(f"/api/v1/opportunities/{found['id']}/appointments")
    assert visit["starts_at"] == "2150-03-08T08:30:00Z"


def test_the_answers_that_are_late_are_the_same_in_the_bar_on_today_and_in_their_list(office: Bench) -> None:
    """Also for whom the opportunity was given and not the enquiry. Nobody answers what was lost without a word."""
    opportunity(office)
    lost = opportunity(office, person_name="Lou Lost", phones=["615-555-0166"])
    assert office.as_("salesperson").post(f"/api/v1/opportunities/{lost['id']}/lose", {"reason": "timing"}).json
    office.as_("csr").post("/api/v1/leads", SAID | {"person_name": "Nobodys Yet", "phones": ["615-555-0177"]})
    spoken = opportunity(office, person_name="Sonny Spoken", phones=["615-555-0155"])
    attempt = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    office.as_("salesperson").post(f"/api/v1/opportunities/{spoken['id']}/contact-attempts", attempt)
    office.settle()
    office.clock.forward(days=4)

    for who, late in (("salesperson", {"June Pettibone"}), ("office", {"June Pettibone", "Nobodys Yet"})):
        reader = Reader(office, who)
        assert f"Answers late: {len(late)}." in reader.open("/").text
        bar = office.as_(who).get("/api/v1/status-bar").get_json()
        assert bar["overdue_responses"] == len(late)
        page = reader.follow("1 answer late" if len(late) == 1 else f"{len(late)} answers late")
        assert "Answers late" in page.text
        assert {"June Pettibone", "Nobodys Yet", "Sonny Spoken", "Lou Lost"} & page.links.keys() == late


def test_the_follow_ups_that_are_late_are_listed_as_many_as_are_counted(office: Bench) -> None:
    """Those of enquiries that are being nurtured too, and nobody who is only to be answered."""
    late = {"next_action_at": (office.clock() + timedelta(hours=1)).isoformat()}
    nurtured = office.as_("csr").post("/api/v1/leads", SAID | {"person_name": "Nora Nurtured"}).get_json()
    assert office.as_("csr").post(f"/api/v1/leads/{nurtured['id']}/nurture", late).status_code == 200
    worked = opportunity(office, phones=["615-555-0118"])
    path = f"/api/v1/opportunities/{worked['id']}"
    office.as_("salesperson").edit("PATCH", path, {"next_follow_up_at": late["next_action_at"]})
    opportunity(office, person_name="Ann Answer", phones=["615-555-0199"])
    office.settle()
    office.clock.forward(days=4)

    reader = Reader(office, "office")
    counted = office.as_("office").get("/api/v1/status-bar").get_json()["overdue_follow_ups"]
    reader.open("/")
    page = reader.follow(f"{counted} follow-ups late")
    assert (counted, "Follow-ups late" in page.text) == (2, True)
    assert {"Nora Nurtured", "June Pettibone"} <= page.links.keys()
    assert "Ann Answer" not in page.links


def test_a_next_version_is_not_yet_looked_at_nor_declined_whatever_became_of_the_one_before(
    bench: Callable[..., Bench],
) -> None:
    alone, at = bench("console"), moment("2026-03-02 16:04")
    lead = tell(alone, LeadCaptured).subject
    about = {"subject": uuid4(), "lead_id": lead}
    tell(alone, EstimateViewed, **about, viewed_at=at)
    tell(alone, EstimateDeclined, **about, declined_at=at, reason="price")

    def said() -> list[Any]:
        [one] = alone.as_("admin").get(f"/api/v1/pipeline/cards/{lead}").get_json()["estimates"]
        return [one["viewed_at"] is not None, one["decided_at"] is not None, one["decline_reason"]]

    assert said() == [True, True, "price"]
    tell(alone, EstimateRevised, **about)
    assert said() == [False, False, None]
