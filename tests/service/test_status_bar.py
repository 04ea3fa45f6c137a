"""What waits for each person, counted in their own scope, and by their branch's clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from embedded.testing import AWAY, CAST, SALES, Bench, moment
from libs.common.auth import RULES, Role
from libs.common.contracts import appointments, bookings, estimates, leads, opportunities
from libs.common.contracts.staff import Branch, BranchChanged, Person, PersonChanged
from tests.service.notification_facts import tell, who

STATUS_BAR = "/api/v1/status-bar"
COUNTERS = {
    "new_leads", "overdue_responses", "overdue_follow_ups", "todays_appointments", "expiring_estimates",
    "unacknowledged_bookings", "unread",
}  # fmt: skip


@pytest.fixture
def notifications(bench: Callable[..., Bench]) -> Bench:
    return bench("notifications")


def bar(bench: Bench, name: str) -> dict[str, int]:
    answer = bench.as_(name).get(STATUS_BAR)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    counted: dict[str, int] = answer.get_json()
    return counted


def one_of_everything(bench: Bench, owner: str, **more: Any) -> None:
    """Of each thing that is counted, one that is this salesperson's, in their branch."""
    now, (ident, _, branch, _) = bench.clock(), CAST[owner]
    mine = {"owner_id": ident, "salesperson_id": ident, "branch": branch, "assignee_ids": [ident], **more}
    ids = {name: uuid4() for name in ("lead", "opportunity", "appointment", "estimate", "booking")}
    late, soon = now - timedelta(minutes=5), now + timedelta(minutes=5)
    overdue = {"first_response_due_at": late, "next_action_at": late}
    tell(bench, leads.LeadCaptured, subject=ids["lead"], **overdue, **mine)
    tell(bench, opportunities.OpportunityOpened, subject=ids["opportunity"], next_follow_up_at=late, **mine)
    day = {"starts_at": now, "ends_at": soon}
    tell(bench, appointments.AppointmentScheduled, subject=ids["appointment"], **day, **mine)
    tell(bench, estimates.EstimateSent, subject=ids["estimate"], expires_at=now + timedelta(days=2), **mine)
    tell(bench, bookings.BookingAssigned, subject=ids["booking"], **mine)


def counted(bench: Bench, name: str) -> dict[str, int]:
    return {key: value for key, value in bar(bench, name).items() if key != "unread"}


FULL = {
    "new_leads": 1,
    "overdue_responses": 1,
    "overdue_follow_ups": 2,
    "todays_appointments": 1,
    "expiring_estimates": 1,
    "unacknowledged_bookings": 1,
}
READS = {
    "new_leads": "lead.read",
    "overdue_responses": "lead.read",
    "todays_appointments": "opportunity.read",
    "expiring_estimates": "estimate.read",
    "unacknowledged_bookings": "booking.read",
}


def test_a_new_lead_given_to_a_salesperson_is_counted_until_somebody_speaks_to_them(notifications: Bench) -> None:
    assert bar(notifications, "salesperson") == dict.fromkeys(COUNTERS, 0)
    lead = tell(notifications, leads.LeadCaptured, actor="csr", first_response_due_at=None)
    tell(notifications, leads.LeadAssigned, actor="csr", subject=lead.subject, first_response_due_at=None)
    assert bar(notifications, "salesperson") == dict.fromkeys(COUNTERS, 0) | {"new_leads": 1, "unread": 1}

    tell(notifications, leads.LeadContacted, subject=lead.subject)
    assert bar(notifications, "salesperson")["new_leads"] == 0


@pytest.mark.parametrize("name", sorted(CAST))
def test_each_role_counts_what_it_may_read_of_its_own_its_team_or_its_branch(notifications: Bench, name: str) -> None:
    one_of_everything(notifications, "salesperson")
    role = Role(CAST[name][1])

    seen = counted(notifications, name)

    for counter, permission in READS.items():
        reach = RULES[permission].get(role)
        sees = reach is not None and (
            name in ("salesperson", "admin", "auditor")
            or (reach.name == "TEAM" and name == "manager")
            or (reach.name == "ALL" and CAST[name][2] == CAST["salesperson"][2])
        )
        if counter == "expiring_estimates" and role is Role.OPERATIONS:
            sees = False  # they see what was sold, not what is still open
        assert (counter, seen[counter]) == (counter, int(sees))


@pytest.mark.parametrize(("name", "sees"), [("salesperson", 1), ("manager", 1), ("csr", 2), ("auditor", 3)])
def test_own_team_branch_and_company_widen_what_is_counted(notifications: Bench, name: str, sees: int) -> None:
    for owner, more in (("salesperson", {}), ("office", {}), ("stranger", {"branch": AWAY})):
        tell(notifications, leads.LeadCaptured, subject=uuid4(), owner_id=who(owner), **more)
    assert bar(notifications, name)["new_leads"] == sees


