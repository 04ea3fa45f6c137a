"""Who is told instead, where whoever it is about has left, is away, or is not there: never nobody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import AWAY, CAST, HOME, OPERATIONS, OTHER_SALES, SALES, Bench
from libs.common import people
from libs.common.contracts import bookings, estimates, leads
from libs.common.contracts.staff import Person, PersonChanged, Team, TeamChanged
from tests.service.notification_facts import everybody_told, fact, tell, told, who


@pytest.fixture
def notifications(bench: Callable[..., Bench]) -> Bench:
    return bench("notifications")


NOTIFICATIONS = "/api/v1/notifications"
COLLEAGUE = who("colleague")


def person(name: str, **more: Any) -> PersonChanged:
    ident, role, branch, teams = CAST[name]
    known = {"name": name, "email": f"{name}@test.example", "roles": (role,), "branch": branch, "team_ids": teams}
    return PersonChanged(subject=ident, person=Person(**(known | more)))


def changed(bench: Bench, name: str, **more: Any) -> None:
    bench.tell(person(name, **more), by="staff")


def test_an_owner_who_left_is_replaced_by_the_team_lead_the_front_desk_and_the_admins(
    notifications: Bench,
) -> None:
    changed(notifications, "salesperson", active=False)
    tell(notifications, estimates.EstimateDeclined, subject=uuid4(), actor="customer")
    assert everybody_told(notifications, "estimate_declined") == {"manager"}

    changed(notifications, "manager", active=False)
    tell(notifications, estimates.EstimateExpired, subject=uuid4())
    assert everybody_told(notifications, "estimate_expired") == {"csr", "office"}

    for name in ("csr", "office"):
        changed(notifications, name, active=False)
    tell(notifications, estimates.EstimateChangesRequested, subject=uuid4())
    assert everybody_told(notifications, "estimate_changes_requested") == {"admin"}


def test_a_branch_without_admin_falls_back_on_the_company_s(notifications: Bench) -> None:
    tell(notifications, estimates.EstimateExpired, salesperson_id=None, branch=AWAY)
    assert everybody_told(notifications, "estimate_expired") == {"admin"}


def test_an_approval_is_asked_of_whoever_may_give_it_and_not_of_a_lead_who_only_sells(notifications: Bench) -> None:
    everybody = tuple(CAST[name][0] for name in ("salesperson", "colleague", "manager"))
    led = Team(name="Sales", kind="sales", branch=HOME, lead_id=COLLEAGUE, member_ids=everybody)
    notifications.tell(TeamChanged(subject=SALES, team=led), by="staff")

    tell(notifications, estimates.EstimateSubmitted, actor="salesperson", state="pending_approval")

    assert everybody_told(notifications, "approval_asked") == {"manager"}


def test_whoever_leads_the_team_is_asked_before_the_branchs_managers(notifications: Bench) -> None:
    changed(notifications, "colleague", roles=("manager",))
    led = Team(name="Sales", kind="sales", branch=HOME, lead_id=COLLEAGUE, member_ids=(who("salesperson"), COLLEAGUE))
    notifications.tell(TeamChanged(subject=SALES, team=led), by="staff")
    changed(notifications, "salesperson", active=False)

    tell(notifications, estimates.EstimateDeclined, actor="customer")

    assert everybody_told(notifications, "estimate_declined") == {"colleague"}


def test_of_a_mixed_team_only_those_are_asked_who_may_answer(notifications: Bench) -> None:
    """Who could merely open it has nothing to say to it."""
    crews = {SALES: ("sales", "salesperson", "manager", "office"), OPERATIONS: ("operations", "operations", "office")}
    for ident, (kind, *names) in crews.items():
        mixed = Team(name=kind, kind=kind, branch=HOME, member_ids=tuple(who(one) for one in names))
        notifications.tell(TeamChanged(subject=ident, team=mixed), by="staff")

    tell(notifications, estimates.EstimateSubmitted, actor="salesperson", state="pending_approval")
    tell(notifications, bookings.BookingAssigned, actor="csr")

    assert everybody_told(notifications, "approval_asked") == {"manager"}
    assert everybody_told(notifications, "booking_assigned") == {"operations"}


def test_what_nobody_owns_goes_to_who_can_open_it_and_a_manager_opens_their_team_s_only(notifications: Bench) -> None:
    tell(notifications, estimates.EstimateViewed, salesperson_id=None)
    assert everybody_told(notifications, "estimate_viewed") == {"csr", "office"}


def test_work_handed_to_a_team_alerts_those_of_it_who_may_take_it_over(notifications: Bench) -> None:
    crew = Team(name="Crew", kind="operations", branch=HOME, member_ids=(who("operations"), who("technician")))
    notifications.tell(TeamChanged(subject=OPERATIONS, team=crew), by="staff")

    tell(notifications, bookings.BookingAssigned, actor="manager")

    assert everybody_told(notifications, "booking_assigned") == {"operations"}


def test_a_team_of_which_nobody_may_take_work_over_has_its_branch_s_manager_told(notifications: Bench) -> None:
    crew = Team(name="Crew", kind="operations", branch=HOME, member_ids=(who("technician"),))
    notifications.tell(TeamChanged(subject=OPERATIONS, team=crew), by="staff")

    tell(notifications, bookings.BookingAssigned, actor="office")

    assert everybody_told(notifications, "booking_assigned") == {"manager"}


def test_who_covers_for_somebody_absent_is_told_too(notifications: Bench) -> None:
    now = notifications.clock()
    away = {"absent_from": now - timedelta(days=1), "absent_until": now + timedelta(days=1)}
    changed(notifications, "salesperson", **away, cover_id=COLLEAGUE)

    tell(notifications, leads.LeadAssigned, actor="csr")
    assert everybody_told(notifications, "lead_assigned") == {"salesperson", "colleague"}
    news = "/api/v1/notifications"
    [mine], [cover] = (notifications.as_(name).items(news) for name in ("salesperson", "colleague"))
    assert cover["text"] == f"{mine['text']} You stand in for salesperson.", "it is not their own"

    notifications.clock.forward(days=2)
    tell(notifications, leads.LeadAssigned, actor="csr", subject=uuid4())
    assert len(told(notifications, "salesperson")) == 2
    assert len(told(notifications, "colleague")) == 1


def test_two_who_cover_for_each_other_and_are_both_away_end_at_the_team_lead(notifications: Bench) -> None:
    since = {"absent_from": notifications.clock() - timedelta(days=1)}
    changed(notifications, "salesperson", **since, cover_id=COLLEAGUE)
    changed(notifications, "colleague", **since, cover_id=who("salesperson"))

    tell(notifications, leads.LeadAssigned, actor="csr")

    assert everybody_told(notifications, "lead_assigned") == {"salesperson", "colleague", "manager"}


def test_who_covers_for_a_cover_says_whom_it_is_all_about_and_one_who_left_covers_nobody(notifications: Bench) -> None:
    since = {"absent_from": notifications.clock() - timedelta(days=1)}
    changed(notifications, "salesperson", **since, cover_id=COLLEAGUE)
    changed(notifications, "colleague", **since, cover_id=who("csr"))

    tell(notifications, leads.LeadAssigned, actor="office")
    assert everybody_told(notifications, "lead_assigned") == {"salesperson", "colleague", "csr"}
    [last] = notifications.as_("csr").items(NOTIFICATIONS)
    assert last["text"].endswith("You stand in for salesperson.")

    changed(notifications, "csr", active=False)
    tell(notifications, estimates.EstimateDeclined, actor="customer", subject=uuid4())
    assert everybody_told(notifications, "estimate_declined") == {"salesperson", "colleague", "manager"}


def test_a_manager_s_own_request_for_approval_goes_above_them(notifications: Bench) -> None:
    mine = {"salesperson_id": who("manager"), "submitted_by": who("manager")}
    tell(notifications, estimates.EstimateSubmitted, actor="manager", **mine)
    assert everybody_told(notifications, "approval_asked") == {"admin"}


def test_somebody_staff_has_not_told_of_yet_is_waited_for(notifications: Bench) -> None:
    newcomer = uuid4()
    event = fact(leads.LeadAssigned, owner_id=newcomer)
    part = notifications.system.parts["notifications"]
    with pytest.raises(AssertionError, match="could not apply"):
        notifications.tell(event, by="leads", actor=str(who("csr")))

    joined = Person(name="Nell", email="nell@test.example", roles=("salesperson",), branch=HOME, team_ids=(SALES,))
    notifications.clock.forward(minutes=1)
    with part.store.begin() as tx:
        people.remember_person(tx, PersonChanged(subject=newcomer, person=joined))
    notifications.system.due()
    notifications.settle()

    answer = notifications.as_("auditor").items(f"{NOTIFICATIONS}/deliveries?person={newcomer}")
    assert [one["kind"] for one in answer] == ["lead_assigned"]


def test_another_branch_s_people_are_not_told(notifications: Bench) -> None:
    tell(notifications, leads.LeadAssigned, owner_id=who("stranger"), branch=AWAY, actor="csr")
    assert everybody_told(notifications, "lead_assigned") == {"stranger"}
    assert OTHER_SALES in CAST["stranger"][3]
