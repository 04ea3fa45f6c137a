"""Who is told of what: every row of the table, through the doors of the notifications service alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import CAST, HOME, OPERATIONS, Bench
from libs.common.contracts import appointments, bookings, estimates, leads, opportunities
from libs.common.contracts.base import Event
from libs.common.contracts.staff import Branch, BranchChanged
from services.notifications.states import Kind
from services.notifications.usecases import catalogue
from services.notifications.usecases.catalogue import TEXTS
from services.notifications.usecases.triggers import REMINDERS, TRIGGERS
from tests.service.notification_facts import everybody_told, tell, told, who

NOTIFICATIONS = "/api/v1/notifications"
MADE_UP = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"

msgid "Lead {number} is yours: {title}."
msgstr "{title} ({number}) estas via."

msgid " Answer by {first_response_due_at}."
msgstr " Respondu ĝis {first_response_due_at}."

msgid " Given by {by}."
msgstr " De {she}."

msgid "March"
msgstr "Marto"

msgid "%(weekday)s %(day)s %(month)s"
msgstr "%(weekday)s la %(day)s-a de %(month)s"
"""


@pytest.fixture
def notifications(bench: Callable[..., Bench]) -> Bench:
    return bench("notifications")


SALESPERSON, MANAGER, CREW = {"salesperson"}, {"manager"}, {"operations"}
COLLEAGUE = who("colleague")

#: fact, who did it, what is special about it → what is told, to exactly these
TABLE: list[tuple[type[Event], str, dict[str, Any], str, set[str]]] = [
    (leads.LeadAssigned, "csr", {}, "lead_assigned", SALESPERSON),
    (leads.LeadAssigned, "csr", {"previous_owner_id": COLLEAGUE}, "lead_reassigned", SALESPERSON),
    (leads.LeadAssigned, "csr", {"previous_owner_id": COLLEAGUE}, "lead_handed_over", {"colleague"}),
    (opportunities.OpportunityAssigned, "csr", {}, "opportunity_assigned", SALESPERSON),
    (
        opportunities.OpportunityAssigned,
        "manager",
        {"previous_salesperson_id": COLLEAGUE},
        "opportunity_reassigned",
        SALESPERSON,
    ),
    (
        opportunities.OpportunityAssigned,
        "manager",
        {"previous_salesperson_id": COLLEAGUE},
        "opportunity_handed_over",
        {"colleague"},
    ),
    (appointments.AppointmentScheduled, "csr", {}, "appointment_scheduled", SALESPERSON),
    (
        appointments.AppointmentScheduled,
        "csr",
        {"assignee_ids": [COLLEAGUE, who("salesperson")]},
        "appointment_scheduled",
        {"colleague", "salesperson"},
    ),
    (appointments.AppointmentScheduled, "csr", {"assignee_ids": []}, "appointment_scheduled", SALESPERSON),
    (
        appointments.AppointmentRescheduled,
        "office",
        {"previous_assignee_ids": [COLLEAGUE]},
        "appointment_changed",
        {"salesperson", "colleague"},
    ),
    (appointments.AppointmentChanged, "csr", {"changed": ["address"]}, "appointment_edited", SALESPERSON),
    (appointments.AppointmentChanged, "csr", {"changed": ["state"]}, "appointment_edited", set()),
    (appointments.AppointmentCancelled, "csr", {"state": "cancelled"}, "appointment_cancelled", SALESPERSON),
    (estimates.EstimateSubmitted, "salesperson", {"state": "pending_approval"}, "approval_asked", MANAGER),
    (estimates.EstimateApproved, "manager", {"state": "approved"}, "approval_given", SALESPERSON),
    (estimates.EstimateRefused, "manager", {"state": "draft"}, "approval_refused", SALESPERSON),
    (estimates.EstimateViewed, "customer", {"state": "viewed"}, "estimate_viewed", SALESPERSON),
    (estimates.EstimateViewed, "customer", {"first": False}, "estimate_viewed", set()),
    (estimates.EstimateChangesRequested, "customer", {}, "estimate_changes_requested", SALESPERSON),
    (estimates.EstimateAccepted, "customer", {"state": "accepted"}, "estimate_accepted", SALESPERSON),
    (estimates.EstimateDeclined, "customer", {"state": "declined"}, "estimate_declined", SALESPERSON),
    (estimates.EstimateExpired, "system", {"state": "expired"}, "estimate_expired", SALESPERSON),
    (bookings.BookingAssigned, "manager", {}, "booking_assigned", CREW),
    (bookings.BookingAssigned, "manager", {"assignee_id": who("office")}, "booking_assigned", {"office"}),
    (
        bookings.BookingReassigned,
        "operations",
        {"assignee_id": who("office")},
        "booking_reassigned",
        {"office"},
    ),
    (
        bookings.BookingReassigned,
        "manager",
        {"assignee_id": who("office"), "previous_team_id": OPERATIONS},
        "booking_handed_over",
        CREW,
    ),
    (bookings.BookingReturned, "operations", {"state": "returned"}, "booking_returned", MANAGER),
    (bookings.BookingUnacknowledged, "system", {}, "booking_unacknowledged", {"operations", "manager"}),
    (bookings.BookingChangeOrdered, "customer", {}, "booking_change_ordered", CREW),
    (  # who gave the work back has no part in it any more
        bookings.BookingChangeOrdered,
        "customer",
        {"state": "returned", "acknowledge_by": None},
        "booking_change_ordered",
        SALESPERSON,
    ),
    (bookings.BookingChanged, "office", {"state": "assigned", "changed": ["site"]}, "booking_edited", CREW),
    (bookings.BookingChanged, "office", {"state": "draft", "changed": ["site"]}, "booking_edited", set()),
    (bookings.BookingChanged, "office", {"state": "assigned", "changed": ["checklist"]}, "booking_edited", set()),
    (
        bookings.BookingCancelled,
        "manager",
        {"state": "cancelled", "team_id": None, "past_assignee_ids": [who("office")]},
        "booking_cancelled",
        {"operations", "office", "salesperson"},
    ),
    (
        bookings.BookingCancelled,
        "office",
        {"state": "cancelled", "team_id": None, "past_team_ids": []},
        "booking_cancelled",
        SALESPERSON,
    ),
]


