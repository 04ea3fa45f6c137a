"""What people read, a sentence a kind, in their branch's language. A part is said only when all it names is known."""

import functools
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from libs.common import formatting, texts
from libs.common.contracts.parts import Address
from libs.common.formatting import Say
from services.notifications.states import Kind

Parts = tuple[str, ...]

ENDS = {"expires_at"}  #: what holds until then, so that midnight is of the day before

FOLDER = Path(__file__).parents[1] / "texts"  #: of the catalogues

TEXTS: Mapping[Kind, Parts] = {
    Kind.LEAD_ASSIGNED: ("Lead {number} is yours: {title}.", " Answer by {first_response_due_at}.", " Given by {by}."),
    Kind.LEAD_REASSIGNED: (
        "Lead {number} is yours now: {title}.",
        " Answer by {first_response_due_at}.",
        " Given by {by}.",
    ),
    Kind.LEAD_HANDED_OVER: ("Lead {number}, {title}, went to somebody else.", " {by} reassigned it."),
    Kind.RESPONSE_DUE: ("Lead {number}, {title}, waits for an answer", " until {response_due_at}", "."),
    Kind.RESPONSE_MISSED: ("Nobody has answered lead {number}, {title}", "; it was due {response_due_at}", "."),
    Kind.FOLLOW_UP_DUE: ("Time to follow up {number}, {title}.",),
    Kind.OPPORTUNITY_ASSIGNED: ("Opportunity {number} is yours: {title}.", " Given by {by}.", " {reason}"),
    Kind.OPPORTUNITY_REASSIGNED: ("Opportunity {number} is yours now: {title}.", " Given by {by}.", " {reason}"),
    Kind.OPPORTUNITY_HANDED_OVER: (
        "Opportunity {number}, {title}, went to somebody else.",
        " {by} reassigned it.",
        " {reason}",
    ),
    Kind.APPOINTMENT_SCHEDULED: ("Appointment on {starts_at} for {number}, {title}.", " Made by {by}.", " {note}"),
    Kind.APPOINTMENT_CHANGED: (
        "The appointment for {number}, {title}, is now on {starts_at}",
        " (it was on {previous_starts_at})",
        ".",
        " {reason}",
    ),
    Kind.APPOINTMENT_EDITED: (
        "The appointment on {starts_at} for {number}, {title}, was put right",
        "; it is at {address}",
        ".",
        " {note}",
    ),
    Kind.APPOINTMENT_CANCELLED: ("The appointment on {starts_at} for {number}, {title}, is cancelled.", " {reason}"),
    Kind.APPOINTMENT_LATE: (
        "The appointment of {starts_at} for {number}, {title}, is over; nobody has said what came of it.",
    ),
    Kind.APPROVAL_ASKED: (
        "Estimate {number}, {title}, needs your approval",
        ": {reasons}",
        ".",
        " Asked by {by}.",
        " {note}",
    ),
    Kind.APPROVAL_GIVEN: ("Estimate {number}, {title}, is approved", " by {by}", ".", " {note}"),
    Kind.APPROVAL_REFUSED: ("Estimate {number}, {title}, is not approved", " by {by}", ".", " {reason}"),
    Kind.ESTIMATE_VIEWED: ("The customer is looking at estimate {number}, {title}.",),
    Kind.ESTIMATE_CHANGES_REQUESTED: ("The customer wants estimate {number}, {title}, changed", ": {text}", "."),
    Kind.ESTIMATE_EXPIRING: ("Estimate {number}, {title}, is still undecided", " and ends {expires_at}", "."),
    Kind.ESTIMATE_EXPIRED: ("Estimate {number}, {title}, has expired undecided.",),
    Kind.ESTIMATE_ACCEPTED: (
        "Estimate {number}, {title}, is accepted",
        " at {total}",
        ".",
        " Signed by {typed_name}.",
    ),
    Kind.ESTIMATE_DECLINED: ("Estimate {number}, {title}, is declined", ": {reason}", ".", " {note}"),
    Kind.BOOKING_ASSIGNED: (
        "Work order {number} is with you: {title}.",
        " Due {due_at}.",
        " Accept or return it by {acknowledge_by}.",
        " {note}",
    ),
    Kind.BOOKING_REASSIGNED: (
        "Work order {number} is with you now: {title}.",
        " Due {due_at}.",
        " Accept or return it by {acknowledge_by}.",
        " {note}",
    ),
    Kind.BOOKING_HANDED_OVER: ("Work order {number}, {title}, went to somebody else.", " {by} reassigned it."),
    Kind.BOOKING_RETURNED: ("Work order {number}, {title}, was returned", " by {by}", ": {reason}."),
    Kind.BOOKING_UNACKNOWLEDGED: (
        "Nobody has acknowledged work order {number}, {title}",
        "; it was due {acknowledge_by}",
        ".",
    ),
    Kind.BOOKING_CHANGE_ORDERED: (
        "The customer ordered a change to {number}, {title}.",
        " Acknowledge it by {acknowledge_by}.",
    ),
    Kind.BOOKING_EDITED: ("Where work order {number}, {title}, is, whom to ask for or how to get in was put right.",),
    Kind.BOOKING_CANCELLED: ("Work order {number}, {title}, is cancelled", ": {reason}", "."),
    Kind.WEBHOOK_DISABLED: ("Nothing more is sent to {title}", ": {reason}", ". What is for it is kept."),
    Kind.CHAT_DISABLED: ("Nothing more is sent to your chat at {title}", ": {reason}", "."),
}

