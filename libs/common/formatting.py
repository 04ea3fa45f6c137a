"""How codes, telephone numbers, days and amounts are said to people, wherever they read them.

``said`` and ``counted`` mark English texts for a service's catalogue; whoever shows them translates them.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from libs.common.amounts import exponent, rounded

SIGNS = {"USD": "$", "CAD": "CA$", "AUD": "A$", "EUR": "€", "GBP": "£"}
MINUS = "\N{MINUS SIGN}"
SPELT = {
    "hvac": "HVAC",
    "csr": "CSR",
    "sms": "Text",
    "mql": "MQL",
    "sql": "SQL",
    "pql": "PQL",
    "api": "API",
    "email": "E-mail",
    "line1": "Street",
    "line2": "Flat, suite",
}


def said(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


def counted(single: str, plural: str) -> tuple[str, str]:
    """Marks a text with a number, ``%(num)s``, in its two English forms; other languages have as many as they need."""
    return single, plural


DAYS = (said("Mon"), said("Tue"), said("Wed"), said("Thu"), said("Fri"), said("Sat"), said("Sun"))
MONTHS = (
    said("January"), said("February"), said("March"), said("April"), said("May"), said("June"), said("July"),
    said("August"), said("September"), said("October"), said("November"), said("December"),
)  # fmt: skip

Say = Callable[..., str]  #: ``say("Holds until %(day)s", day=…)`` in somebody's language


def english(text: str | tuple[str, str], **given: Any) -> str:
    """A text of ours as it stands."""
    told = text if isinstance(text, str) else text[given["num"] != 1]
    return told % given if given else told


def full_day(one: date, say: Say = english) -> str:
    """``5 June 2026``."""
    return say(said("%(day)s %(month)s %(year)s"), day=one.day, month=say(MONTHS[one.month - 1]), year=one.year)


def short_day(one: date, say: Say = english) -> str:
    """``Fri 5 June``."""
    weekday, month = say(DAYS[one.weekday()]), say(MONTHS[one.month - 1])
    return say(said("%(weekday)s %(day)s %(month)s"), weekday=weekday, day=one.day, month=month)


def moment(at: datetime, say: Say = english, *, zoned: bool = False) -> str:
    """``Fri 5 June 22:07``, by the clock of its own zone; ``zoned``, ``22:07 CDT``."""
    return f"{short_day(at, say)} {at:%H:%M}{_zone(at, zoned)}"


def closing(at: datetime) -> tuple[date, str]:
    """The day and the clock at which something ends: with midnight ends the day before, at ``24:00``."""
    midnight = at.time() == time()
    return (at - timedelta(days=midnight)).date(), "24:00" if midnight else f"{at:%H:%M}"


def end(at: datetime, say: Say = english, *, zoned: bool = False) -> str:
    """``Fri 5 June 24:00``, by the clock of its own zone: a moment until which something holds."""
    day, clock = closing(at)
    return f"{short_day(day, say)} {clock}{_zone(at, zoned)}"


def _zone(at: datetime, zoned: bool) -> str:
    return f" {at:%Z}" if zoned else ""


def plain(code: Any) -> str:
    """``no_decision_maker`` as ``No decision maker``, ``hvac`` as ``HVAC``."""
    text = str(code or "")
    return SPELT.get(text) or text.replace("_", " ")[:1].upper() + text.replace("_", " ")[1:]


def phone(value: Any) -> str:
    """``+16155550142`` as ``(615) 555-0142``; others stay as they are."""
    text = str(value.get("typed") or value.get("e164") or "") if isinstance(value, Mapping) else str(value or "")
    if len(text) == 12 and text.startswith("+1"):
        return f"({text[2:5]}) {text[5:8]}-{text[8:]}"
    return text


def sign(currency: str) -> str:
    """What stands before an amount: ``$``, or ``CHF `` where there is no sign that everybody knows."""
    return SIGNS.get(currency, f"{currency} ")


def price(value: Decimal, currency: str) -> str:
    """A price for one, which may be finer than the currency: ``$0.125``."""
    exact = value.normalize() + 0
    return amount(value, currency) if rounded(exact, currency) == exact else f"{sign(currency)}{exact:,f}"


def quantity(value: Any) -> str:
    """How many, as exactly as it is known: ``1,250.125``."""
    return f"{Decimal(str(value)).normalize() + 0:,f}"


def percent(rate: Any) -> str:
    """A rate as people say it: ``0.10375`` as ``10.375 %``."""
    return f"{(Decimal(str(rate)) * 100).normalize() + 0:f} %"


def amount(value: Decimal, currency: str) -> str:
    """``11804.46`` as ``$11,804.46``, at the currency's exponent."""
    exact = rounded(value, currency)
    return f"{MINUS if exact < 0 else ''}{sign(currency)}{abs(exact):,.{exponent(currency)}f}"


def place(where: Any) -> str:
    """``12 Main St, Nashville``: an address as people go there; blank for none."""
    parts = (getattr(where, name, "") for name in ("line1", "line2", "city", "region", "postal_code"))
    return ", ".join(part for part in parts if part)


def address_lines(address: Mapping[str, Any] | None) -> list[str]:
    """The same, a line each, of an address as records keep it."""
    if not address:
        return []
    town = " ".join(str(address[name]) for name in ("city", "region", "postal_code") if address.get(name))
    return [line for line in (address.get("line1"), address.get("line2"), town) if line]


def visit(contact: Any, note: str = "") -> str:
    """Whom to ask for, how to reach them, and what to know before, a line each."""
    name = getattr(contact, "name", "") or getattr(contact, "company", "")
    numbers = [one.typed or one.e164 for one in getattr(contact, "phones", ())]
    return "\n".join(part for part in (name, *numbers, note) if part)