@pytest.mark.parametrize(("kind", "actor", "more", "expected", "people"), TABLE)
def test_exactly_those_concerned_are_told_once_however_often_the_fact_comes(
    notifications: Bench, kind: type[Event], actor: str, more: dict[str, Any], expected: str, people: set[str]
) -> None:
    event = tell(notifications, kind, actor=actor, **more)

    assert everybody_told(notifications, expected) == people
    for name in people:
        assert told(notifications, name, subject=str(event.subject), kind=expected) == [expected]


def test_every_row_of_the_tables_is_proved_and_has_words() -> None:
    proved = {(kind, expected) for kind, _, _, expected, _ in TABLE}
    assert {(one.fact, one.kind) for one in TRIGGERS} == proved
    told_of = {one.kind for one in TRIGGERS} | {kind for one in REMINDERS for kind in (one.now, one.soon) if kind}
    own = {Kind.WEBHOOK_DISABLED, Kind.CHAT_DISABLED}  # of what happens here, and has its test with the webhooks
    assert told_of | own == set(TEXTS) == set(Kind)


def test_a_notification_says_what_happened_to_which_record_and_where_to_look(notifications: Bench) -> None:
    event = tell(notifications, leads.LeadAssigned, actor="csr", first_response_due_at="2026-03-02T16:04:00Z")

    [shown] = notifications.as_("salesperson").items(f"{NOTIFICATIONS}?unread=true")

    assert shown["subject"] == shown["correlation"] == str(event.subject)
    assert shown["text"] == "Lead L-00042 is yours: Ivy Castellan. Answer by Mon 2 March 10:04. Given by csr."
    assert shown["link"] == f"/leads/{event.subject}"
    assert shown["read_at"] is None
    one = notifications.as_("salesperson").get(f"{NOTIFICATIONS}/{shown['id']}")
    assert one.get_json() == shown


