"""Settings, people, parked messages and files, by an admin at a browser: what is set, and what a refusal keeps."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

import services
from embedded.testing import Bench
from libs.common.bus import Delivery
from services.console.adapters import doors
from services.console.adapters.doors import Carrier, Said, Wsgi
from services.console.api.screens.topics import TOPICS
from tests.service.console_reader import Reader


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench(*services.NAMES)


def stages(bench: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bench.as_("admin").get("/api/v1/opportunities/settings").get_json()["stages"]
    return found


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_saved_without_a_change_is_what_it_was(office: Bench, topic: str) -> None:
    before = office.as_("admin").get(f"/api/v1/{topic}/settings").get_json()
    reader = Reader(office, "admin")
    reader.open(f"/settings/{topic}")
    page = reader.press("Save")
    assert "Saved. It counts from now on." in page.text
    assert office.as_("admin").get(f"/api/v1/{topic}/settings").get_json() == before


def test_a_stage_is_named_moved_and_added_in_the_table(office: Bench) -> None:
    reader = Reader(office, "admin")
    reader.open("/settings/opportunities")
    new = {"stages__9__code": "measured", "stages__9__label": "Measured", "stages__9__type": "open"}
    reader.press("Save", stages__0__label="Fresh", stages__9__probability="35", stages__9__place="3.5", **new)
    assert [one["label"] for one in stages(office)][:5] == [
        "Fresh",
        "Contacted",
        "Appointment set",
        "Measured",
        "Qualified",
    ]

    reader.open("/settings/opportunities")
    reader.press("Save", stages__3__gone="1")
    assert "measured" not in [one["code"] for one in stages(office)]


def test_a_refusal_stands_at_its_row_and_keeps_what_was_typed(office: Bench) -> None:
    reader = Reader(office, "admin")
    reader.open("/settings/opportunities")
    page = reader.press("Save", stages__1__probability="140", stages__0__label="Fresh")
    assert page.status == 422
    assert 'id="stages-1-probability-err"' in page.html
    assert ("stages.0.label", "Fresh") in page.forms[-1].fields
    assert stages(office)[0]["label"] == "New"


def test_a_refusal_forgets_no_place_and_nothing_that_was_ticked_to_be_removed(office: Bench) -> None:
    reader = Reader(office, "admin")
    reader.open("/settings/opportunities")
    new = {"stages__10__code": "measured", "stages__10__label": "Measured", "stages__10__type": "open"}
    page = reader.press("Save", stages__10__place="2.5", stages__0__gone="1", stages__10__probability="a third", **new)
    assert page.status == 422
    assert "Probability: is not a whole number" in page.text
    assert 'id="stages-10-probability-err"' in page.html
    reader.press("Save", stages__10__probability="35%")
    assert [one["code"] for one in stages(office)][:3] == ["contacted", "measured", "appointment_set"]


def test_a_setting_over_somebody_elses_says_so(office: Bench) -> None:
    mine, theirs = Reader(office, "admin"), Reader(office, "admin")
    mine.open("/settings/bookings")
    theirs.open("/settings/bookings")
    theirs.press("Save", acknowledge_minutes="60")
    page = mine.press("Save", acknowledge_minutes="90")
    assert (page.status, "Somebody changed this" in page.text) == (412, True)
    mine.press("Save")
    assert office.as_("admin").get("/api/v1/bookings/settings").get_json()["acknowledge_minutes"] == 90


def test_an_auditor_reads_settings_and_changes_none(office: Bench) -> None:
    page = Reader(office, "auditor").open("/settings/leads")
    assert page.status == 200
    assert "Save" not in {button for form in page.forms for button in form.buttons}
    assert Reader(office, "csr").open("/settings/leads").status == 403


def test_a_set_of_questions_is_made_and_changed_as_a_form(office: Bench) -> None:
    reader = Reader(office, "admin")
    reader.open("/settings/questions/owner")
    one = {"questions__0__key": "owns", "questions__0__text": "Do they own the place?", "questions__0__type": "bool"}
    page = reader.press("Save", name="Who decides", kind="qualification", questions__0__weight="10", **one)
    assert "Saved." in page.text, page.text
    page = reader.open("/settings/questions")
    assert "1 question, version 1" in page.text
    reader.follow("Who decides")
    reader.press("Save", questions__0__text="Do they own the house?")
    made = office.as_("admin").get("/api/v1/opportunities/question-sets/owner").get_json()
    assert (made["version"], made["questions"][0]["text"]) == (2, "Do they own the house?")


def test_what_answers_a_question_is_shown_at_or_disqualified_by_stands_as_it_was_after_saving(office: Bench) -> None:
    """Yes or no, a choice, a number: an answer is of its question's kind."""
    where = "/api/v1/opportunities/question-sets/owner"
    asked = [
        {"key": "owns", "text": "Do they own it?", "type": "bool", "disqualifying": [False]},
        {"key": "age", "text": "How old is it?", "type": "number", "show_if": {"question": "owns", "equals": True}},
        {"key": "gas", "text": "Which?", "type": "single", "choices": ["gas", "oil"], "disqualifying": ["oil"]},
        {"key": "tank", "text": "Where?", "type": "text", "show_if": {"question": "gas", "equals": "oil"}},
        {"key": "old", "text": "Why keep it?", "type": "text", "show_if": {"question": "age", "in": [20, 30]}},
    ]
    body = {"name": "Who decides", "kind": "qualification", "questions": asked}
    made = office.as_("admin").call("PUT", where, json=body).get_json()

    reader = Reader(office, "admin")
    reader.open("/settings/questions/owner")
    page = reader.press("Save", name="Who says yes")
    assert "Saved." in page.text, page.text

    after = office.as_("admin").get(where).get_json()
    assert after["name"] == "Who says yes"
    said = ("disqualifying", "show_if", "choices")
    for one, before in zip(after["questions"], made["questions"], strict=True):
        assert {name: one.get(name) or None for name in said} == {name: before.get(name) or None for name in said}


