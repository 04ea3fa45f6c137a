"""Every field a schema needs, from one place: ``from libs.common.schema import fields``."""

from marshmallow.fields import Function, Method

from libs.common.schema.files import File
from libs.common.schema.groups import Dict, List, Nested, Raw
from libs.common.schema.moments import Day, Instant, Zone
from libs.common.schema.numbers import Consent, Flag, Money, Number, Percent, Quantity, Rate, UnitPrice, Whole
from libs.common.schema.texts import Code, Currency, Email, Name, Phone, Text, Uuid

__all__ = [
    "Code", "Consent", "Currency", "Day", "Dict", "Email", "File", "Flag", "Function", "Instant", "List", "Method",
    "Money", "Name", "Nested", "Number", "Percent", "Phone", "Quantity", "Rate", "Raw", "Text", "UnitPrice", "Uuid",
    "Whole", "Zone",
]  # fmt: skip
