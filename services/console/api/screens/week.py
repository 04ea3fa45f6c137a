"""A week as it is drawn: which day's column, which half-hour's row, and who shares the width of the same hours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from services.console.adapters.words import Place

OPENS, CLOSES = 7, 19  #: the hours that are drawn; what is earlier or later stands at the edge with its time
ROWS = (CLOSES - OPENS) * 2
BESIDE = 3  #: so many at the same time have room beside each other; more are drawn over the last
FINE = 8  #: what is longer is drawn in whole hours
GOING = ("scheduled", "confirmed", "en_route", "on_site")  #: nobody has said yet how the visit ended


@dataclass
class Shown:
    """One appointment or piece of work on one day."""

    entry: Mapping[str, Any]
    starts: datetime
    ends: datetime
    look: str
    row: int = 0
    rows: int = 1
    at: int = 0  #: which of those beside each other
    of: int = 1  #: how many there are
    outside: bool = False  #: the hours that are drawn: its place does not say when it is, so its name begins with that

    @property
    def place(self) -> str:
        """Its classes: the column is the day's."""
        beside = f" of{self.of} at{self.at}" if self.of > 1 else ""
        rows = self.rows + self.rows % 2 if self.rows > FINE else self.rows
        return f"y{self.row} h{rows}{beside}"


@dataclass
class Day:
    day: date
    today: bool
    entries: list[Shown] = field(default_factory=list)


def week(entries: Iterable[Mapping[str, Any]], monday: date, here: Place, days: int = 7) -> list[Day]:
    """Each day with what is on it; the weekend only where something is, or where it is now."""
    found = [Day(monday + timedelta(days=n), monday + timedelta(days=n) == here.today) for n in range(days)]
    for entry in entries:
        starts = here.local(entry["starts_at"])
        ends = here.local(entry["ends_at"] or entry["starts_at"] + timedelta(hours=1))
        for one in found:
            opens = datetime.combine(one.day, time(), here.zone)
            closes = datetime.combine(one.day + timedelta(days=1), time(), here.zone)
            if starts < closes and (ends > opens or starts >= opens):
                one.entries.append(_shown(entry, max(starts, opens), min(ends, closes), one.day, here))
    for one in found:
        _side_by_side(one.entries)
    return [one for one in found if one.day.weekday() < 5 or one.entries or one.today]


def now_row(here: Place) -> int | None:
    """The half-hour that it is; None when the hour is not drawn."""
    local = here.local(here.now)
    row = (local.hour - OPENS) * 2 + local.minute // 30
    return row if 0 <= row < ROWS else None


def _shown(entry: Mapping[str, Any], starts: datetime, ends: datetime, day: date, here: Place) -> Shown:
    first, last = _row(starts, day), _row(ends, day, up=True)
    row = min(max(first, 0), ROWS - 1)
    outside = last <= 0 or first >= ROWS
    return Shown(entry, starts, ends, _look(entry, here), row, max(1, min(last, ROWS) - row), outside=outside)


def _row(moment: datetime, day: date, *, up: bool = False) -> int:
    minutes = (moment.date() - day).days * 1440 + moment.hour * 60 + moment.minute - OPENS * 60
    return -(-minutes // 30) if up else minutes // 30


def _look(entry: Mapping[str, Any], here: Place) -> str:
    """Dashed what is done or only proposed; red what should have ended and nobody has said how."""
    if entry["entry"] == "work":
        done = entry["state"] == "completed" or entry["scheduling"] != "scheduled"
        return "off" if done else ""
    if entry["state"] in GOING:
        return "late" if entry["ends_at"] < here.now else "sale"
    return "off"


def _side_by_side(entries: list[Shown]) -> None:
    """Those that share an hour share the width."""
    entries.sort(key=lambda one: (one.row, -one.rows))
    together: list[Shown] = []
    until = 0
    for one in [*entries, None]:
        if one is None or one.row >= until:
            _spread(together)
            together, until = [], 0
        if one is not None:
            together.append(one)
            until = max(until, one.row + one.rows)


def _spread(together: list[Shown]) -> None:
    ends: list[int] = []
    for one in together:
        free = next((n for n, end in enumerate(ends) if end <= one.row), len(ends))
        if free == len(ends) and len(ends) < BESIDE:
            ends.append(0)
        one.at = min(free, BESIDE - 1)
        ends[one.at] = max(ends[one.at], one.row + one.rows)
    for one in together:
        one.of = len(ends)
