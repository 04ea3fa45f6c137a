"""A branch's working hours: when a response is due, and which day it is there.

``branch`` is the branch's record as its fact carries it (contracts.staff.Branch, as JSON values).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LAST_MINUTE = time(23, 59)  #: hours until then go on to midnight: a night shift is two, the second from 00:00
Branch = Mapping[str, Any] | None
Span = tuple[datetime, datetime]


def zone(branch: Branch) -> ZoneInfo:
    return ZoneInfo((branch or {}).get("time_zone") or "UTC")


def after_working_minutes(start: datetime, minutes: int, branch: Branch) -> datetime:
    """The instant that many working minutes after ``start``, by the branch's calendar, holidays and time zone."""
    left = timedelta(minutes=minutes)
    day = start.astimezone(zone(branch)).date()
    for _ in range(3660):  # a calendar without any working day ends here, not never
        for opens, closes in _hours(day, branch):
            begin = max(opens, start)
            if begin < closes:
                if begin + left <= closes:
                    return begin + left
                left -= closes - begin
        day += timedelta(days=1)
    return start + timedelta(minutes=minutes)


def business_days_after(start: date, days: int, branch: Branch) -> date:
    """The date that many business days later."""
    day = start
    for _ in range(3660):
        if days <= 0:
            break
        day += timedelta(days=1)
        days -= any(True for _ in _hours(day, branch))
    return day


def end_of_day(day: date, branch: Branch) -> datetime:
    """The instant at which a day is over in the branch's zone, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), zone(branch)).astimezone(UTC)


def _hours(day: date, branch: Branch) -> Iterator[Span]:
    """Opening and closing of a day, in UTC. A branch without any hours works round the clock."""
    calendar = (branch or {}).get("calendar") or {}
    if any(holiday["day"] == day.isoformat() for holiday in calendar.get("holidays") or ()):
        return
    midnight = datetime.combine(day, time(), zone(branch)).astimezone(UTC)
    if not calendar.get("hours"):
        yield midnight, end_of_day(day, branch)
        return
    for span in calendar["hours"].get(WEEKDAYS[day.weekday()]) or ():
        opens, closes = (time.fromisoformat(span[edge]) for edge in ("opens", "closes"))
        begins, ends = (datetime.combine(day, clock, zone(branch)).astimezone(UTC) for clock in (opens, closes))
        yield begins, end_of_day(day, branch) if closes == LAST_MINUTE else ends
