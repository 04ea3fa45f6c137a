"""Who is told can open what they are told of: every kind there is, however the people are placed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import AWAY, CAST, HOME, OPERATIONS, SALES, Bench
from libs.common.auth import RULES, Role, Scope
from libs.common.contracts import appointments, estimates, leads, opportunities
from libs.common.contracts.staff import Person, PersonChanged, Team, TeamChanged
from services.notifications.states import Kind
from services.notifications.usecases.triggers import REMINDERS, TRIGGERS
from tests.service.notification_facts import tell, who
from tests.service.test_reminders import later

NOBODY: dict[str, Any] = {
    "owner_id": None, "salesperson_id": None, "assignee_ids": [], "assigned_by": None,
}  # fmt: skip
READS = {"leads": "lead.read", "opportunities": "opportunity.read", "estimates": "estimate.read"}
READS |= {"bookings": "booking.read"}


@dataclass(frozen=True)
class Placed:
    """How people are placed beside the usual cast, and what a fact says then."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    crew: tuple[str, ...] = ("operations",)
    sales: tuple[str, ...] = ("salesperson", "colleague", "manager")
    says: dict[str, Any] = field(default_factory=dict)


PLACED = {
    "as usual": Placed(),
    "nobody has it": Placed(says=NOBODY),
    "a colleague stands in": Placed({"salesperson": {"away": True, "cover_id": who("colleague")}}),
    "somebody of another branch stands in": Placed({"salesperson": {"away": True, "cover_id": who("stranger")}}),
    "operations stand in": Placed({"salesperson": {"away": True, "cover_id": who("operations")}}),
    "the front desk of another branch stands in": Placed(
        {"salesperson": {"away": True, "cover_id": who("csr")}, "csr": {"branch": AWAY}}
    ),
    "they take no part in sales any more": Placed({"salesperson": {"roles": ("technician",)}}),
    "they left the team": Placed({"salesperson": {"team_ids": ()}}, sales=("colleague", "manager")),
    "it is another branch's": Placed(says={"branch": AWAY}),
    "the crew are technicians": Placed(crew=("technician",)),
    "the crew are of another branch": Placed({"operations": {"branch": AWAY}}),
    "one of the crew does the work": Placed(crew=("technician", "operations"), says={"assignee_id": who("technician")}),
    "whoever passed it on sells nothing": Placed(
        {"colleague": {"roles": ("technician",)}},
        says={"previous_owner_id": who("colleague"), "previous_salesperson_id": who("colleague")},
    ),
}  # fmt: skip

EVERY = [one.kind for one in TRIGGERS] + [kind for one in REMINDERS for kind in (one.now, one.soon) if kind]
STATES = {  # a fact's record is in the state that the fact leads to
    Kind.APPOINTMENT_CANCELLED: "cancelled", Kind.ESTIMATE_ACCEPTED: "accepted", Kind.BOOKING_CANCELLED: "cancelled",
    Kind.BOOKING_EDITED: "assigned", Kind.BOOKING_CHANGE_ORDERED: "accepted",
}  # fmt: skip
CHANGED = {Kind.APPOINTMENT_EDITED: ["address"], Kind.BOOKING_EDITED: ["site"]}
BEFORE = {
    Kind.LEAD_REASSIGNED: "previous_owner_id", Kind.LEAD_HANDED_OVER: "previous_owner_id",
    Kind.OPPORTUNITY_REASSIGNED: "previous_salesperson_id", Kind.OPPORTUNITY_HANDED_OVER: "previous_salesperson_id",
    Kind.BOOKING_HANDED_OVER: "previous_assignee_id",
}  # fmt: skip


@pytest.mark.parametrize("name", PLACED)
def test_whoever_is_told_of_anything_can_open_it(bench: Callable[..., Bench], name: str) -> None:
    placed, notifications = PLACED[name], bench("notifications")
    place(notifications, placed)

    for trigger in TRIGGERS:
        given = {"subject": uuid4(), **_about(trigger.kind), **placed.says}
        tell(notifications, trigger.fact, actor="customer", **_said(trigger.fact, given))
    _remind(notifications, placed)

    log = [(name, one) for name in CAST for one in notifications.as_(name).items("/api/v1/notifications?limit=200")]
    assert {one["kind"] for _, one in log} == set(EVERY) or name != "as usual"
    assert [(name, one["kind"], one["link"]) for name, one in log if not _opens(placed, name, one)] == []