def test_an_enquiry_that_nobody_answers_waits_for_whoever_sells_it_until_that_is_lost(notifications: Bench) -> None:
    late = notifications.clock() - timedelta(minutes=5)
    lead = tell(notifications, leads.LeadCaptured, owner_id=who("csr"), first_response_due_at=late)
    mine = {"subject": uuid4(), "lead_id": lead.subject}
    tell(notifications, opportunities.OpportunityOpened, **mine)

    def waits() -> list[int]:
        return [bar(notifications, one)["overdue_responses"] for one in ("salesperson", "manager", "csr", "colleague")]

    assert waits() == [1, 1, 1, 0]
    tell(notifications, opportunities.OpportunityLost, **mine, stage_type="lost")
    assert waits() == [0, 0, 0, 0]


def test_everything_is_counted_once_and_gone_when_it_is_done(notifications: Bench) -> None:
    one_of_everything(notifications, "salesperson")
    assert counted(notifications, "salesperson") == FULL


@pytest.mark.parametrize(
    ("kind", "state", "counter"),
    [
        (leads.LeadInvalidated, "invalid", "overdue_responses"),
        (leads.LeadValidated, "valid", "new_leads"),
        (appointments.AppointmentCancelled, "cancelled", "todays_appointments"),
        (estimates.EstimateAccepted, "accepted", "expiring_estimates"),
        (bookings.BookingAccepted, "accepted", "unacknowledged_bookings"),
    ],
)
def test_what_is_dealt_with_waits_no_more(notifications: Bench, kind: Any, state: str, counter: str) -> None:
    now = notifications.clock()
    tell(notifications, leads.LeadCaptured, first_response_due_at=now - timedelta(minutes=5))
    tell(notifications, appointments.AppointmentScheduled, starts_at=now, ends_at=now + timedelta(hours=1))
    tell(notifications, estimates.EstimateSent, expires_at=now + timedelta(days=1))
    tell(notifications, bookings.BookingAssigned)
    assert bar(notifications, "salesperson")[counter] == 1

    more = {"starts_at": now, "ends_at": now} if "appointment" in kind.name else {}
    tell(notifications, kind, state=state, **more)

    assert bar(notifications, "salesperson")[counter] == 0


def test_an_appointment_is_in_the_day_of_whoever_goes_there_and_leaves_it_with_them(notifications: Bench) -> None:
    now = notifications.clock()
    given = {"starts_at": now, "ends_at": now + timedelta(hours=1)}
    both = [who("salesperson"), who("colleague")]
    visit = tell(notifications, appointments.AppointmentScheduled, assignee_ids=both, **given)
    counts = {name: bar(notifications, name)["todays_appointments"] for name in ("salesperson", "colleague", "manager")}
    assert counts == {"salesperson": 1, "colleague": 1, "manager": 1}

    mine = {"subject": visit.subject, "assignee_ids": [who("salesperson")]}
    tell(notifications, appointments.AppointmentRescheduled, **mine, **given)
    assert bar(notifications, "colleague")["todays_appointments"] == 0


def test_today_is_the_branch_s_day(notifications: Bench) -> None:
    far = Branch(name="Louisville", time_zone="Pacific/Auckland", currency="NZD", trades=("hvac",))
    notifications.tell(BranchChanged(subject=AWAY, branch=far), by="staff")
    notifications.clock.now = moment("2027-05-04 03:00")  # the evening of the 3rd in Nashville, the 4th in Auckland

    def visit(name: str, at: str) -> None:
        ident, _, branch, _ = CAST[name]
        given = {"starts_at": moment(at), "ends_at": moment(at) + timedelta(minutes=30), "branch": branch}
        whose = {"salesperson_id": ident, "assignee_ids": [ident]}
        tell(notifications, appointments.AppointmentScheduled, subject=uuid4(), **given, **whose)

    for at in ("2027-05-03 04:59", "2027-05-03 05:00", "2027-05-04 04:59", "2027-05-04 05:00"):
        visit("salesperson", at)
    for at in ("2027-05-03 11:59", "2027-05-03 12:00", "2027-05-04 11:59", "2027-05-04 12:00"):
        visit("stranger", at)

    assert bar(notifications, "salesperson")["todays_appointments"] == 2
    assert bar(notifications, "stranger")["todays_appointments"] == 2

    visit("salesperson", "2027-05-03 15:00")
    ident, role, *_ = CAST["manager"]
    everywhere = Person(name="Manager", email="manager@test.example", roles=(role,), team_ids=(SALES,))
    notifications.tell(PersonChanged(subject=ident, person=everywhere), by="staff")
    assert bar(notifications, "manager")["todays_appointments"] == 3, (
        "of the whole company: as their pages tell the time"
    )


def test_the_bar_is_a_handful_of_statements_however_much_there_is(notifications: Bench) -> None:
    for _ in range(3):
        one_of_everything(notifications, "salesperson")
    me = notifications.as_("salesperson")
    me.get("/api/v1/status-bar")  # who calls is remembered for a while, by their token
    seen: list[str] = []
    engine = notifications.system.parts["notifications"].store.database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_m: seen.append(statement))

    assert me.get("/api/v1/status-bar").get_json()["new_leads"] == 3

    assert len([one for one in seen if one.startswith("SELECT")]) <= 3  # the branch, its settings, and the counters