def test_somebody_starts_is_away_and_leaves(office: Bench) -> None:
    reader = Reader(office, "admin")
    reader.open("/settings/people")
    reader.follow("Add somebody")
    page = reader.press("Add somebody", name="Wren Alder", email="wren@test.example", roles=["csr", "office"])
    assert "With a password they can sign in." in page.text
    assert "They have no password yet" in page.text
    here = page.answer.request.path
    reader.follow("Give a password")
    assert "Given." in reader.press("Give a password", password="correct horse battery").text
    reader.open(here)
    reader.follow("Away, or here again")
    other = {"name": "Ann Lee", "email": "ann@test.example", "roles": ["csr"]}
    ann = office.as_("admin").post("/api/v1/staff/people", other).get_json()["id"]
    office.settle()
    away = {"from": "2030-01-01T08:00", "until": "2030-01-14T08:00", "cover_id": ann}
    reader.press("Away, or here again", **away)
    reader.open(here)
    reader.follow("Away, or here again")
    page = reader.press("Away, or here again", **{"from": "2030-01-02T08:00"})
    assert "2 January 2030 08:00 to Mon 14 January 2030 08:00 , Ann Lee stands in" in page.text, page.text
    reader.follow("Away, or here again")
    reader.press("Away, or here again", until="", cover_id="")
    assert "nobody knows yet" in reader.open(here).text
    reader.follow("They left")
    assert "They can no longer sign in." in reader.press("They left").text
    assert "They left and cannot sign in." in reader.open(here).text


def test_a_team_is_formed_and_its_members_stand_in_the_form(office: Bench) -> None:
    reader = Reader(office, "admin")
    reader.open("/do/person.add")
    reader.press("Add somebody", name="Wren Alder", email="wren@test.example", roles=["salesperson"])
    wren = reader.page.answer.request.path.rpartition("/")[2]
    office.settle()
    reader.open("/do/team.form")
    page = reader.press("Form a team", name="Night shift", kind="sales", member_ids=[wren])
    assert "Wren Alder" in page.links
    reader.follow("Who is in it")
    assert ("person_ids", wren) in reader.page.forms[-1].fields


