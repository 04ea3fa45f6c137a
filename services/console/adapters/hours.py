"""Working hours and holidays as people write them: ``8am-12pm, 1-5pm``, and lines such as ``2026-12-25 Christmas``."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

CLOCK = r"(\d{1,2})(?::(\d\d))?\s*([ap]m)?"
SPAN = re.compile(rf"{CLOCK}\s*(?:-|–|to)\s*{CLOCK}", re.IGNORECASE)
NOON = 12
OF_24 = re.compile(r"(?<![:\d])(?:0\d|1[3-9]|2\d)")  #: an hour of somebody who counts to 24


def shown(spans: Iterable[Mapping[str, str]]) -> str:
    """``08:00-12:00, 13:00-17:00``."""
    return ", ".join(f"{one['opens']}-{one['closes']}" for one in spans)


def read(text: str) -> list[dict[str, str]]:
    """The spans of a day, as staff has them. Raises ValueError."""
    by_twelve = OF_24.search(text) is None
    spans: list[dict[str, str]] = []
    for part in text.split(","):
        if part.strip():
            spans.append(_span(part.strip(), by_twelve, spans[-1]["closes"] if spans else ""))
    return spans


def _span(text: str, by_twelve: bool, before: str) -> dict[str, str]:
    """``before`` is when the span before it closes: in ``8-12, 1-5`` the second is the afternoon, as 5 in 9-5."""
    found = SPAN.fullmatch(text)
    if found is None:
        raise ValueError("is not like 08:00-17:00; with a break, 08:00-12:00, 13:00-17:00")
    opens, since, early, closes, until, late = found.groups()
    end = _clock(closes, until, late)
    begin = _clock(opens, since, early or late)
    if early is None and late is not None and begin >= end:  # 8-5pm begins in the morning, 1-5pm does not
        begin = _clock(opens, since, "am")
    if by_twelve and early is None and late is None:
        begin = _later(begin, before)
        end = _later(end, begin)
    return {"opens": begin, "closes": end}


def _later(clock: str, than: str) -> str:
    """Half a day later where it is not after that and can be."""
    return f"{int(clock[:2]) + NOON:02d}{clock[2:]}" if than and clock <= than and int(clock[:2]) < NOON else clock


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
