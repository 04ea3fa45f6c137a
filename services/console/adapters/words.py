"""How things are said on a page: money, times, numbers. ``said`` marks an English text for the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from libs.common import formatting
from libs.common.amounts import exponent, rounded
from libs.common.formatting import DAYS, MINUS, MONTHS, Say, counted, english, sign
from libs.common.parties import dialled
from libs.common.schema.moments import FIRST, LAST

said = formatting.said

LONG_DAYS = (
    said("Monday"), said("Tuesday"), said("Wednesday"), said("Thursday"), said("Friday"), said("Saturday"),
    said("Sunday"),
)  # fmt: skip
#: a day by how far it is from today: alone, and within a sentence
ALONE = {0: said("Today"), 1: said("Tomorrow"), -1: said("Yesterday")}
WITHIN = {0: said("today"), 1: said("tomorrow"), -1: said("yesterday")}


@dataclass(frozen=True)
class Place:
    """Where the reader is: times and amounts are shown as they are said there, days in the words of ``say``."""

    zone: ZoneInfo
    currency: str
    now: datetime
    branch: str = ""
    locale: str = ""
    say: Say = english
    zoned: bool = False  #: the company has several clocks: a time is said with its zone

    @classmethod
    def of(cls, branch: Mapping[str, Any] | None, now: datetime, say: Say = english, *, zoned: bool = False) -> "Place":
        details = branch or {}
        zone = ZoneInfo(str(details.get("time_zone") or "UTC"))
        name, locale = str(details.get("name") or ""), str(details.get("locale") or "")
        return cls(zone, str(details.get("currency") or "USD"), now, name, locale, say, zoned)

    @property
    def decimal_comma(self) -> bool:
        """Whether the branch's language writes ``1.234,56``."""
        return bool(self.locale) and _decimal_point(self.locale) == ","

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def city(self) -> str:
        """Whose clock it is that times are typed by."""
        return self.zone.key.rpartition("/")[2].replace("_", " ")

    def zone_at(self, local: datetime) -> str:
        return f" {local:%Z}" if self.zoned else ""

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)


@cache
def _decimal_point(locale: str) -> str:
    from babel.numbers import get_decimal_symbol  # slow to import, and needed only where amounts are typed

    return get_decimal_symbol(locale)


def typed_day(text: str) -> date | None:
    """A day that somebody typed; None for what is none, or is out of every calendar."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST <= found.year <= LAST else None


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
        amount = rounded(Decimal(str(value)), currency)
    except InvalidOperation:
        return escape(value)
    places = exponent(currency)
    whole, _, part = f"{abs(amount):,.{places}f}".partition(".")
    before = (MINUS if amount < 0 else "") + sign(currency)
    tail = f".{part}" if part else ""
    shown = (
        Markup('{}{}<span class="cents">{}</span>').format(before, whole, tail)
        if cents
        else escape(f"{before}{whole}{tail}")
    )
    return Markup('<data class="money" value="{}">{}</data>').format(value, shown)


def day_name(one: date, place: Place, near: Mapping[int, str] = ALONE) -> str:
    """``Today``, ``Tomorrow``, ``Fri 5 June``; another year is named."""
    there = near.get((one - place.today).days)
    if there:
        return place.say(there)
    if one.year == place.today.year:
        return formatting.short_day(one, place.say)
    weekday, month = place.say(DAYS[one.weekday()]), place.say(MONTHS[one.month - 1])
    another = said("%(weekday)s %(day)s %(month)s %(year)s")
    return place.say(another, weekday=weekday, day=one.day, month=month, year=one.year)


def long_day(one: date, place: Place) -> str:
    """``Tuesday 9 June``."""
    weekday, month = place.say(LONG_DAYS[one.weekday()]), place.say(MONTHS[one.month - 1])
    return place.say(said("%(weekday)s %(day)s %(month)s"), weekday=weekday, day=one.day, month=month)


def when(value: Any, place: Place, near: Mapping[int, str] = ALONE) -> Markup:
    """``Today 09:14`` in the branch's zone, in full in ``datetime``; ``near`` is WITHIN in the midst of a sentence."""
    moment = instant(value)
    if moment is None:
        return Markup("")
    local = place.local(moment)
    text = f"{day_name(local.date(), place, near)} {local:%H:%M}{place.zone_at(local)}"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), text)


def end(value: Any, place: Place) -> Markup:
    """Until when something holds, within a sentence: ``today 24:00`` is midnight, and the day that ends with it."""
    moment = instant(value)
    if moment is None:
        return Markup("")
    local = place.local(moment)
    day, time = formatting.closing(local)
    text = f"{day_name(day, place, WITHIN)} {time}{place.zone_at(local)}"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), text)


def clock(value: Any, place: Place) -> Markup:
    """``09:14``."""
    moment = instant(value)
    if moment is None:
        return Markup("")
    local = place.local(moment)
    return Markup('<time datetime="{}">{:%H:%M}</time>').format(local.isoformat(timespec="seconds"), local)


def day(value: Any, place: Place, near: Mapping[int, str] = ALONE) -> Markup:
    """A day: ``Fri 5 June``."""
    if value is None or value == "":
        return Markup("")
    one = value if type(value) is date else None
    if one is None:
        text = str(value)
        moment = instant(value) if len(text) > 10 else None
        one = place.local(moment).date() if moment else date.fromisoformat(text)
    return Markup('<time datetime="{}">{}</time>').format(one.isoformat(), day_name(one, place, near))


def span(length: timedelta, say: Say = english) -> str:
    """``4 min``, ``2 h``, ``3 days``: the largest unit that says enough."""
    minutes = int(abs(length.total_seconds()) // 60)
    if minutes < 90:
        return say(said("%(n)s min"), n=minutes)
    if minutes < 48 * 60:
        return say(said("%(n)s h"), n=round(minutes / 60))
    return say(counted("%(num)s day", "%(num)s days"), num=round(minutes / 1440))


def since(value: Any, place: Place) -> str:
    """How long ago, or until then."""
    moment = instant(value)
    return "" if moment is None else span(place.now - moment, place.say)


def late(value: Any, place: Place) -> bool:
    moment = instant(value)
    return moment is not None and moment < place.now


def dial(value: Any) -> str:
    """What ``tel:`` takes; an extension is no part of the number before it."""
    text = value.get("typed") or value.get("e164") if isinstance(value, Mapping) else value
    return dialled(str(text or ""))


def mail(address: Any) -> str:
    """What ``mailto:`` takes: what stands in an address can add no other recipient and no text."""
    return quote(str(address), safe="@")


def pointed(fault: Any) -> str:
    """``/emails/0 is not one`` of a file's row as ``Emails: is not one``."""
    pointer, _, text = str(fault).partition(" ")
    named = [part for part in pointer.strip("/").split("/") if not part.isdigit()]
    return f"{formatting.plain(named[-1])}: {text}" if pointer.startswith("/") and named and text else str(fault)


def initials(name: Any) -> str:
    words = str(name or "?").split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


def address(value: Any) -> str:
    """On one line."""
    parts = value or {}
    town = " ".join(str(parts[name]) for name in ("city", "region", "postal_code") if parts.get(name))
    return ", ".join(one for one in (str(parts.get("line1") or ""), str(parts.get("line2") or ""), town) if one)
