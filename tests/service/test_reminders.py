"""Reminders come when something is due, go when its cause is gone, and never flood after an import."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import CAST, Bench, moment
from libs.common.contracts import appointments, estimates, leads, opportunities
from libs.common.contracts.base import Event
from tests.service.notification_facts import everybody_told, tell, told, who


@pytest.fixture
def notifications(bench: Callable[..., Bench]) -> Bench:
    return bench("notifications")


def later(bench: Bench, **span: float) -> None:
    """Time goes by, and what is due by then happens; a timer that failed would have kept its row."""
    bench.clock.forward(**span)
    while bench.system.due():
        pass
    timers = bench.system.parts["notifications"].store.tables.timers
    with bench.system.parts["notifications"].store.reading() as tx:
        rows = tx.session.execute(timers.select()).all()
    assert [row for row in rows if row.attempts] == []


def inside(bench: Bench, **span: float) -> datetime:
    return bench.clock() + timedelta(**span)


def captured(bench: Bench, **more: Any) -> leads.LeadCaptured:
    given = {"first_response_due_at": inside(bench, hours=1), "next_action_at": None} | more
    return tell(bench, leads.LeadCaptured, actor="csr", **given)


def test_an_answer_that_is_due_is_asked_for_and_a_missed_one_escalates(notifications: Bench) -> None:
    captured(notifications)
    later(notifications, minutes=44)
    assert everybody_told(notifications, "response_due") == set()

    later(notifications, minutes=2)
    assert everybody_told(notifications, "response_due") == {"salesperson"}
    assert everybody_told(notifications, "response_missed") == set()

    later(notifications, minutes=15)
    assert everybody_told(notifications, "response_missed") == {"salesperson", "manager"}
    later(notifications, days=3)
    assert told(notifications, "salesperson").count("response_missed") == 1


def test_a_warning_whose_moment_is_past_is_left_out_but_the_miss_is_told(notifications: Bench) -> None:
    captured(notifications, first_response_due_at=inside(notifications, minutes=5))
    later(notifications, minutes=6)
    assert told(notifications, "salesperson") == ["response_missed"]


def test_the_reminder_moves_with_the_clock_of_a_lead_that_became_urgent_and_with_no_other_correction(
    notifications: Bench,
) -> None:
    captured(notifications)
    tell(notifications, leads.LeadChanged, changed=["urgent"], first_response_due_at=inside(notifications, minutes=5))
    tell(notifications, leads.LeadChanged, changed=["source"])
    later(notifications, minutes=6)
    assert "response_missed" in told(notifications, "salesperson")


def test_whoever_has_the_lead_by_then_is_reminded(notifications: Bench) -> None:
    due = inside(notifications, hours=1)
    captured(notifications, owner_id=None, first_response_due_at=due)
    given = {"owner_id": who("colleague"), "first_response_due_at": due}
    tell(notifications, leads.LeadAssigned, actor="csr", **given)
    later(notifications, minutes=50)
    assert "response_due" in told(notifications, "colleague")
    assert told(notifications, "salesperson") == []


def test_whoever_was_given_its_opportunity_alone_is_reminded_of_the_answer(notifications: Bench) -> None:
    lead = captured(notifications, owner_id=None)
    opened = tell(notifications, opportunities.OpportunityOpened, lead_id=lead.subject, salesperson_id=None)
    tell(notifications, opportunities.OpportunityAssigned, actor="csr", lead_id=lead.subject)
    later(notifications, minutes=50)
    assert everybody_told(notifications, "response_due") == {"salesperson"}
    [asked] = notifications.as_("salesperson").items("/api/v1/notifications?kind=response_due")
    assert asked["link"] == f"/opportunities/{opened.subject}", "the lead is not theirs to see"

    later(notifications, minutes=15)
    assert everybody_told(notifications, "response_missed") == {"salesperson", "manager"}


def test_an_enquiry_that_nobody_has_waits_with_those_who_can_give_it_to_somebody(notifications: Bench) -> None:
    """A manager sees their team's only; who looks when nobody gave it to anybody sees it, too."""
    captured(notifications, owner_id=None)
    later(notifications, minutes=50)
    assert everybody_told(notifications, "response_due") == {"csr", "office"}

    later(notifications, minutes=15)
    assert everybody_told(notifications, "response_missed") == {"csr", "office", "admin"}


