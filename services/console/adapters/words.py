"""How things are said: money, times, numbers, states. ``said`` marks an English text for the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from libs.common.amounts import exponent

SIGNS = {"USD": "$", "CAD": "CA$", "AUD": "A$", "EUR": "€", "GBP": "£"}
MINUS = "\N{MINUS SIGN}"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
SPELT = {
    "hvac": "HVAC",
    "csr": "CSR",
    "sms": "Text",
    "mql": "MQL",
    "sql": "SQL",
    "pql": "PQL",
    "api": "API",
    "email": "E-mail",
}


def said(text: str) -> str:
    """Marks a text for the catalogue; pages translate it as they show it."""
    return text


@dataclass(frozen=True)
class Place:
    """Where the reader is: times and amounts are shown as they are said there."""

    zone: ZoneInfo
    currency: str
    now: datetime
    branch: str = ""
    locale: str = ""

    @classmethod
    def of(cls, branch: Mapping[str, Any] | None, now: datetime) -> "Place":
        details = branch or {}
        zone = ZoneInfo(str(details.get("time_zone") or "UTC"))
        name, locale = str(details.get("name") or ""), str(details.get("locale") or "")
        return cls(zone, str(details.get("currency") or "USD"), now, name, locale)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)


def instant(value: Any) -> datetime | None:
    """An RFC 3339 text or a datetime, with its zone; None where there is none."""
    if value is None or value == "":
        return None
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def money(value: Any, currency: str, *, cents: bool = False) -> Markup:
    """``11804.46`` as ``$11,804.46``; with ``cents`` they are quieter, as in big sums."""
    if value is None or value == "":
        return Markup("")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return escape(value)
    places = exponent(currency)
    whole, _, part = f"{abs(amount):,.{places}f}".partition(".")
    sign = (MINUS if amount < 0 else "") + SIGNS.get(currency, f"{currency} ")
    tail = f".{part}" if part else ""
    shown = (
        Markup('{}{}<span class="cents">{}</span>').format(sign, whole, tail)
        if cents
        else escape(f"{sign}{whole}{tail}")
    )
    return Markup('<data class="money" value="{}">{}</data>').format(value, shown)


def day_name(one: date, today: date) -> str:
    """``Today``, ``Tomorrow``, ``Fri 5 June``; another year is named."""
    near = {0: "Today", 1: "Tomorrow", -1: "Yesterday"}.get((one - today).days)
    if near:
        return near
    text = f"{DAYS[one.weekday()]} {one.day} {MONTHS[one.month - 1]}"
    return text if one.year == today.year else f"{text} {one.year}"


LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def long_day(one: date) -> str:
    """``Tuesday 9 June``."""
    return f"{LONG_DAYS[one.weekday()]} {one.day} {MONTHS[one.month - 1]}"


def when(value: Any, place: Place) -> Markup:
    """``Today 09:14`` in the branch's zone, in full in ``datetime``."""
    moment = instant(value)
    if moment is None:
        return Markup("")
    local = place.local(moment)
    text = f"{day_name(local.date(), place.today)} {local:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), text)


def clock(value: Any, place: Place) -> Markup:
    """``09:14``."""
    moment = instant(value)
    if moment is None:
        return Markup("")
    local = place.local(moment)
    return Markup('<time datetime="{}">{:%H:%M}</time>').format(local.isoformat(timespec="seconds"), local)


def day(value: Any, place: Place) -> Markup:
    """A day: ``Fri 5 June``."""
    if value is None or value == "":
        return Markup("")
    one = value if type(value) is date else None
    if one is None:
        text = str(value)
        moment = instant(value) if len(text) > 10 else None
        one = place.local(moment).date() if moment else date.fromisoformat(text)
    return Markup('<time datetime="{}">{}</time>').format(one.isoformat(), day_name(one, place.today))


def span(length: timedelta) -> str:
    """``4 min``, ``2 h``, ``3 days``: the largest unit that says enough."""
    minutes = int(abs(length.total_seconds()) // 60)
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 1440)} days"


def since(value: Any, place: Place) -> str:
    """How long ago, or until then."""
    moment = instant(value)
    return "" if moment is None else span(place.now - moment)


def late(value: Any, place: Place) -> bool:
    moment = instant(value)
    return moment is not None and moment < place.now


def plain(code: Any) -> str:
    """``no_decision_maker`` as ``No decision maker``."""
    text = str(code or "")
    return SPELT.get(text) or text.replace("_", " ")[:1].upper() + text.replace("_", " ")[1:]


def phone(value: Any) -> str:
    """``+16155550142`` as ``(615) 555-0142``; others stay as they are."""
    text = str(value.get("typed") or value.get("e164") or "") if isinstance(value, Mapping) else str(value or "")
    if len(text) == 12 and text.startswith("+1"):
        return f"({text[2:5]}) {text[5:8]}-{text[8:]}"
    return text


def dial(value: Any) -> str:
    """What ``tel:`` takes."""
    text = str(value.get("e164") or value.get("typed") or "") if isinstance(value, Mapping) else str(value or "")
    return "".join(one for one in text if one.isdigit() or one == "+")


def initials(name: Any) -> str:
    words = str(name or "?").split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


def address(value: Any) -> str:
    """On one line."""
    parts = value or {}
    town = " ".join(str(parts[name]) for name in ("city", "region", "postal_code") if parts.get(name))
    return ", ".join(one for one in (str(parts.get("line1") or ""), str(parts.get("line2") or ""), town) if one)
