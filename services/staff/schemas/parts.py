"""What several records of staff are made of."""

import re
from datetime import time
from itertools import pairwise
from typing import Any

from marshmallow import ValidationError, validates_schema

from libs.common.web import Schema, fields
from libs.common.workhours import WEEKDAYS


class Clock(fields.Text):
    """A time of day such as 07:30."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        typed: str = super()._deserialize(value, attr, data, **more)
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", typed, re.ASCII):
            raise ValidationError("is not a time of day such as 07:30")
        return typed


class HoursIn(Schema):
    opens = Clock(required=True)
    closes = Clock(required=True)

    @validates_schema
    def closes_later(self, data: dict[str, Any], **_more: Any) -> None:
        if time.fromisoformat(data["closes"]) <= time.fromisoformat(data["opens"]):
            raise ValidationError(
                "is not after opens; over midnight give 23:59, and from 00:00 on the next day", "closes"
            )


class HolidayIn(Schema):
    day = fields.Day(required=True)
    name = fields.Text(max_length=200)


class CalendarIn(Schema):
    """Hours by weekday, several a day where there is a break; a day not named is free. Until 23:59 is to midnight."""

    hours = fields.Dict(
        keys=fields.Code(WEEKDAYS), values=fields.List(fields.Nested(HoursIn), most=10), load_default=dict
    )
    holidays = fields.List(fields.Nested(HolidayIn), most=400, load_default=list)

    @validates_schema
    def one_after_another(self, data: dict[str, Any], **_more: Any) -> None:
        for day, spans in data["hours"].items():
            if any(later["opens"] < earlier["closes"] for earlier, later in pairwise(spans)):
                raise ValidationError({"hours": {day: ["overlap, or are not in order"]}})


def short(most: int) -> fields.List:
    return fields.List(fields.Name(max_length=40), most=most)