def test_people_are_told_in_their_branchs_language_as_far_as_its_catalogue_can_be_used(
    notifications: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "messages.po").write_text(MADE_UP)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    there = Branch(name="Nashville", time_zone="America/Chicago", currency="USD", locale="xx_YY")
    notifications.tell(BranchChanged(subject=HOME, branch=there), by="staff")

    tell(notifications, leads.LeadAssigned, actor="csr", first_response_due_at="2026-03-02T16:04:00Z")

    [shown] = notifications.as_("salesperson").items(NOTIFICATIONS)
    answer = " Respondu ĝis Mon la 2-a de Marto 10:04."
    assert shown["text"] == f"Ivy Castellan (L-00042) estas via.{answer} Given by csr.", "{she} is nobody we know"


def test_an_amount_is_said_as_the_customer_saw_it(notifications: Bench) -> None:
    tell(notifications, estimates.EstimateAccepted, actor="customer", total="8400.00", currency="USD")

    [shown] = notifications.as_("salesperson").items(NOTIFICATIONS)
    assert " is accepted at $8,400.00. Signed by " in shown["text"]


def test_who_goes_there_and_reads_no_opportunities_is_led_to_their_calendar(notifications: Bench) -> None:
    going = {"assignee_ids": [who("technician"), who("colleague")]}
    made = tell(notifications, appointments.AppointmentScheduled, actor="csr", **going)

    links = {name: notifications.as_(name).items(NOTIFICATIONS)[0]["link"] for name in ("technician", "colleague")}
    assert links == {"technician": "/calendar", "colleague": f"/opportunities/{made.opportunity_id}"}


def test_who_no_longer_goes_there_is_led_to_their_calendar(notifications: Bench) -> None:
    both = {"assignee_ids": [COLLEAGUE, who("salesperson")]}
    made = tell(notifications, appointments.AppointmentCancelled, actor="csr", state="cancelled", **both)

    links = {name: notifications.as_(name).items(NOTIFICATIONS)[0]["link"] for name in ("salesperson", "colleague")}
    assert links == {"salesperson": f"/opportunities/{made.opportunity_id}", "colleague": "/calendar"}


def test_who_no_longer_has_it_is_led_back_to_what_they_have(notifications: Bench) -> None:
    tell(notifications, leads.LeadAssigned, actor="csr", previous_owner_id=COLLEAGUE)
    tell(notifications, opportunities.OpportunityAssigned, actor="csr", previous_salesperson_id=COLLEAGUE)

    links = {one["kind"]: one["link"] for one in notifications.as_("colleague").items(NOTIFICATIONS)}
    assert links == {"lead_handed_over": "/leads", "opportunity_handed_over": "/board"}


def test_who_goes_there_reads_where_it_is_now(notifications: Bench) -> None:
    place = {"line1": "9 Right St", "city": "Nashville", "postal_code": "37203"}
    there = {"address": place, "note": "Ring twice.", "starts_at": "2026-12-01T15:00:00Z"}
    tell(notifications, appointments.AppointmentChanged, actor="csr", changed=["address", "note"], **there)

    [shown] = notifications.as_("salesperson").items(NOTIFICATIONS)
    assert shown["text"].startswith("The appointment on Tue 1 December 09:00 for ")
    assert shown["text"].endswith(", was put right; it is at 9 Right St, Nashville, 37203. Ring twice.")


