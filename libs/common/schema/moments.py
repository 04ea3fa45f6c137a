"""Fields of time: an instant has an offset, a day has none."""

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import ValidationError

from libs.common.schema.texts import Text
from libs.common.schema.value import Value

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
FIRST, LAST = 1970, 2200
BETWEEN = f"Between the years {FIRST} and {LAST}."


class Instant(Value):
    """RFC 3339 with its offset; shown in UTC."""

    def read(self, value: Any) -> datetime:
        form = _INSTANT.fullmatch(value) if isinstance(value, str) else None
        if form is None:
            raise ValidationError("is not a time such as 2026-03-01T09:30:00-06:00")
        if form[2] is None:
            raise ValidationError("has no offset: add Z or one such as -06:00 (in an address, + is %2B)")
        try:
            found = datetime.fromisoformat(value.upper())
        except ValueError as wrong:
            raise ValidationError("is no possible time") from wrong
        if not FIRST <= found.year <= LAST:
            raise ValidationError(f"is not between the years {FIRST} and {LAST}")
        return found

    def show(self, value: Any) -> Any:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def described(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "description": BETWEEN}


class Day(Value):
    """A calendar day: 2026-03-01."""

    def read(self, value: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValidationError("is not a day such as 2026-03-01")
        try:
            found = date.fromisoformat(value)
        except ValueError as wrong:
            raise ValidationError("is no possible day") from wrong
        if not FIRST <= found.year <= LAST:
            raise ValidationError(f"is not between the years {FIRST} and {LAST}")
        return found

    def show(self, value: Any) -> Any:
        return value.isoformat()

    def described(self) -> dict[str, Any]:
        return {"type": "string", "format": "date", "description": BETWEEN}


class Zone(Text):
    """A time zone's name, such as America/Chicago."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=60, blank=False, **more)

    def read(self, value: Any) -> str:
        name = super().read(value)
        if name not in available_timezones():
            raise ValidationError("is not a time zone such as America/Chicago")
        return ZoneInfo(name).key
