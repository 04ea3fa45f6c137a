"""Reminders hang on the times of watched records: set, moved and taken back with them, fired by durable timers.

One whose time was over for more than a day when we heard of it is not sent: importing last year's leads wakes nobody.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from libs.common.tx import Tx
from services.notifications.model import LeadWatch, OpportunityWatch, Watch
from services.notifications.settings import PREFERENCES
from services.notifications.usecases.tell import Occasion, announce
from services.notifications.usecases.triggers import REMINDERS, Reminder

LOST = "lost"  #: an opportunity that came to nothing
STALE = timedelta(days=1)
NAMES = UUID("6f1b6a8e-3c1f-5f0e-9d53-5a1f6a2e7c10")  #: where reminders' event ids are made

Timer = Callable[[Tx, UUID, dict[str, Any]], None]


#: the times of a record that reminders hang on
COLUMNS: Mapping[type[Watch], list[str]] = {
    kind: [one.column for one in REMINDERS if one.watch is kind] for kind in Watch.__subclasses__()
}


def wind(tx: Tx, kind: type[Watch], event: Any, times: Mapping[str, datetime | None]) -> None:
    """Sets, moves or takes back the timers of these times, which changed."""
    for one in REMINDERS:
        if one.watch is not kind or one.column not in times:
            continue
        due = times[one.column]
        fires_at = _next(tx, one, event.branch, due) if due is not None else None
        if fires_at is not None:
            tx.remind(one.timer, event.subject, fires_at)
        else:
            tx.forget(one.timer, event.subject)


def _next(tx: Tx, one: Reminder, branch: UUID | None, due: datetime) -> datetime | None:
    """When people are to be told next: ahead of it, at the time itself, or, it being too late for either, never."""
    if one.soon is not None and one.ahead is not None:
        setting, unit = one.ahead
        early: datetime = due - PREFERENCES.read(tx, branch)[setting] * unit
        if early > tx.now and early < due:
            return early
    return due if one.now is not None and due > tx.now - STALE else None


def _fire(one: Reminder) -> Timer:
    def fired(tx: Tx, subject: UUID, _payload: dict[str, Any]) -> None:
        """Tells whom it concerns, if what the reminder was for still stands."""
        watched = tx.session.get(one.watch, subject)
        due = None if watched is None else getattr(watched, one.column)
        if watched is None or due is None or not _waits(tx, watched):
            return
        early = tx.now < due
        kind = one.soon if early else one.now
        if kind is not None:
            event_id = uuid5(NAMES, f"{kind} {subject} {due.isoformat()}")
            to = (one.to,) if early else (one.to, *one.escalated)
            announce(Occasion(tx, watched.record, watched, event_id, reminder=True), kind, to)
        if early and one.now is not None:
            tx.remind(one.timer, subject, due)

    return fired


def _waits(tx: Tx, watched: Watch) -> bool:
    """Whether anybody still waits. Whoever has the lead or its opportunity is to answer, until that is lost."""
    if not isinstance(watched, LeadWatch):
        return True
    opportunity = tx.find(sa.select(OpportunityWatch).where(OpportunityWatch.lead_id == watched.id))
    if opportunity is not None:
        watched.opportunity_id, watched.salesperson_id = opportunity.id, opportunity.salesperson_id
    return opportunity is None or opportunity.state != LOST


TIMERS: Mapping[str, Timer] = {one.timer: _fire(one) for one in REMINDERS}
