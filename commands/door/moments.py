"""Times as an operator types them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_AGO = re.compile(r"(\d{1,9})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
EXAMPLES = "first, 2026-11-23T08:00:00Z, or so long ago: 90s, 30m, 2h, 3d"


class Moment(click.ParamType[datetime]):
    """``first``, a time with its offset, or a span that ends now."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        found = read(str(value))
        if found is None:
            self.fail(f"{value!r} is no time such as {EXAMPLES}", param, ctx)
        return found


def read(text: str) -> datetime | None:
    """The instant, or None for what is none."""
    if text == "first":
        return FIRST
    try:
        if span := _AGO.fullmatch(text):
            now = datetime.now(UTC)
            return now - min(now - FIRST, timedelta(**{_UNITS[span[2]]: int(span[1])}))
        found = datetime.fromisoformat(text)
        return max(FIRST, found.astimezone(UTC)) if found.tzinfo is not None else None
    except (ValueError, OverflowError):  # no time, or none that there is in UTC
        return None


def shown(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