def place(bench: Bench, placed: Placed) -> None:
    for name, more in placed.people.items():
        ident, role, branch, teams = CAST[name]
        since = {"absent_from": bench.clock() - timedelta(days=1)} if more.get("away") else {}
        known = {"name": name, "email": f"{name}@test.example", "roles": (role,), "branch": branch, "team_ids": teams}
        known |= since | {key: value for key, value in more.items() if key != "away"}
        bench.tell(PersonChanged(subject=ident, person=Person(**known)), by="staff")
    for team, kind, members in ((OPERATIONS, "operations", placed.crew), (SALES, "sales", placed.sales)):
        lead = who("manager") if kind == "sales" else None
        record = Team(name=kind, kind=kind, branch=HOME, lead_id=lead, member_ids=tuple(who(one) for one in members))
        bench.tell(TeamChanged(subject=team, team=record), by="staff")


def _about(kind: Kind) -> dict[str, Any]:
    return {
        **({"state": STATES[kind]} if kind in STATES else {}),
        **({"changed": CHANGED[kind]} if kind in CHANGED else {}),
        **({BEFORE[kind]: who("colleague")} if kind in BEFORE else {}),
    }


def _said(kind: type[Any], given: dict[str, Any]) -> dict[str, Any]:
    """What a fact of this kind can say."""
    return {name: value for name, value in given.items() if name == "subject" or name in kind.__dataclass_fields__}


def _remind(bench: Bench, placed: Placed) -> None:
    """Something of each that runs out."""
    soon = bench.clock() + timedelta(hours=1)
    times: tuple[tuple[type[Any], dict[str, Any]], ...] = (
        (leads.LeadCaptured, {"first_response_due_at": soon, "next_action_at": soon}),
        (opportunities.OpportunityOpened, {"next_follow_up_at": soon, "stage_type": "open"}),
        (appointments.AppointmentScheduled, {"ends_at": soon}),
        (estimates.EstimateSent, {"state": "sent", "expires_at": soon + timedelta(days=9)}),
    )
    for kind, due in times:
        tell(bench, kind, **_said(kind, {"subject": uuid4(), **placed.says, **due}))
    later(bench, minutes=50)
    later(bench, minutes=15)
    later(bench, days=8, hours=23)


def _opens(placed: Placed, name: str, told: dict[str, Any]) -> bool:
    """By the table of permissions, told once more: where they are led to is theirs to see."""
    page = told["link"].strip("/").split("/")[0]
    if page == told["link"].strip("/"):  # a list, the board or the calendar shows what is one's own
        return True
    roles, branch, stands_in = _now(placed, name)
    cells = [RULES[READS[page]][Role(role)] for role in roles if Role(role) in RULES[READS[page]]]
    if roles == ("operations",) and page == "estimates":
        return told["kind"] == Kind.ESTIMATE_ACCEPTED
    if not cells:
        return False
    if max(cells) is Scope.ALL:
        return name in ("admin", "auditor") or branch == placed.says.get("branch", HOME)
    owners = {who("salesperson")} if placed.says.get("salesperson_id", 1) is not None else set()
    mine = {who(name), *stands_in}
    if max(cells) is Scope.TEAM:
        mine |= {who(one) for one in placed.sales}
    return bool(owners & mine)


def _now(placed: Placed, name: str) -> tuple[tuple[str, ...], UUID, Iterable[UUID]]:
    """Roles, branch, and for whom they stand in."""
    ident, role, branch, _ = CAST[name]
    said = placed.people.get(name, {})
    away = [who(other) for other, one in placed.people.items() if one.get("cover_id") == ident and one.get("away")]
    return said.get("roles", (role,)), said.get("branch", branch), away


def test_who_stands_in_for_somebody_away_has_their_work_until_they_are_back(bench: Callable[..., Bench]) -> None:
    desk = bench("leads")
    said = {"channel": "phone", "person_name": "Ada", "phones": ["615-555-0100"], "owner_id": str(who("salesperson"))}
    lead = desk.as_("csr").post("/api/v1/leads", said).get_json()["id"]
    assert desk.as_("colleague").get(f"/api/v1/leads/{lead}").status_code == 404

    back = desk.clock() + timedelta(days=2)
    place(desk, Placed({"salesperson": {"away": True, "absent_until": back, "cover_id": who("colleague")}}))
    desk.system.parts["leads"].app.extensions["plumbline.edge"].people.forget()

    assert desk.as_("colleague").get(f"/api/v1/leads/{lead}").status_code == 200
    called = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    assert desk.as_("colleague").post(f"/api/v1/leads/{lead}/contact-attempts", called).status_code == 200
    assert desk.as_("stranger").get(f"/api/v1/leads/{lead}").status_code == 404

    desk.clock.forward(days=3)
    desk.system.parts["leads"].app.extensions["plumbline.edge"].people.forget()
    assert desk.as_("colleague").get(f"/api/v1/leads/{lead}").status_code == 404
