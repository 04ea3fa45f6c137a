"""Every field a schema needs, from one place: ``from libs.common.web import fields``."""

from marshmallow.fields import Function, Method

from libs.common.web.allowed import Allowed
from libs.common.web.groups import Dict, List, Nested, Raw
from libs.common.web.moments import Day, Instant, Zone
from libs.common.web.numbers import Consent, Flag, Money, Number, Percent, Quantity, Rate, UnitPrice, Whole
from libs.common.web.texts import Code, Email, Name, Phone, Text, Uuid
from libs.common.web.uploads import File

__all__ = [
    "Allowed", "Code", "Consent", "Day", "Dict", "Email", "File", "Flag", "Function", "Instant", "List", "Method",
    "Money", "Name", "Nested", "Number", "Percent", "Phone", "Quantity", "Rate", "Raw", "Text", "UnitPrice", "Uuid",
    "Whole", "Zone",
]  # fmt: skip