STANDS_IN = " You stand in for {person}."  #: to whoever is told for somebody who is away

CALENDAR = "/calendar"
#: what somebody no longer has they no longer see: back to those that they have
HANDED_OVER: Mapping[Kind, str] = {Kind.LEAD_HANDED_OVER: "/leads", Kind.OPPORTUNITY_HANDED_OVER: "/board"}
LINKS: Mapping[str, str] = {
    "lead": "/leads/{subject}",
    "opportunity": "/opportunities/{subject}",
    "estimate": "/estimates/{subject}",
    "booking": "/bookings/{subject}",
    "webhook": "/settings/webhooks/{subject}",
    "chat": "/notifications/preferences",
}  #: by record, where the console shows it


def sentence(
    kind: Kind, find: Callable[[str], Any], zone: ZoneInfo, branch: Mapping[str, Any] | None, *, zoned: bool = False
) -> str:
    """In the branch's language, times by its clock, ``zoned`` with its name. What customers typed is data here: braces
    in it mean nothing."""
    say = texts.speaking(FOLDER, texts.of_branch(FOLDER, branch))
    told = (_part(part, find, zone, say, zoned) for part in TEXTS[kind])
    return "".join(part for part in told if part is not None)


def standing_in(person: str, branch: Mapping[str, Any] | None) -> str:
    """What is said besides to whoever stands in for that person; nothing for who is told for themselves."""
    say = texts.speaking(FOLDER, texts.of_branch(FOLDER, branch))
    return _part(STANDS_IN, {"person": person}.get, ZoneInfo("UTC"), say) or ""


def _part(part: str, find: Callable[[str], Any], zone: ZoneInfo, say: Say, zoned: bool = False) -> str | None:
    words = {name: _said(name, find, zone, say, zoned) for name in _names(part)}
    told = say(part)
    return (told if _fits(told, part) else part).format_map(words) if all(words.values()) else None


@functools.cache
def _fits(told: str, part: str) -> bool:
    """A translation that names what there is not would keep people from being told at all."""
    try:
        return set(_names(told)) <= set(_names(part))
    except ValueError:
        return False


@functools.cache
def _names(part: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(part) if name]


def _said(name: str, find: Callable[[str], Any], zone: ZoneInfo, say: Say, zoned: bool) -> str:
    value = find(name)
    if isinstance(value, datetime):
        return (formatting.end if name in ENDS else formatting.moment)(value.astimezone(zone), say, zoned=zoned)
    return _word(value, find("currency"), say)


def _word(value: Any, currency: Any, say: Say) -> str:
    if isinstance(value, date):
        return formatting.full_day(value, say)
    if isinstance(value, Decimal):
        return formatting.amount(value, currency) if currency else f"{value:,f}"
    if isinstance(value, Address):
        return formatting.place(value)
    if isinstance(value, tuple | list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value).strip()
