"""Mail about what happened: to those who want it, after their quiet hours, and what became of it is told."""

import base64
import smtplib
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from embedded.testing import AWAY, CAST, HOME, Bench, moment
from libs.common import mail
from libs.common.contracts import leads
from libs.common.contracts.appointments import AppointmentCancelled, AppointmentRescheduled, AppointmentScheduled
from libs.common.contracts.notifications import NotificationFailed, NotificationSent
from libs.common.contracts.staff import Branch, BranchChanged, Person, PersonChanged
from libs.common.deployment import Deployment
from libs.common.idempotency import tag, version_of
from services.notifications.usecases import follow_up, forget_news
from tests.service.notification_facts import tell, told

PREFERENCES = "/api/v1/notifications/preferences"
SERVER = Deployment("https://plumbline.example", "smtp://mail.example", "Plumbline <plumbline@example.com>")


@pytest.fixture
def notifications(bench: Callable[..., Bench]) -> Bench:
    made = bench("notifications")
    made.clock.now = moment("2027-05-04 15:00")  # ten in the morning in Nashville
    return made


@pytest.fixture
def _mail_server(notifications: Bench) -> None:
    notifications.system.parts["notifications"].store.deployment = SERVER


def queued(bench: Bench) -> list[Any]:
    store = bench.system.parts["notifications"].store
    with store.reading() as tx:
        return list(tx.session.execute(sa.select(store.tables.mail).order_by(store.tables.mail.c.recipient)))


def log(bench: Bench, channel: str = "email") -> list[dict[str, Any]]:
    return bench.as_("auditor").items(f"/api/v1/notifications/deliveries?channel={channel}")


def test_without_a_mail_server_people_are_told_in_the_app_alone(notifications: Bench) -> None:
    tell(notifications, leads.LeadAssigned, actor="csr")
    assert queued(notifications) == []
    assert log(notifications) == []
    assert told(notifications, "salesperson") == ["lead_assigned"]


@pytest.mark.usefixtures("_mail_server")
def test_the_same_words_go_by_mail_with_where_to_look(notifications: Bench) -> None:
    event = tell(notifications, leads.LeadAssigned, actor="csr", first_response_due_at=None)

    [row] = queued(notifications)
    assert row.recipient == "salesperson@test.example"
    assert row.subject == "Lead L-00042 is yours: Ivy Castellan. Given by csr."
    assert f"https://plumbline.example/leads/{event.subject}" in row.body
    assert row.due_at == notifications.clock()
    assert [(one["id"], one["state"]) for one in log(notifications)] == [(str(row.id), "queued")]


@pytest.mark.usefixtures("_mail_server")
def test_what_is_told_of_an_appointment_puts_it_into_a_calendar_moves_it_there_and_takes_it_out(
    notifications: Bench,
) -> None:
    both = [CAST["colleague"][0], CAST["salesperson"][0]]  # the second goes there still
    at = {"starts_at": moment("2027-05-06 15:00"), "ends_at": moment("2027-05-06 16:00")}
    made = tell(notifications, AppointmentScheduled, actor="csr", **at)
    tell(notifications, AppointmentRescheduled, actor="csr", previous_assignee_ids=both, **at)
    tell(notifications, AppointmentCancelled, actor="csr", state="cancelled", **at)
    tell(notifications, leads.LeadAssigned, actor="csr")

    def said(row: Any) -> tuple[str, str, str]:
        [file] = row.attachments
        lines = base64.b64decode(file["content"]).decode().split("\r\n")
        assert {f"UID:{made.subject}@plumbline", "DTSTART:20270506T150000Z"} <= set(lines)
        words = dict(line.partition(":")[::2] for line in lines)
        [part] = mail.message(row, "Plumbline <plumbline@company.example>").iter_attachments()
        assert (part.get_filename(), part.get_content_type()) == ("appointment.ics", "text/calendar")
        assert part.get_params()[1:] == [("method", words["METHOD"]), ("charset", "utf-8")], "or it is read as ASCII"
        return row.recipient.partition("@")[0], words["METHOD"], words["SEQUENCE"]

    rows = queued(notifications)
    assert sorted(said(row) for row in rows if "ppointment" in row.subject) == [
        ("colleague", "CANCEL", "2"),
        ("salesperson", "CANCEL", "3"),
        ("salesperson", "REQUEST", "1"),
        ("salesperson", "REQUEST", "2"),
    ]
    assert [row.attachments for row in rows if "Lead" in row.subject] == [[]]


