"""Which facts people are told of, and whom: a table. Whom is a chain of words, asked from the left until it reaches
somebody; several chains are all told. The words are in ``recipients``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from libs.common.contracts import appointments, bookings, estimates, leads, opportunities
from libs.common.contracts.base import Event
from services.notifications.model import (
    AppointmentWatch,
    EstimateWatch,
    LeadWatch,
    OpportunityWatch,
    Watch,
)
from services.notifications.states import Kind

Chain = tuple[str, ...]

ABOVE: Chain = ("team_lead", "branch_manager", "admin")  #: whoever has to look when those in charge do not
UNOWNED: Chain = ("team_lead", "branch_manager", "front_desk", "admin")  #: a manager opens their team's only
APPROVER: Chain = ("approver", "branch_manager", "admin")  #: a team may be led by somebody who approves nothing
OWNER: Chain = ("owner", *UNOWNED)
ASSIGNEE: Chain = ("assignee", *OWNER)
LEAD_OWNER: Chain = ("owner", "front_desk", *ABOVE)  #: what nobody has is given to somebody by who sees it
TEAM: Chain = ("assignee", "team", *ABOVE)  #: one person of a team if named, else all of it


def always(_fact: Any) -> bool:
    return True


@dataclass(frozen=True)
class Trigger:
    """A fact that people are told of. ``when`` narrows it."""

    fact: type[Event]
    kind: Kind
    to: tuple[Chain, ...]
    when: Callable[[Any], bool] = always


def _first_owner(fact: Any) -> bool:
    return fact.previous_owner_id is None


def _first_salesperson(fact: Any) -> bool:
    return fact.previous_salesperson_id is None and _untold(fact, fact.salesperson_id)


def _another_owner(fact: Any) -> bool:
    return not _first_owner(fact)


def _another_salesperson(fact: Any) -> bool:
    return fact.previous_salesperson_id is not None and _untold(fact, fact.salesperson_id)


def _untold_before(fact: Any) -> bool:
    return _untold(fact, fact.previous_salesperson_id)


def _untold(fact: Any, person: UUID | None) -> bool:
    """One act is one notice: whom the lead's own fact tells hears no more of what follows the lead."""
    return person not in fact.told_with_lead


def _elsewhere(fact: Any) -> bool:
    """What whoever goes there has to know; how far they are they said themselves."""
    return bool({"address", "contact", "note", "window_starts_at", "window_ends_at"} & set(fact.changed))


def _with_a_team(fact: Any) -> bool:
    """A change order that operations have to acknowledge."""
    return fact.acknowledge_by is not None


def _with_no_team(fact: Any) -> bool:
    """The order is still, or once more, with the office; the team that gave it back is named in it for a time."""
    return not _with_a_team(fact)


def _work_elsewhere(fact: Any) -> bool:
    """What a team that has the work would go by."""
    with_them = fact.state in ("assigned", "accepted", "in_progress")
    return with_them and bool({"site", "contact", "access_notes"} & set(fact.changed))


def _first_look(fact: Any) -> bool:
    return bool(fact.first)


