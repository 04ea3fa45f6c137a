"""The status bar: what waits for this caller right now, in one query over small indexed tables."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Caller, Scope
from libs.common.noindex import as_read
from libs.common.scoping import scoped
from libs.common.tx import Tx
from libs.common.workhours import end_of_day, zone
from services.notifications.model import (
    AppointmentPerson,
    AppointmentWatch,
    BookingWatch,
    EstimateWatch,
    LeadWatch,
    OpportunityWatch,
)
from services.notifications.settings import PREFERENCES
from services.notifications.usecases.reading import mine
from services.notifications.usecases.timers import LOST


def counters(tx: Tx, caller: Caller) -> dict[str, int]:
    """Each in the caller's scope of what is counted; 0 where they may not read it. Today is their branch's."""
    branch = people.seat(tx, caller.home)
    today = tx.now.astimezone(zone(branch)).date()
    tomorrow = end_of_day(today, branch)
    since = end_of_day(today - timedelta(days=1), branch)
    soon = tx.now + timedelta(days=PREFERENCES.read(tx, caller.home)["expiring_days"])
    late_leads = _count(caller, "lead.read", LeadWatch, LeadWatch.follow_up_at < tx.now)
    late_opportunities = _count(caller, "opportunity.read", OpportunityWatch, OpportunityWatch.follow_up_at < tx.now)
    counts = {
        "new_leads": _count(caller, "lead.read", LeadWatch, LeadWatch.state == "new"),
        "overdue_responses": _unanswered(caller, tx.now),
        "overdue_follow_ups": late_leads + late_opportunities,
        "todays_appointments": _appointments(caller, since, tomorrow),
        "expiring_estimates": _count(
            caller, "estimate.read", EstimateWatch, EstimateWatch.expires_at.between(tx.now, soon)
        ),
        "unacknowledged_bookings": _count(caller, "booking.read", BookingWatch, BookingWatch.state == "assigned"),
        "unread": _unread(caller),
    }
    row = tx.session.execute(sa.select(*(count.label(name) for name, count in counts.items()))).one()
    return dict(row._mapping)


def _count(caller: Caller, permission: str, kind: type[Any], *conditions: sa.ColumnElement[bool]) -> Any:
    counted = sa.select(sa.func.count()).select_from(kind).where(*conditions)
    return scoped(counted, kind, caller, permission).scalar_subquery()


def _unanswered(caller: Caller, now: datetime) -> Any:
    """Enquiries whose clock has run out: the caller's, and those whose opportunity is theirs. None that was lost."""
    late = (LeadWatch.response_due_at < now, OpportunityWatch.state.is_distinct_from(LOST))
    counted = sa.select(sa.func.count()).select_from(LeadWatch)
    counted = counted.outerjoin(OpportunityWatch, OpportunityWatch.lead_id == LeadWatch.id).where(*late)
    if caller.scope("lead.read") not in (Scope.OWN, Scope.TEAM):
        return scoped(counted, LeadWatch, caller, "lead.read").scalar_subquery()
    mine = scoped(sa.select(LeadWatch.id), LeadWatch, caller, "lead.read").whereclause
    given = scoped(sa.select(OpportunityWatch.id), OpportunityWatch, caller, "opportunity.read").whereclause
    theirs = sa.or_(*(sa.true() if one is None else one for one in (mine, given)))
    return counted.where(theirs).scalar_subquery()


def _appointments(caller: Caller, since: datetime, until: datetime) -> Any:
    """Today's that stand or took place; each once, however many of the caller's people go there.

    They are found by their day: who has been here for a year has been to hundreds.
    """
    counted = sa.select(sa.func.count(sa.distinct(AppointmentWatch.id))).select_from(AppointmentWatch)
    counted = counted.outerjoin(AppointmentPerson, AppointmentPerson.appointment_id == AppointmentWatch.id)
    counted = counted.where(AppointmentWatch.starts_at >= since, AppointmentWatch.starts_at < until)
    counted = counted.where(AppointmentWatch.state != "cancelled")
    seen = scoped(sa.select(AppointmentWatch.id), AppointmentWatch, caller, "opportunity.read").whereclause
    theirs = sa.true() if seen is None else as_read(AppointmentPerson, seen)
    return counted.where(theirs).scalar_subquery()


def _unread(caller: Caller) -> Any:
    told = mine(caller.person_id, unread=True).with_only_columns(sa.func.count(), maintain_column_froms=True)
    return told.scalar_subquery()