def test_words_of_a_customer_are_data_and_what_is_unknown_is_left_unsaid(notifications: Bench) -> None:
    more = {"title": "{by} {0} <b>", "first_response_due_at": None}
    tell(notifications, leads.LeadAssigned, **more)

    [shown] = notifications.as_("salesperson").items(NOTIFICATIONS)
    assert shown["text"] == "Lead L-00042 is yours: {by} {0} <b>."


def test_who_assigns_to_themselves_knows_it_and_nobody_else_is_bothered(notifications: Bench) -> None:
    tell(notifications, leads.LeadAssigned, actor="salesperson")

    assert everybody_told(notifications, "lead_assigned") == set()


# -- reading


def test_reading_one_and_reading_all(notifications: Bench) -> None:
    for _ in range(3):
        tell(notifications, leads.LeadAssigned, subject=uuid4(), actor="csr")
    me = notifications.as_("salesperson")
    first, *_ = me.items(f"{NOTIFICATIONS}?unread=true")
    notifications.clock.forward(minutes=1)

    seen = me.post(f"{NOTIFICATIONS}/{first['id']}/read").get_json()
    assert seen["read_at"] is not None
    assert len(told(notifications, "salesperson")) == 2
    notifications.clock.forward(minutes=1)
    late = me.post(f"{NOTIFICATIONS}/{first['id']}/read", headers={"If-Match": f'"{first["version"]}"'})
    assert late.status_code == 412
    assert me.post(f"{NOTIFICATIONS}/{first['id']}/read").get_json()["read_at"] == seen["read_at"]

    assert me.post(f"{NOTIFICATIONS}/read-all").get_json() == {"read": 2}
    assert me.post(f"{NOTIFICATIONS}/read-all").get_json() == {"read": 0}
    assert told(notifications, "salesperson") == []
    assert len(me.items(NOTIFICATIONS)) == 3


def test_the_list_goes_on_by_cursor_newest_first(notifications: Bench) -> None:
    for _ in range(5):
        tell(notifications, leads.LeadAssigned, subject=uuid4(), actor="csr")
        notifications.clock.forward(seconds=1)
    me, found, cursor = notifications.as_("salesperson"), [], ""
    while True:
        page = me.get(f"{NOTIFICATIONS}?limit=2{cursor}").get_json()
        found += [one["created_at"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(found) == 5
    assert found == sorted(found, reverse=True)


def test_another_person_s_notifications_are_not_there(notifications: Bench) -> None:
    tell(notifications, leads.LeadAssigned, actor="csr")
    [mine] = notifications.as_("salesperson").items(NOTIFICATIONS)

    for name in ("colleague", "manager", "admin", "auditor"):
        other = notifications.as_(name)
        assert other.items(NOTIFICATIONS) == []
        assert other.get(f"{NOTIFICATIONS}/{mine['id']}").status_code == 404
        assert other.post(f"{NOTIFICATIONS}/{mine['id']}/read").status_code == 404
        assert other.post(f"{NOTIFICATIONS}/read-all").get_json() == {"read": 0}
    assert told(notifications, "salesperson") == ["lead_assigned"]


def test_nobody_reads_without_signing_in(notifications: Bench) -> None:
    for path in (NOTIFICATIONS, f"{NOTIFICATIONS}/preferences", f"{NOTIFICATIONS}/deliveries", "/api/v1/status-bar"):
        assert notifications.public.get(path).status_code == 401


@pytest.mark.parametrize("name", sorted(CAST))
def test_the_delivery_log_is_for_admins_and_auditors(notifications: Bench, name: str) -> None:
    event = tell(notifications, leads.LeadAssigned, actor="csr")

    answer = notifications.as_(name).get(f"{NOTIFICATIONS}/deliveries")

    assert answer.status_code == (200 if name in ("admin", "auditor") else 403)
    if answer.status_code == 200:
        [shown] = answer.get_json()["items"]
        assert UUID(shown["subject"]) == event.subject
        assert (shown["channel"], shown["state"], shown["person_id"]) == ("in_app", "sent", str(who("salesperson")))
