"""What a company may set about being told: channels, quiet hours, how long before something is due."""

import re
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, validates_schema

from libs.common.preferences import Preferences
from libs.common.schema import Schema, fields


class Channel(StrEnum):
    IN_APP = "in_app"
    EMAIL = "email"
    CHAT = "chat"  #: where somebody has named an address of theirs


DEFAULTS: dict[str, Any] = {
    "channels": ["in_app", "email"],
    "quiet_hours": {"from": "20:00", "until": "07:00"},
    "response_warning_minutes": 15,
    "expiring_days": 3,
}

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class QuietHours(Schema):
    """No e-mail between these, by the branch's clock; over midnight when ``until`` is the earlier one."""

    from_ = fields.Text(required=True, max_length=5, data_key="from", attribute="from")
    until = fields.Text(required=True, max_length=5)

    @validates_schema
    def both_are_of_a_clock(self, data: dict[str, Any], **_more: Any) -> None:
        wrong = {
            name: "is not a time of day such as 20:00" for name, text in data.items() if not _CLOCK.fullmatch(text)
        }
        if wrong:
            raise ValidationError({name: [text] for name, text in wrong.items()})


def channels() -> Any:
    """A list of channels that is never empty: nobody is told of nothing."""
    return fields.List(fields.Code(Channel), least=1, most=len(Channel))


class NotificationSettings(Schema):
    channels = channels()
    quiet_hours = fields.Nested(QuietHours, allow_none=True)
    response_warning_minutes = fields.Whole(least=0, most=10_000)
    expiring_days = fields.Whole(least=0, most=90)


PREFERENCES = Preferences(NotificationSettings, DEFAULTS)
