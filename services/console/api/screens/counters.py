"""The counters on every page: where each leads, whose it is, and how its number is said. Late ones come first."""

from dataclasses import dataclass

from libs.common.auth import May
from libs.common.formatting import counted


@dataclass(frozen=True)
class Counter:
    """One of them. ``name`` is the status bar's; one with a ``sign`` is late, red, and hidden while there is none."""

    name: str
    path: str
    sign: str
    said: tuple[str, str]
    may: May


COUNTERS = (
    Counter(
        "overdue_responses", "/cards?answer_late=true", "stop", counted("answer late", "answers late"), "lead.read",
    ),
    Counter(
        "overdue_follow_ups", "/cards?follow_up_late=true", "clock", counted("follow-up late", "follow-ups late"),
        "opportunity.read",
    ),
    Counter("new_leads", "/leads?state=new", "", counted("new", "new"), "lead.read"),
    Counter("todays_appointments", "/calendar", "", counted("visit today", "visits today"), "pipeline.read"),
    Counter(
        "expiring_estimates", "/estimates?expiring=1", "", counted("estimate expiring", "estimates expiring"),
        "opportunity.read",
    ),
    Counter(
        "unacknowledged_bookings", "/operations", "", counted("booking waiting", "bookings waiting"), "booking.read",
    ),
)  # fmt: skip
UNREAD = counted("unread", "unread")  #: of the bell, which shows no more than the number
SAID = {**{one.name: one.said for one in COUNTERS}, "unread": UNREAD}
