"""Reminders hang on the times of watched records: set, moved and taken back with them, fired by durable timers.

One whose time was over for more than a day when we heard of it is not sent: importing last year's leads wakes nobody.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from libs.common.tx import Tx
from services.notifications.model import Watch
from services.notifications.settings import PREFERENCES
from services.notifications.usecases.tell import Occasion, announce
from services.notifications.usecases.triggers import REMINDERS, Reminder

STALE = timedelta(days=1)
NAMES = UUID("6f1b6a8e-3c1f-5f0e-9d53-5a1f6a2e7c10")  #: where reminders' event ids are made

Times = Mapping[str, datetime | None]
Timer = Callable[[Tx, UUID, dict[str, Any]], None]


def times(watched: Watch | None) -> Times:
    """The times of a record that reminders hang on, as they are."""
    return {one.timer: getattr(watched, one.column) for one in REMINDERS if type(watched) is one.watch}


def wind(tx: Tx, watched: Watch, before: Times) -> None:
    """Sets, moves or takes back the timers of times that changed."""
    for one in REMINDERS:
        if type(watched) is not one.watch:
            continue
        due, was = getattr(watched, one.column), before.get(one.timer)
        if due == was:
            continue
        fires_at = _next(tx, one, watched, due) if due is not None else None
        if fires_at is not None:
            tx.remind(one.timer, watched.id, fires_at)
        elif was is not None:
            tx.forget(one.timer, watched.id)


def _next(tx: Tx, one: Reminder, watched: Watch, due: datetime) -> datetime | None:
    """When people are to be told next: ahead of it, at the time itself, or, it being too late for either, never."""
    if one.soon is not None and one.ahead is not None:
        setting, unit = one.ahead
        early: datetime = due - PREFERENCES.read(tx, watched.branch)[setting] * unit
        if early > tx.now and early < due:
            return early
    return due if one.now is not None and due > tx.now - STALE else None


def _fire(one: Reminder) -> Timer:
    def fired(tx: Tx, subject: UUID, _payload: dict[str, Any]) -> None:
        """Tells whom it concerns, if what the reminder was for still stands."""
        watched = tx.session.get(one.watch, subject)
        due = None if watched is None else getattr(watched, one.column)
        if watched is None or due is None:
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


TIMERS: Mapping[str, Timer] = {one.timer: _fire(one) for one in REMINDERS}