def test_nobody_waits_for_an_answer_to_what_was_lost_until_it_is_reopened(notifications: Bench) -> None:
    lead = captured(notifications)
    opportunity: dict[str, Any] = {"lead_id": lead.subject}
    tell(notifications, opportunities.OpportunityOpened, **opportunity)
    tell(notifications, opportunities.OpportunityLost, **opportunity)
    later(notifications, hours=2)
    assert everybody_told(notifications, "response_due") | everybody_told(notifications, "response_missed") == set()
    for name in ("salesperson", "manager", "csr"):
        assert notifications.as_(name).get("/api/v1/status-bar").get_json()["overdue_responses"] == 0

    tell(notifications, opportunities.OpportunityReopened, **opportunity)
    for name in ("salesperson", "manager", "csr"):
        assert notifications.as_(name).get("/api/v1/status-bar").get_json()["overdue_responses"] == 1


STOPS: list[tuple[type[Event], dict[str, Any]]] = [
    (leads.LeadContacted, {}),
    (leads.LeadInvalidated, {}),
    (leads.LeadMerged, {}),
    (leads.LeadConverted, {}),
    (leads.LeadAssigned, {"first_response_due_at": None}),
]


@pytest.mark.parametrize(("kind", "more"), STOPS)
def test_the_response_clock_stops_with_its_cause(notifications: Bench, kind: type[Event], more: dict[str, Any]) -> None:
    captured(notifications)
    tell(notifications, kind, **more)
    later(notifications, days=1)
    assert everybody_told(notifications, "response_due") == set()
    assert everybody_told(notifications, "response_missed") == set()


def test_a_reopened_lead_runs_its_clock_again(notifications: Bench) -> None:
    captured(notifications)
    tell(notifications, leads.LeadInvalidated)
    tell(notifications, leads.LeadReopened, first_response_due_at=inside(notifications, minutes=30))
    later(notifications, minutes=31)
    assert "response_missed" in told(notifications, "salesperson")


def test_an_import_of_old_leads_wakes_nobody_but_they_are_counted(notifications: Bench) -> None:
    for _ in range(3):
        captured(notifications, subject=uuid4(), first_response_due_at=inside(notifications, days=-2))
    late = captured(notifications, subject=uuid4(), first_response_due_at=inside(notifications, hours=-2))

    later(notifications, minutes=1)

    assert told(notifications, "salesperson") == ["response_missed"]
    assert told(notifications, "salesperson", subject=str(late.subject)) == ["response_missed"]
    assert notifications.as_("salesperson").get("/api/v1/status-bar").get_json()["overdue_responses"] == 4


def test_a_follow_up_of_a_lead_comes_due_and_moves_with_its_time(notifications: Bench) -> None:
    captured(notifications, first_response_due_at=None)
    tell(notifications, leads.LeadNurturing, next_action_at=inside(notifications, days=2))
    tell(notifications, leads.LeadNurturing, next_action_at=inside(notifications, days=4))
    later(notifications, days=3)
    assert told(notifications, "salesperson") == []
    later(notifications, days=2)
    assert told(notifications, "salesperson") == ["follow_up_due"]


def test_a_valid_lead_is_followed_up_on_its_opportunity(notifications: Bench) -> None:
    tell(notifications, leads.LeadNurturing, next_action_at=inside(notifications, days=2))
    tell(notifications, leads.LeadValidated)
    given = {"next_follow_up_at": inside(notifications, days=3)}
    opened = tell(notifications, opportunities.OpportunityOpened, **given)
    later(notifications, days=4)
    assert told(notifications, "salesperson") == ["follow_up_due"]
    assert told(notifications, "salesperson", subject=str(opened.subject)) == ["follow_up_due"]


@pytest.mark.parametrize("ending", [opportunities.OpportunityLost, opportunities.OpportunityWon])
def test_nobody_follows_up_what_is_decided(notifications: Bench, ending: type[Event]) -> None:
    given = {"next_follow_up_at": inside(notifications, days=3)}
    tell(notifications, opportunities.OpportunityOpened, **given)
    tell(notifications, ending, **given)
    later(notifications, days=4)
    assert everybody_told(notifications, "follow_up_due") == set()


def scheduled(
    bench: Bench, kind: type[Event] = appointments.AppointmentScheduled, hours: float = 1, **more: Any
) -> Event:
    given = {"starts_at": inside(bench, hours=hours), "ends_at": inside(bench, hours=hours + 1), **more}
    return tell(bench, kind, actor="salesperson", **given)