def test_a_file_shows_what_would_come_and_then_what_came(office: Bench) -> None:
    reader = Reader(office, "csr")
    [form] = [
        one for one in reader.open("/do/lead.import").forms if "file" in one.action or one.action == "/do/lead.import"
    ]
    rows = (
        b"name,phone,request,street\nJune Pettibone,615-555-0117,a heat pump,12 Oak\nGus,call me,a boiler,9 Elm\n,,,\n"
    )

    def sent(**more: str) -> str:
        data = dict(form.fields) | more | {"file": (BytesIO(rows), "calls.csv")}
        answer = reader.client.post("/do/lead.import", data=data, content_type="multipart/form-data")
        return str(answer.get_data(as_text=True))

    would = sent(**{"?dry_run": "true", "_key": "one"})
    assert "1 enquiry would come" in would
    assert "Phones: is not a phone number that can be dialled" in would
    assert "<dd>Street</dd>" in would
    assert office.as_("csr").items("/api/v1/leads") == []
    assert "1 enquiry came" in sent(**{"?dry_run": "", "_key": "two"})
    assert len(office.as_("csr").items("/api/v1/leads")) == 1


def test_who_sends_a_long_file_is_not_told_after_half_a_minute_that_nobody_answers(
    office: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: dict[str, float] = {}

    def noting(app: Wsgi) -> Carrier:
        carry = doors.inside(app)

        def noted(method: str, path: str, headers: Any, body: Any, patience: float = 0, flows: bool = False) -> Said:
            waited[path] = patience
            return carry(method, path, headers, body, patience, flows)

        return noted

    monkeypatch.setattr("services.console.api.screens.frame.inside", noting)
    reader = Reader(office, "csr")
    form = reader.open("/do/lead.import").forms[-1]
    data = dict(form.fields) | {"_key": "one", "file": (BytesIO(b"name\nJune Pettibone\n"), "calls.csv")}
    reader.client.post("/do/lead.import", data=data, content_type="multipart/form-data")

    [patience] = [seconds for path, seconds in waited.items() if path.startswith("/api/v1/leads/import")]
    assert doors.PATIENCE_S < 200 < patience < 300  # of which the gateway waits all


def test_a_column_that_is_not_recognised_is_named_on_a_line(office: Bench) -> None:
    reader = Reader(office, "csr")
    form = reader.open("/do/lead.import").forms[-1]
    rows = b"Called by,Ring them at,request\nJune Pettibone,615-555-0117,a heat pump\n"

    def sent(columns: str) -> str:
        said = {"_key": str(len(columns)), "?dry_run": "", "map": columns}
        data = dict(form.fields) | said | {"file": (BytesIO(rows), "calls.csv")}
        answer = reader.client.post("/do/lead.import", data=data, content_type="multipart/form-data")
        return str(answer.get_data(as_text=True))

    assert "as in Called by = person_name" in sent("")
    assert "has a line that is not like this = that" in sent("Called by")
    assert "1 enquiry came" in sent("Called by = person_name\r\nRing them at = phones")
    [lead] = office.as_("csr").items("/api/v1/leads")
    assert lead["person_name"] == "June Pettibone"


def test_a_service_tells_again_what_it_told_and_nothing_is_parked(office: Bench) -> None:
    reader = Reader(office, "admin")
    page = reader.open("/settings/parked")
    assert "Nothing is parked anywhere." in page.text
    reader.open("/do/told.leads.again")
    page = reader.press("Tell it again", since="2020-01-01T00:00")
    assert "on their way again" in page.text


def test_what_is_parked_is_found_however_much_it_is(office: Bench) -> None:
    junk = [Delivery(b"no fact %d" % number) for number in range(51)]
    office.system.parts["leads"].consumer.deliver(junk)
    office.system.parts["bookings"].consumer.deliver(junk[:1])

    reader = Reader(office, "admin")
    page = reader.open("/settings/parked")
    newest = set(re.findall(r"/settings/parked/(\w+/\d+)", page.html))
    page = reader.follow("Older in leads")
    older = set(re.findall(r"/settings/parked/(\w+/\d+)", page.html))

    assert (len(newest), len(older), len(newest | older)) == (51, 1, 52)
    assert "Older" not in page.text


def test_an_opportunity_is_entered_first_from_the_board(office: Bench) -> None:
    reader = Reader(office, "office")
    reader.open("/board")
    reader.follow("New opportunity")
    page = reader.press(
        "New opportunity", prospect__person_name="June Pettibone", prospect__phones="615-555-0117",
        prospect__request="a heat pump", product_interest="Heat pump",
    )  # fmt: skip
    assert page.status == 200, page.text
    assert "June Pettibone" in page.text


def branch(bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = bench.as_("admin").items("/api/v1/staff/branches")[0]
    return found


def opened(reader: Reader, bench: Bench) -> str:
    reader.open("/do/branch.open")
    reader.press("Open a branch", name="Northside", time_zone="America/Chicago", currency="USD")
    return str(branch(bench)["id"])


def test_a_branchs_hours_are_written_as_people_say_them(office: Bench) -> None:
    reader = Reader(office, "admin")
    here = opened(reader, office)
    reader.open(f"/do/branch.edit/{here}")
    week = {"monday": "8am-12pm, 1-5pm", "tuesday": "8:30 to 17:15", "saturday": "8-1pm", "sunday": ""}
    week |= {"wednesday": "9-5", "thursday": "8-12, 1-5:30", "friday": "7:30-16"}
    typed = {f"calendar.hours.{day}": text for day, text in week.items()}
    reader.press("Save", **typed, **{"calendar.holidays": "2026-12-25 Christmas Day\n2027-01-01"})

    calendar = branch(office)["calendar"]
    assert calendar["hours"]["monday"] == [{"opens": "08:00", "closes": "12:00"}, {"opens": "13:00", "closes": "17:00"}]
    assert calendar["hours"]["tuesday"] == [{"opens": "08:30", "closes": "17:15"}]
    assert calendar["hours"]["saturday"] == [{"opens": "08:00", "closes": "13:00"}]
    assert "sunday" not in calendar["hours"]
    assert calendar["hours"]["wednesday"] == [{"opens": "09:00", "closes": "17:00"}]
    assert [one["opens"] for one in calendar["hours"]["thursday"]] == ["08:00", "13:00"]
    assert [one["closes"] for one in calendar["hours"]["thursday"]] == ["12:00", "17:30"]
    assert calendar["hours"]["friday"] == [{"opens": "07:30", "closes": "16:00"}]
    assert [(one["day"], one["name"]) for one in calendar["holidays"]] == [
        ("2026-12-25", "Christmas Day"),
        ("2027-01-01", ""),
    ]

    shown = reader.open(f"/do/branch.edit/{here}").forms[-1].fields
    assert ("calendar.hours.monday", "08:00-12:00, 13:00-17:00") in shown
    reader.press("Save", name="Fresh")
    assert branch(office)["calendar"] == calendar


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("calendar.hours.monday", "all day", "is not like 08:00-17:00"),
        ("calendar.hours.monday", "17:00-08:00", "closes before it opens"),
        ("calendar.hours.monday", "25-26", "is not a time of day"),
        ("calendar.hours.friday", "13-17, 8-12", "overlap, or are not in order"),
        ("calendar.holidays", "Christmas", "begin with the day"),
    ],
)
def test_hours_that_nobody_can_keep_are_refused_at_their_day(office: Bench, field: str, text: str, said: str) -> None:
    reader = Reader(office, "admin")
    reader.open(f"/do/branch.edit/{opened(reader, office)}")
    before = branch(office)
    page = reader.press("Save", **{field: text})
    assert page.status == 422
    assert said in page.text
    assert (field, text) in page.forms[-1].fields
    assert branch(office) == before


def test_the_settings_lead_an_admin_to_every_page_of_theirs(office: Bench) -> None:
    page = Reader(office, "admin").open("/settings")
    beside = {"questions", "price-books", "tax-codes", "people", "teams", "branches", "deliveries", "parked"}
    assert {f"/settings/{one}" for one in beside | set(TOPICS)} <= page.offered
