"""Appointments: arranged from the opportunity, never two at once for one person, moved with what was kept of them."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import CAST, HOME, SALES, Bench, moment
from libs.common.contracts.appointments import (
    AppointmentCancelled,
    AppointmentChanged,
    AppointmentCompleted,
    AppointmentMissed,
    AppointmentRescheduled,
    AppointmentScheduled,
)
from libs.common.contracts.leads import LeadChanged
from libs.common.contracts.opportunities import OpportunityStageChanged
from libs.common.contracts.parts import Address
from libs.common.contracts.staff import Person, PersonChanged
from tests.service.opportunity_stories import (
    ME,
    OPPORTUNITIES,
    call_at,
    done,
    opened,
    prospect,
    refused,
    seen,
    validated,
)

APPOINTMENTS = "appointments"
NINE, HALF_PAST, TEN = "2026-12-01T15:00:00Z", "2026-12-01T15:30:00Z", "2026-12-01T16:00:00Z"


@pytest.fixture
def desk(bench: Callable[..., Bench]) -> Bench:
    return bench("opportunities")


def arranged(desk: Bench, **more: Any) -> dict[str, Any]:
    return done(desk, opened(desk)["id"], APPOINTMENTS, call_at(NINE, **more))


def act(desk: Bench, one: dict[str, Any], action: str, body: Any = None, by: str = "salesperson") -> Any:
    return desk.as_(by).post(f"{OPPORTUNITIES}/appointments/{one['id']}/{action}", body)


def test_what_and_when_is_enough_and_the_first_moves_the_stage(desk: Bench) -> None:
    found = opened(desk)
    made = done(desk, found["id"], APPOINTMENTS, {"type": "site_survey", "starts_at": NINE})
    done(desk, found["id"], APPOINTMENTS, call_at(HALF_PAST, assignee_ids=[str(CAST["colleague"][0])]))

    assert (made["state"], made["duration_min"], made["ends_at"]) == ("scheduled", 90, "2026-12-01T16:30:00Z")
    assert (made["assignee_ids"], made["address"]["line1"]) == ([str(ME)], "1 Main St")
    assert made["contact"]["name"] == "Ada Byron"
    assert seen(desk, found["id"])["stage"] == "appointment_set"
    assert len(desk.told("opportunities", OpportunityStageChanged)) == 1
    told = desk.told("opportunities", AppointmentScheduled)[0]
    assert (str(told.correlationid), told.data["number"]) == (found["lead_id"], found["number"])
    assert len(desk.as_("csr").items(f"{OPPORTUNITIES}/{found['id']}/appointments")) == 2


def test_an_appointment_needs_somebody_who_works_here(desk: Bench) -> None:
    found = opened(desk, owner_id=None)

    [fault] = refused(desk, found["id"], APPOINTMENTS, 422, call_at(NINE), by="csr")["errors"]
    assert fault["pointer"] == "/assignee_ids"
    strangers = call_at(NINE, assignee_ids=[str(ME), str(uuid4())])
    [fault] = refused(desk, found["id"], APPOINTMENTS, 422, strangers, by="csr")["errors"]
    assert fault["pointer"] == "/assignee_ids/1"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"type": "picnic"}, "/type"),
        ({"starts_at": "tomorrow"}, "/starts_at"),
        ({"starts_at": "2026-12-01T09:00:00"}, "/starts_at"),
        ({"duration_min": 0}, "/duration_min"),
        ({"assignee_ids": []}, "/assignee_ids"),
        ({"window_starts_at": TEN, "window_ends_at": NINE}, "/window_ends_at"),
    ],
)
def test_what_is_no_appointment_is_named(desk: Bench, wrong: dict[str, Any], pointer: str) -> None:
    problem = refused(desk, opened(desk)["id"], APPOINTMENTS, 422, call_at(NINE) | wrong)

    assert [one["pointer"] for one in problem["errors"]] == [pointer]


def test_nobody_is_promised_twice_and_the_refusal_says_to_whom(desk: Bench) -> None:
    first = arranged(desk)
    other = opened(desk, prospect=prospect(person_name="Other"))

    body = call_at("2026-12-01T15:29:00Z", assignee_ids=[str(CAST["colleague"][0]), str(ME)])
    problem = refused(desk, other["id"], APPOINTMENTS, 409, body)
    said = f"salesperson is taken on Tue 1 December 09:00 to 09:30 by {first['number']}"  # no id, no ISO time
    assert problem["errors"] == [{"pointer": "/assignee_ids/1", "detail": said}]
    assert problem["appointments"] == [first["id"]]
    assert seen(desk, other["id"])["stage"] == "new"
    assert done(desk, other["id"], APPOINTMENTS, call_at(HALF_PAST))["state"] == "scheduled"


def test_somebody_with_the_permission_may_promise_twice(desk: Bench) -> None:
    arranged(desk)
    other = opened(desk, prospect=prospect(person_name="Other"))

    refused(desk, other["id"], APPOINTMENTS, 403, call_at(NINE, force=True))
    assert done(desk, other["id"], APPOINTMENTS, call_at(NINE, force=True), by="manager")["state"] == "scheduled"


@pytest.mark.parametrize("end", ["cancel", "complete", "no-show"])
def test_what_came_to_its_end_takes_nobodys_time(desk: Bench, end: str) -> None:
    assert act(desk, arranged(desk), end).status_code == 200

    other = opened(desk, prospect=prospect(person_name="Other"))
    assert done(desk, other["id"], APPOINTMENTS, call_at(NINE))["state"] == "scheduled"


def test_rescheduling_keeps_where_it_stood_and_who_is_off_it(desk: Bench) -> None:
    one, colleague = arranged(desk), str(CAST["colleague"][0])
    moved = act(
        desk,
        one,
        "reschedule",
        {"starts_at": TEN, "assignee_ids": [colleague], "reason": "traffic", "note": "gate code 4711"},
    ).get_json()

    assert (moved["id"], moved["state"], moved["starts_at"]) == (one["id"], "scheduled", TEN)
    assert moved["duration_min"] == 30
    [stood] = moved["chain"]
    assert (stood["starts_at"], stood["assignee_ids"], stood["reason"]) == (
        "2026-12-01T15:00:00+00:00",
        [str(ME)],
        "traffic",
    )
    [told] = desk.told("opportunities", AppointmentRescheduled)
    assert (told.data["previous_starts_at"], told.data["previous_assignee_ids"]) == (NINE, [str(ME)])
    assert told.data["note"] == moved["note"] == "gate code 4711"
    # the old hour is free, the new one is taken, and its own time is no overlap with itself
    other = opened(desk, prospect=prospect(person_name="Other"))
    done(desk, other["id"], APPOINTMENTS, call_at(NINE))
    refused(desk, other["id"], APPOINTMENTS, 409, call_at(TEN, assignee_ids=[colleague]))
    assert act(desk, one, "reschedule", {"starts_at": "2026-12-01T16:10:00Z"}).status_code == 200


def test_rescheduling_into_somebodys_time_is_refused_and_changes_nothing(desk: Bench) -> None:
    one = arranged(desk)
    other = done(desk, opened(desk, prospect=prospect(person_name="Other"))["id"], APPOINTMENTS, call_at(TEN))

    assert act(desk, other, "reschedule", {"starts_at": NINE}).status_code == 409
    assert act(desk, other, "reschedule", {"starts_at": NINE, "force": True}).status_code == 403
    assert act(desk, other, "reschedule", {"starts_at": NINE, "force": True}, by="office").status_code == 200
    assert desk.as_("csr").get(f"{OPPORTUNITIES}/appointments/{one['id']}").get_json()["starts_at"] == NINE


def test_one_may_end_when_the_next_begins_and_last_longer_another_day(desk: Bench) -> None:
    window = {"window_starts_at": NINE, "window_ends_at": TEN}
    one = arranged(desk, **window)
    other = done(desk, opened(desk)["id"], APPOINTMENTS, call_at(HALF_PAST))
    backwards = {"starts_at": TEN, "window_starts_at": TEN, "window_ends_at": NINE}
    [fault] = act(desk, one, "reschedule", backwards).get_json()["errors"]
    assert fault["pointer"] == "/window_ends_at"

    assert act(desk, other, "reschedule", {"starts_at": TEN}).status_code == 200
    longer = act(desk, one, "reschedule", {"starts_at": HALF_PAST, "duration_min": 31})
    assert longer.status_code == 409, "by a minute"
    moved = act(desk, one, "reschedule", {"starts_at": HALF_PAST}).get_json()
    assert (moved["ends_at"], moved["window_starts_at"], moved["window_ends_at"]) == (TEN, None, None)
    tomorrow = {"starts_at": "2026-12-02T15:00:00Z", "duration_min": 45}
    assert act(desk, one, "reschedule", tomorrow).get_json()["ends_at"] == "2026-12-02T15:45:00Z"


def test_nothing_is_put_right_about_what_is_over_and_what_was_right_is_not_told(desk: Bench) -> None:
    one, csr = arranged(desk), desk.as_("csr")
    path = f"{OPPORTUNITIES}/appointments/{one['id']}"
    assert csr.edit("PATCH", path, {"note": one["note"]}).status_code == 200
    assert desk.told("opportunities", AppointmentChanged) == []
    act(desk, one, "cancel")
    assert csr.edit("PATCH", path, {"note": "Ring first"}).status_code == 409


def test_an_appointment_goes_its_way_and_each_step_is_told(desk: Bench) -> None:
    one = arranged(desk)
    states = [act(desk, one, step).get_json()["state"] for step in ("confirm", "en-route", "on-site")]
    finished = act(desk, one, "complete", {"note": "liked it"}).get_json()

    assert states == ["confirmed", "en_route", "on_site"]
    assert (finished["state"], finished["outcome"]) == ("completed", "liked it")
    assert [told.data["state"] for told in desk.told("opportunities", AppointmentChanged)] == states
    assert [told.data["note"] for told in desk.told("opportunities", AppointmentCompleted)] == ["liked it"]
    for step in ("confirm", "cancel", "complete", "no-show", "reschedule"):
        answer = act(desk, one, step, {"starts_at": TEN} if step == "reschedule" else None)
        assert answer.status_code == 409, step
        assert answer.get_json()["allowed"] == []


def test_a_customer_who_was_not_there_can_be_given_another_time(desk: Bench) -> None:
    one = arranged(desk)
    assert act(desk, one, "no-show", {"note": "nobody home"}).get_json()["state"] == "no_show"

    assert act(desk, one, "reschedule", {"starts_at": TEN}).get_json()["state"] == "scheduled"
    assert len(desk.told("opportunities", AppointmentMissed)) == 1


def test_a_cancelled_one_says_why_and_is_over(desk: Bench) -> None:
    one = arranged(desk)
    assert act(desk, one, "cancel", {"reason": "sold the house"}).get_json()["outcome"] == "sold the house"

    assert desk.told("opportunities", AppointmentCancelled)[0].data["reason"] == "sold the house"
    assert act(desk, one, "reschedule", {"starts_at": TEN}).status_code == 409


def test_what_was_arranged_ends_with_the_opportunity_unless_somebody_is_there_or_was(desk: Bench) -> None:
    found = opened(desk)
    times = [f"2026-12-01T{hour}:00:00Z" for hour in range(15, 20)]
    ahead, sure, coming, there, over = (done(desk, found["id"], APPOINTMENTS, call_at(time)) for time in times)
    for one, step in ((sure, "confirm"), (coming, "en-route"), (there, "on-site"), (over, "complete")):
        act(desk, one, step)

    done(desk, found["id"], "lose", {"reason": "price"})

    state = {one["id"]: one for one in desk.as_("csr").items(f"{OPPORTUNITIES}/{found['id']}/appointments")}
    off = [ahead["id"], sure["id"], coming["id"]]
    assert [state[one]["state"] for one in off] == ["cancelled"] * 3
    assert {state[one]["outcome"] for one in off} == {"the opportunity was lost"}
    assert (state[there["id"]]["state"], state[over["id"]]["state"]) == ("on_site", "completed")
    told = desk.told("opportunities", AppointmentCancelled)
    assert [(str(one.subject), one.data["reason"]) for one in told] == [
        (one, "the opportunity was lost") for one in off
    ]
    other = opened(desk, prospect=prospect(person_name="Other"))
    assert done(desk, other["id"], APPOINTMENTS, call_at(NINE))["state"] == "scheduled", "their time is theirs again"


def test_what_was_missed_is_arranged_anew_only_while_its_opportunity_is_not_lost(desk: Bench) -> None:
    found = opened(desk)
    one = done(desk, found["id"], APPOINTMENTS, call_at(NINE))
    act(desk, one, "no-show")
    done(desk, found["id"], "lose", {"reason": "price"})

    refused = act(desk, one, "reschedule", {"starts_at": TEN})

    assert refused.status_code == 409, refused.get_data(as_text=True)
    assert found["number"] in refused.get_json()["errors"][0]["detail"]
    path = f"{OPPORTUNITIES}/appointments/{one['id']}"
    shown = desk.as_("salesperson").get(path).get_json()["allowed"]
    assert [(allowed["action"], allowed["ok"]) for allowed in shown] == [("reschedule", False)]
    assert desk.told("opportunities", AppointmentRescheduled) == []
    done(desk, found["id"], "reopen", by="manager")
    assert act(desk, one, "reschedule", {"starts_at": TEN}).status_code == 200


def test_nobody_is_promised_for_a_time_when_they_are_away_unless_somebody_means_it(desk: Bench) -> None:
    away = {"absent_from": moment("2026-12-01 14:00"), "absent_until": moment("2026-12-01 15:30")}
    me = Person(name="Silas", email="s@test.example", roles=("salesperson",), branch=HOME, team_ids=(SALES,), **away)
    desk.tell(PersonChanged(subject=ME, person=me), by="staff")
    found = opened(desk)

    problem = refused(desk, found["id"], APPOINTMENTS, 409, call_at(NINE))
    [fault] = problem["errors"]
    assert problem["detail"] == "this overlaps with an absence"
    assert fault["pointer"] == "/assignee_ids/0"
    assert fault["detail"] == "Silas is away from Tue 1 December 08:00 until Tue 1 December 09:30"
    assert done(desk, found["id"], APPOINTMENTS, call_at(NINE, force=True), by="office")["state"] == "scheduled"
    for hour in (HALF_PAST, "2026-12-01T13:30:00Z"):  # as they are back, and until they go
        assert done(desk, found["id"], APPOINTMENTS, call_at(hour))["state"] == "scheduled"


def test_note_place_and_window_are_put_right_without_moving_it(desk: Bench) -> None:
    one, sales = arranged(desk), desk.as_("salesperson")
    path = f"{OPPORTUNITIES}/appointments/{one['id']}"
    given = {"note": "ring twice", "window_starts_at": "2026-12-01T14:00:00Z", "window_ends_at": TEN}

    answer = sales.edit("PATCH", path, given)
    assert {name: answer.get_json()[name] for name in given} == given
    assert desk.told("opportunities", AppointmentChanged)[0].data["changed"] == [
        "window_starts_at",
        "window_ends_at",
        "note",
    ]
    assert sales.edit("PATCH", path, {"window_ends_at": "2026-12-01T13:00:00Z"}).status_code == 422
    assert sales.call("PATCH", path, json=given).status_code == 428


def test_where_and_with_whom_is_put_right_with_the_opportunity_for_what_is_still_ahead(desk: Bench) -> None:
    lead = validated()
    desk.tell(lead, by="leads")
    [found] = desk.as_("csr").items(f"{OPPORTUNITIES}?lead_id={lead.subject}")
    ahead = done(desk, found["id"], APPOINTMENTS, call_at(NINE))
    over = done(desk, found["id"], APPOINTMENTS, call_at(HALF_PAST))
    elsewhere = done(desk, found["id"], APPOINTMENTS, call_at(TEN, address={"line1": "5 Show Room"}))
    act(desk, over, "complete")

    moved = prospect(person_name="Ada King", address=Address(line1="2 Right St", city="Nashville"))
    head = {"subject": lead.subject, "number": lead.number, "title": "Ada King", "state": "valid", "branch": HOME}
    desk.tell(LeadChanged(**head, prospect=moved, changed=("person_name", "address")), by="leads")

    def places() -> list[str]:
        shown = [desk.as_("csr").get(f"{OPPORTUNITIES}/appointments/{one['id']}") for one in (ahead, over, elsewhere)]
        return [f"{one.get_json()['contact']['name']}, {one.get_json()['address']['line1']}" for one in shown]

    assert places() == ["Ada King, 2 Right St", "Ada Byron, 1 Main St", "Ada King, 5 Show Room"]
    assert [set(told.data["changed"]) for told in desk.told("opportunities", AppointmentChanged)] == [
        {"contact", "address"},
        {"contact"},
    ]
    path = f"{OPPORTUNITIES}/{found['id']}"
    assert desk.as_("salesperson").edit("PATCH", path, {"site": {"line1": "3 Right St"}}).status_code == 200
    assert places() == ["Ada King, 3 Right St", "Ada Byron, 1 Main St", "Ada King, 5 Show Room"]


def test_an_appointment_is_taken_into_ones_own_calendar_and_moves_there(desk: Bench) -> None:
    one = arranged(desk, note="Ring twice")
    path = f"{OPPORTUNITIES}/appointments/{one['id']}/appointment.ics"

    def said() -> list[str]:
        answer = desk.as_("salesperson").get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        return answer.get_data(as_text=True).replace("\r\n ", "").split("\r\n")

    first = said()
    assert {f"UID:{one['id']}@plumbline", "DTSTART:20261201T150000Z", "DTEND:20261201T153000Z"} <= set(first)
    assert {"LOCATION:1 Main St\\, Nashville\\, TN\\, 37201", "METHOD:REQUEST"} <= set(first)
    assert "DESCRIPTION:Ada Byron\\n615-555-0100\\nRing twice" in first
    assert any(line.endswith("mailto:salesperson@test.example") for line in first)
    act(desk, one, "reschedule", {"starts_at": TEN})
    moved = said()
    assert "DTSTART:20261201T160000Z" in moved
    number = [int(line.partition(":")[2]) for some in (first, moved) for line in some if line.startswith("SEQUENCE:")]
    assert number[0] < number[1]
    act(desk, one, "cancel")
    assert "METHOD:CANCEL" in said()
    assert desk.as_("colleague").get(path).status_code == 404


def test_a_calendar_shows_whose_appointments_are_when(desk: Bench) -> None:
    one = arranged(desk)
    csr = desk.as_("csr")

    for query in (f"assignee={ME}", f"starts_after={NINE}&starts_before={TEN}", "state=scheduled", "type=sales_call"):
        found = csr.items(f"{OPPORTUNITIES}/appointments?{query}&sort=starts_at")
        assert [each["id"] for each in found] == [one["id"]], query
    assert csr.items(f"{OPPORTUNITIES}/appointments?starts_after={TEN}") == []
    assert desk.as_("stranger").items(f"{OPPORTUNITIES}/appointments") == []


def test_whoever_goes_there_sees_it_and_where_and_says_what_came_of_it_and_no_more(desk: Bench) -> None:
    """It is assigned to them; the opportunity is still its salesperson's."""
    found, colleague = opened(desk), str(CAST["colleague"][0])
    one = done(desk, found["id"], APPOINTMENTS, call_at(NINE, assignee_ids=[colleague]), by="csr")
    mine, path = desk.as_("colleague"), f"{OPPORTUNITIES}/appointments/{one['id']}"

    assert mine.get(path).status_code == 200
    assert [each["id"] for each in mine.items(f"{OPPORTUNITIES}/appointments")] == [one["id"]]
    assert "complete" in [each["action"] for each in mine.get(path).get_json()["allowed"]]
    assert mine.get(f"{OPPORTUNITIES}/{found['id']}").status_code == 200, "whom to ask for, and why"
    assert mine.get(f"{OPPORTUNITIES}/{found['id']}").get_json()["allowed"] == []
    assert mine.items(OPPORTUNITIES) == []
    refused(desk, found["id"], "lose", 404, {"reason": "price"}, by="colleague")
    assert desk.as_("stranger").get(path).status_code == 404
    assert act(desk, one, "on-site", by="colleague").status_code == 200
    assert act(desk, one, "complete", by="colleague").get_json()["state"] == "completed"
    assert mine.get(f"{OPPORTUNITIES}/{found['id']}").status_code == 404, "it is over"


def test_whoever_has_the_opportunity_has_its_appointments(desk: Bench) -> None:
    one = arranged(desk)
    assert act(desk, one, "confirm", by="colleague").status_code == 404
    done(desk, one["opportunity_id"], "assign", {"salesperson_id": str(CAST["colleague"][0])}, by="csr")

    assert act(desk, one, "confirm", by="colleague").status_code == 200
    assert act(desk, one, "complete", by="salesperson").status_code == 200, "who goes there still"