TRIGGERS: tuple[Trigger, ...] = (
    Trigger(leads.LeadAssigned, Kind.LEAD_ASSIGNED, (OWNER,), _first_owner),
    Trigger(leads.LeadAssigned, Kind.LEAD_REASSIGNED, (OWNER,), _another_owner),
    Trigger(leads.LeadAssigned, Kind.LEAD_HANDED_OVER, (("previous_owner_id",),)),
    Trigger(opportunities.OpportunityAssigned, Kind.OPPORTUNITY_ASSIGNED, (OWNER,), _first_salesperson),
    Trigger(opportunities.OpportunityAssigned, Kind.OPPORTUNITY_REASSIGNED, (OWNER,), _another_salesperson),
    Trigger(
        opportunities.OpportunityAssigned,
        Kind.OPPORTUNITY_HANDED_OVER,
        (("previous_salesperson_id",),),
        _untold_before,
    ),
    Trigger(appointments.AppointmentScheduled, Kind.APPOINTMENT_SCHEDULED, (ASSIGNEE,)),
    Trigger(appointments.AppointmentRescheduled, Kind.APPOINTMENT_CHANGED, (ASSIGNEE, ("previous_assignee_ids",))),
    Trigger(appointments.AppointmentChanged, Kind.APPOINTMENT_EDITED, (ASSIGNEE,), _elsewhere),
    Trigger(appointments.AppointmentCancelled, Kind.APPOINTMENT_CANCELLED, (ASSIGNEE,)),
    Trigger(estimates.EstimateSubmitted, Kind.APPROVAL_ASKED, (APPROVER,)),
    Trigger(estimates.EstimateApproved, Kind.APPROVAL_GIVEN, (("submitted_by", *OWNER),)),
    Trigger(estimates.EstimateRefused, Kind.APPROVAL_REFUSED, (("submitted_by", *OWNER),)),
    Trigger(estimates.EstimateViewed, Kind.ESTIMATE_VIEWED, (OWNER,), _first_look),
    Trigger(estimates.EstimateChangesRequested, Kind.ESTIMATE_CHANGES_REQUESTED, (OWNER,)),
    Trigger(estimates.EstimateAccepted, Kind.ESTIMATE_ACCEPTED, (OWNER,)),
    Trigger(estimates.EstimateDeclined, Kind.ESTIMATE_DECLINED, (OWNER,)),
    Trigger(estimates.EstimateExpired, Kind.ESTIMATE_EXPIRED, (OWNER,)),
    Trigger(bookings.BookingAssigned, Kind.BOOKING_ASSIGNED, (TEAM,)),
    Trigger(bookings.BookingReassigned, Kind.BOOKING_REASSIGNED, (TEAM,)),
    Trigger(bookings.BookingReassigned, Kind.BOOKING_HANDED_OVER, (("previous_assignee_id", "previous_team_id"),)),
    Trigger(bookings.BookingReturned, Kind.BOOKING_RETURNED, (("assigned_by", *OWNER),)),
    Trigger(bookings.BookingUnacknowledged, Kind.BOOKING_UNACKNOWLEDGED, (TEAM, ("assigned_by",), ABOVE)),
    Trigger(bookings.BookingChangeOrdered, Kind.BOOKING_CHANGE_ORDERED, (("assignee", "team", *OWNER),), _with_a_team),
    Trigger(bookings.BookingChangeOrdered, Kind.BOOKING_CHANGE_ORDERED, (OWNER,), _with_no_team),
    Trigger(bookings.BookingChanged, Kind.BOOKING_EDITED, (TEAM,), _work_elsewhere),
    Trigger(
        bookings.BookingCancelled,
        Kind.BOOKING_CANCELLED,
        (("assignee", "team"), ("past_assignee_ids",), ("past_team_ids",), OWNER),
    ),
)
BY_FACT: Mapping[type[Event], tuple[Trigger, ...]] = {
    fact: tuple(one for one in TRIGGERS if one.fact is fact) for fact in {one.fact for one in TRIGGERS}
}


@dataclass(frozen=True)
class Reminder:
    """A time in a watched record. ``ahead`` names the setting that says how long before it people are told ``soon``;
    at the time itself they, and whom it is ``escalated`` to, are told ``now``."""

    timer: str
    watch: type[Watch]
    column: str
    now: Kind | None = None
    soon: Kind | None = None
    ahead: tuple[str, timedelta] | None = None
    to: Chain = OWNER
    escalated: tuple[Chain, ...] = ()


REMINDERS: tuple[Reminder, ...] = (
    Reminder(
        "response", LeadWatch, "response_due_at",
        now=Kind.RESPONSE_MISSED, soon=Kind.RESPONSE_DUE, ahead=("response_warning_minutes", timedelta(minutes=1)),
        to=LEAD_OWNER, escalated=(ABOVE,),
    ),
    Reminder("lead_follow_up", LeadWatch, "follow_up_at", now=Kind.FOLLOW_UP_DUE, to=LEAD_OWNER),
    Reminder("opportunity_follow_up", OpportunityWatch, "follow_up_at", now=Kind.FOLLOW_UP_DUE),
    Reminder("appointment_late", AppointmentWatch, "ends_at", now=Kind.APPOINTMENT_LATE, to=ASSIGNEE),
    Reminder(
        "estimate_expiring", EstimateWatch, "expires_at",
        soon=Kind.ESTIMATE_EXPIRING, ahead=("expiring_days", timedelta(days=1)),
    ),
)  # fmt: skip