@pytest.mark.usefixtures("_mail_server")
def test_what_the_server_takes_is_sent_and_told_once(notifications: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[EmailMessage] = []
    monkeypatch.setattr(mail, "post", lambda _server, message: taken.append(message))
    event = tell(notifications, leads.LeadAssigned, actor="csr")
    store = notifications.system.parts["notifications"].store
    assert follow_up(store) == 0

    mail.deliver(store)
    assert follow_up(store) == 1
    assert follow_up(store) == 0

    assert len(taken) == 1
    [fact] = notifications.told("notifications", NotificationSent)
    assert fact.data["record_id"] == str(event.subject)
    assert fact.data["recipient_id"] == str(CAST["salesperson"][0])
    assert (fact.data["channel"], fact.data["kind"], fact.data["attempts"]) == ("email", "lead_assigned", 1)
    assert UUID(fact.data["event_id"])
    assert fact.correlationid == event.subject
    [shown] = log(notifications)
    assert (shown["state"], UUID(shown["id"])) == ("sent", fact.subject)


@pytest.mark.usefixtures("_mail_server")
def test_what_is_refused_for_good_is_told_with_the_reason(
    notifications: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_around: Deployment, message: EmailMessage) -> None:
        raise smtplib.SMTPRecipientsRefused({message["To"]: (550, b"no such user")})

    monkeypatch.setattr(mail, "post", refuse)
    tell(notifications, leads.LeadAssigned, actor="csr")
    store = notifications.system.parts["notifications"].store

    mail.deliver(store)
    follow_up(store)

    [fact] = notifications.told("notifications", NotificationFailed)
    assert "no such user" in fact.data["reason"]
    assert [(one["state"], "no such user" in one["error"]) for one in log(notifications)] == [("failed", True)]


@pytest.mark.usefixtures("_mail_server")
@pytest.mark.parametrize(
    ("now", "goes_at"),
    [
        ("2027-05-04 15:00", "2027-05-04 15:00"),
        ("2027-05-05 00:59", "2027-05-05 00:59"),  # 19:59
        ("2027-05-05 01:00", "2027-05-05 12:00"),  # 20:00 → 07:00
        ("2027-05-05 11:59", "2027-05-05 12:00"),
        ("2027-05-05 12:00", "2027-05-05 12:00"),
        ("2027-03-14 03:00", "2027-03-14 12:00"),  # the night summer time begins
    ],
)
def test_no_mail_disturbs_the_quiet_hours_of_the_branch(notifications: Bench, now: str, goes_at: str) -> None:
    notifications.clock.now = moment(now)
    tell(notifications, leads.LeadAssigned, actor="csr")
    assert [row.due_at for row in queued(notifications)] == [moment(goes_at)]
    assert told(notifications, "salesperson") == ["lead_assigned"]


@pytest.mark.usefixtures("_mail_server")
@pytest.mark.parametrize(
    ("hours", "now", "goes_at"),
    [
        (("12:00", "14:00"), "16:59", "16:59"),
        (("12:00", "14:00"), "17:00", "19:00"),  # noon there
        (("12:00", "14:00"), "18:59", "19:00"),
        (("12:00", "14:00"), "19:00", "19:00"),
        (("12:00", "12:00"), "17:00", "17:00"),  # no hours at all
    ],
)
def test_somebody_may_be_quiet_at_noon(notifications: Bench, hours: tuple[str, str], now: str, goes_at: str) -> None:
    quiet = {"quiet_hours": dict(zip(("from", "until"), hours, strict=True))}
    assert notifications.as_("salesperson").edit("PUT", PREFERENCES, quiet).status_code == 200
    notifications.clock.now = moment(f"2027-05-04 {now}")
    tell(notifications, leads.LeadAssigned, actor="csr")
    assert [row.due_at for row in queued(notifications)] == [moment(f"2027-05-04 {goes_at}")]


@pytest.mark.usefixtures("_mail_server")
def test_quiet_hours_are_a_person_s_own_branch_s_and_by_its_clock_whosever_record_it_is(notifications: Bench) -> None:
    """Two hours behind the branch of the record, which has none of its own."""
    west = Branch(name="Reno", time_zone="America/Los_Angeles", currency="USD")
    notifications.tell(BranchChanged(subject=AWAY, branch=west), by="staff")
    path = f"/api/v1/notifications/settings?branch={HOME}"
    assert notifications.as_("admin").edit("PUT", path, {"quiet_hours": None}).status_code == 200
    notifications.clock.now = moment("2027-05-04 13:00")  # eight in Nashville, six in Reno

    tell(notifications, leads.LeadAssigned, actor="csr", owner_id=CAST["stranger"][0])

    [row] = queued(notifications)
    assert (row.recipient, row.due_at) == ("stranger@test.example", moment("2027-05-04 14:00"))


@pytest.mark.usefixtures("_mail_server")
def test_who_is_of_the_whole_company_sleeps_by_the_clock_that_they_read(notifications: Bench) -> None:
    """Not by that of whichever branch somebody asked at."""
    west = Branch(name="Reno", time_zone="America/Los_Angeles", currency="USD")
    notifications.tell(BranchChanged(subject=AWAY, branch=west), by="staff")
    ident, role, *_ = CAST["manager"]
    everywhere = Person(name="Manager", email="manager@test.example", roles=(role,))
    notifications.tell(PersonChanged(subject=ident, person=everywhere), by="staff")
    notifications.clock.now = moment("2027-05-04 13:00")  # eight in Nashville, six in Reno

    tell(notifications, leads.LeadAssigned, actor="csr", owner_id=ident, branch=AWAY)

    assert [(row.recipient, row.due_at) for row in queued(notifications)] == [
        ("manager@test.example", notifications.clock())
    ]


@pytest.mark.usefixtures("_mail_server")
def test_a_person_chooses_channels_by_kind_and_their_own_quiet_hours(notifications: Bench) -> None:
    me = notifications.as_("salesperson")
    wanted = {"channels": {"lead_assigned": ["in_app"], "lead_reassigned": ["email"]}, "quiet_hours": None}
    assert me.edit("PUT", PREFERENCES, wanted).status_code == 200
    notifications.clock.now = moment("2027-05-05 03:00")  # night

    tell(notifications, leads.LeadAssigned, actor="csr")
    assert queued(notifications) == []
    tell(notifications, leads.LeadAssigned, actor="csr", previous_owner_id=CAST["colleague"][0])

    assert told(notifications, "salesperson") == ["lead_assigned"]
    due = {row.recipient.partition("@")[0]: row.due_at for row in queued(notifications)}
    assert due == {"salesperson": notifications.clock(), "colleague": moment("2027-05-05 12:00")}


def test_what_a_person_has_not_chosen_follows_the_company(notifications: Bench) -> None:
    me = notifications.as_("salesperson")
    first = me.get(PREFERENCES)
    assert first.headers["ETag"] == tag(0, first.get_json())
    assert first.get_json()["channels"]["lead_assigned"] == ["in_app", "email"]
    assert first.get_json()["quiet_hours"] == {"from": "20:00", "until": "07:00"}

    chosen = first.get_json()
    chosen["channels"]["lead_assigned"] = ["email"]
    answer = me.edit("PUT", PREFERENCES, chosen)
    assert answer.get_json() == chosen
    assert answer.headers["ETag"] == me.get(PREFERENCES).headers["ETag"] == tag(1, chosen)

    admin = notifications.as_("admin")
    admin.edit("PUT", "/api/v1/notifications/settings", {"channels": ["in_app"]})
    assert me.get(PREFERENCES, headers={"If-None-Match": tag(1, chosen)}).status_code == 200
    now = me.get(PREFERENCES).get_json()["channels"]
    assert (now["lead_assigned"], now["lead_reassigned"]) == (["email"], ["in_app"])
    assert version_of(notifications.as_("colleague").get(PREFERENCES).headers["ETag"]) == 0


def test_preferences_are_changed_only_as_read(notifications: Bench) -> None:
    me = notifications.as_("salesperson")
    assert me.call("PUT", PREFERENCES, json={}).status_code == 428
    assert me.call("PUT", PREFERENCES, json={}, headers={"If-Match": '"1"'}).status_code == 412
    assert me.call("PUT", PREFERENCES, json={}, headers={"If-Match": '"0"'}).status_code == 200
    assert me.call("PUT", PREFERENCES, json={}, headers={"If-Match": '"0"'}).status_code == 412
    loud = {"quiet_hours": None}
    answer = me.call("PUT", PREFERENCES, json=loud, headers={"If-Match": '"1"'})
    assert version_of(answer.headers["ETag"]) == 2
    assert me.call("PUT", PREFERENCES, json=loud, headers={"If-Match": '"1"'}).status_code == 412


def test_what_each_has_chosen_is_their_own(notifications: Bench) -> None:
    chosen = {"salesperson": "07:00", "colleague": "08:00"}
    for _ in range(2):
        for name, until in chosen.items():
            hours = {"quiet_hours": {"from": "21:00", "until": until}}
            assert notifications.as_(name).edit("PUT", PREFERENCES, hours).status_code == 200
    shown = {one: notifications.as_(one).get(PREFERENCES).get_json()["quiet_hours"] for one in (*chosen, "csr")}
    assert {name: hours["until"] for name, hours in shown.items()} == chosen | {"csr": "07:00"}
    assert shown["csr"]["from"] == "20:00"


@pytest.mark.parametrize(
    "body",
    [
        {"channels": {"lead_assigned": []}},
        {"channels": {"surprise": ["email"]}},
        {"channels": {"lead_assigned": ["pigeon"]}},
        {"channels": ["email"]},
        {"quiet_hours": {"from": "20:00", "until": "7"}},
        {"quiet_hours": {}},
        {"own": {}},
    ],
)
def test_preferences_that_make_no_sense_are_refused(notifications: Bench, body: dict[str, Any]) -> None:
    assert notifications.as_("salesperson").edit("PUT", PREFERENCES, body).status_code == 422


@pytest.mark.usefixtures("_mail_server")
def test_old_news_is_kept_until_a_setting_lets_go_of_it_and_mail_that_waits_stays(notifications: Bench) -> None:
    store = notifications.system.parts["notifications"].store
    tell(notifications, leads.LeadAssigned, actor="csr")
    notifications.clock.forward(days=31)
    tell(notifications, leads.LeadAssigned, actor="csr", subject=uuid4())
    assert forget_news(store) == 0

    store.deployment = replace(SERVER, news_keep_days=30)

    assert [forget_news(store) for _ in range(2)] == [1, 0]
    assert told(notifications, "salesperson") == ["lead_assigned"], "the one of today"
    assert len(log(notifications)) == 2