def test_an_appointment_nobody_closed_is_late_once_it_is_over(notifications: Bench) -> None:
    scheduled(notifications)
    later(notifications, minutes=119)
    assert told(notifications, "salesperson") == []
    later(notifications, minutes=2)
    assert told(notifications, "salesperson") == ["appointment_late"]


def test_a_moved_appointment_is_late_by_its_new_time(notifications: Bench) -> None:
    scheduled(notifications)
    scheduled(notifications, appointments.AppointmentRescheduled, hours=30)
    later(notifications, hours=3)
    assert told(notifications, "salesperson") == []
    later(notifications, hours=30)
    assert told(notifications, "salesperson") == ["appointment_late"]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (appointments.AppointmentCompleted, "completed"),
        (appointments.AppointmentMissed, "no_show"),
        (appointments.AppointmentCancelled, "cancelled"),
    ],
)
def test_a_closed_appointment_is_never_late(notifications: Bench, kind: type[Event], state: str) -> None:
    scheduled(notifications)
    scheduled(notifications, kind, state=state)
    later(notifications, days=1)
    assert everybody_told(notifications, "appointment_late") == set()


def offered(bench: Bench, days: float, kind: type[Event] = estimates.EstimateSent, **more: Any) -> Event:
    return tell(bench, kind, actor="salesperson", expires_at=inside(bench, days=days), **more)


def test_an_undecided_offer_is_spoken_of_before_it_ends(notifications: Bench) -> None:
    offered(notifications, 30)
    later(notifications, days=26)
    assert told(notifications, "salesperson") == []
    later(notifications, days=2)
    assert told(notifications, "salesperson") == ["estimate_expiring"]


def test_an_offer_is_said_to_end_with_its_last_day(notifications: Bench) -> None:
    """Good until the 31st, it is over at midnight: whoever reads of the 1st lets the customer come too late."""
    notifications.clock.now = moment("2026-12-20 18:00")
    tell(notifications, estimates.EstimateSent, actor="salesperson", expires_at=moment("2027-01-01 06:00"))
    later(notifications, days=10)
    [one] = notifications.as_("salesperson").items("/api/v1/notifications")
    assert "and ends Thu 31 December 24:00." in one["text"]


def test_an_extended_offer_is_spoken_of_later(notifications: Bench) -> None:
    offered(notifications, 10)
    offered(notifications, 40, estimates.EstimateExtended)
    later(notifications, days=20)
    assert told(notifications, "salesperson") == []
    later(notifications, days=18)
    assert told(notifications, "salesperson") == ["estimate_expiring"]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (estimates.EstimateAccepted, "accepted"),
        (estimates.EstimateDeclined, "declined"),
        (estimates.EstimateWithdrawn, "withdrawn"),
        (estimates.EstimateRevised, "draft"),
    ],
)
def test_a_decided_offer_is_not_expiring(notifications: Bench, kind: type[Event], state: str) -> None:
    offered(notifications, 10)
    offered(notifications, 10, kind, state=state)
    later(notifications, days=9)
    assert everybody_told(notifications, "estimate_expiring") == set()


def test_how_long_before_is_a_setting(notifications: Bench) -> None:
    admin, path = notifications.as_("admin"), "/api/v1/notifications/settings"
    wanted = {"expiring_days": 7, "response_warning_minutes": 0}
    assert admin.edit("PUT", path, wanted).status_code == 200
    offered(notifications, 30)
    captured(notifications)

    later(notifications, minutes=59)
    assert everybody_told(notifications, "response_due") == set()
    later(notifications, days=23, minutes=2)
    assert everybody_told(notifications, "estimate_expiring") == {"salesperson"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"channels": []}, "/channels"),
        ({"channels": ["pigeon"]}, "/channels/0"),
        ({"quiet_hours": {"from": "25:00", "until": "07:00"}}, "/quiet_hours/from"),
        ({"quiet_hours": {"from": "20:00"}}, "/quiet_hours/until"),
        ({"expiring_days": -1}, "/expiring_days"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_settings_that_make_no_sense_are_refused(notifications: Bench, body: dict[str, Any], pointer: str) -> None:
    answer = notifications.as_("admin").edit("PUT", "/api/v1/notifications/settings", body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]


@pytest.mark.parametrize("name", sorted(set(CAST) - {"admin"}))
def test_only_admins_change_settings(notifications: Bench, name: str) -> None:
    answer = notifications.as_(name).call("PUT", "/api/v1/notifications/settings", json={}, headers={"If-Match": "*"})
    assert answer.status_code == 403
