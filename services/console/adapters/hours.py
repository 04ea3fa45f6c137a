"""Working hours and holidays as people write them: ``8am-12pm, 1-5pm``, and lines such as ``2026-12-25 Christmas``."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

CLOCK = r"(\d{1,2})(?::(\d\d))?\s*([ap]m)?"
SPAN = re.compile(rf"{CLOCK}\s*(?:-|–|to)\s*{CLOCK}", re.IGNORECASE)
NOON = 12


def shown(spans: Iterable[Mapping[str, str]]) -> str:
    """``08:00-12:00, 13:00-17:00``."""
    return ", ".join(f"{one['opens']}-{one['closes']}" for one in spans)


def read(text: str) -> list[dict[str, str]]:
    """The spans of a day, as staff has them. Raises ValueError."""
    return [_span(part.strip()) for part in text.split(",") if part.strip()]


def _span(text: str) -> dict[str, str]:
    found = SPAN.fullmatch(text)
    if found is None:
        raise ValueError("is not like 08:00-17:00; with a break, 08:00-12:00, 13:00-17:00")
    opens, since, early, closes, until, late = found.groups()
    end = _clock(closes, until, late)
    begin = _clock(opens, since, early or late)
    if early is None and late is not None and begin >= end:  # 8-5pm begins in the morning, 1-5pm does not
        begin = _clock(opens, since, "am")
    return {"opens": begin, "closes": end}


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    """Without a word of the half of the day it counts to 24. Whether there is such a time says the owner."""
    number = int(hour)
    if half is not None:
        number = number % NOON + NOON * (half.lower() == "pm")
    return f"{number:02d}:{minute or '00'}"


def holidays_shown(holidays: Iterable[Mapping[str, str]]) -> str:
    """One on a line, by its day."""
    return "\n".join(f"{one['day']} {one.get('name') or ''}".strip() for one in holidays)


def holidays_read(text: str) -> list[dict[str, str]]:
    """The holidays, as staff has them. Raises ValueError."""
    return [_holiday(line.strip()) for line in text.splitlines() if line.strip()]


def _holiday(line: str) -> dict[str, str]:
    day, _, name = line.partition(" ")
    try:
        date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"{line}: begin with the day, as 2026-12-25") from None
    return {"day": day, "name": name.strip()}
