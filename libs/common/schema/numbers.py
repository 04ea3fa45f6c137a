"""Fields of numbers: money, quantities and rates are decimal text, never a JSON number, never a float."""

import re
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from libs.common.schema.value import Value

_PLAIN = re.compile(r"(-?)(\d{1,20})(?:\.(\d{1,10}))?", re.ASCII)


class Number(Value):
    """Plain digits with a point, such as ``"8400.00"``: no exponent, no separators, no −0."""

    example = "8400.00"

    def __init__(
        self, *, places: int, least: Decimal | int = 0, most: Decimal | int = 99_999_999_999, **more: Any
    ) -> None:
        super().__init__(**more)
        self.places, self.least, self.most = places, Decimal(least), Decimal(most)

    def read(self, value: Any) -> Decimal:
        plain = _PLAIN.fullmatch(value) if isinstance(value, str) else None
        if plain is None:
            raise ValidationError('is not a number written as text, such as "8400.00"')
        if len(plain[3] or "") > self.places:
            raise ValidationError(f"has more than {self.places} decimals")
        number = Decimal(value)
        if plain[1] and not number:
            raise ValidationError("is minus zero")
        if number < self.least:
            raise ValidationError("is negative" if not self.least else f"is less than {self.least}")
        if number > self.most:
            raise ValidationError(f"is more than {self.most}")
        return number

    def show(self, value: Any) -> Any:
        return plain(value)

    def described(self) -> dict[str, Any]:
        sign = "" if self.least >= 0 else "-?"
        bounds = f"A number from {self.least} to {self.most}, as text."
        return {"type": "string", "pattern": self.pattern(sign), "description": bounds, "examples": [self.example]}

    def pattern(self, sign: str) -> str:
        return rf"^{sign}\d{{1,20}}(\.\d{{1,{self.places}}})?$"


def plain(value: Decimal, least_places: int = 0) -> str:
    """Without an exponent or needless zeros, with at least so many decimals."""
    whole, _, fraction = format(Decimal(value), "f").partition(".")
    fraction = fraction.rstrip("0").ljust(least_places, "0")
    return f"{whole}.{fraction}" if fraction else whole


class Money(Number):
    """An amount. Shown with two decimals at least unless ``currency`` tells the record's field; none has over four."""

    def __init__(self, *, places: int = 4, signed: bool = False, currency: str | None = None, **more: Any) -> None:
        more.setdefault("least", -99_999_999_999 if signed else 0)
        super().__init__(places=places, **more)
        self.currency = currency

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:
        if value is None or self.currency is None:
            return super()._serialize(value, attr, obj, **more)
        from libs.common.amounts import as_text

        code = obj[self.currency] if isinstance(obj, dict) else getattr(obj, self.currency)
        return as_text(value, code)

    def show(self, value: Any) -> Any:
        return plain(value, 2)


class UnitPrice(Number):
    """A price for one: four decimals, shown with at least two."""

    def __init__(self, **more: Any) -> None:
        more.setdefault("most", Decimal("9999999999.9999"))
        super().__init__(places=4, **more)

    def show(self, value: Any) -> Any:
        return plain(value, 2)


class Quantity(Number):
    """How many, to the thousandth; no sign."""

    example = "2.5"

    def __init__(self, **more: Any) -> None:
        more.setdefault("most", Decimal("999999999.999"))
        super().__init__(places=3, **more)


class Percent(Number):
    """0 to 100, four decimals."""

    example = "12.5"

    def __init__(self, **more: Any) -> None:
        more.setdefault("most", 100)
        super().__init__(places=4, **more)


class Rate(Number):
    """0 to 1, six decimals: ``"0.22"``."""

    example = "0.22"

    def __init__(self, **more: Any) -> None:
        more.setdefault("most", 1)
        super().__init__(places=6, **more)


class Whole(Value):
    """A JSON integer; not 3.0, not "3", not true."""

    def __init__(self, *, least: int = -2_147_483_648, most: int = 2_147_483_647, **more: Any) -> None:
        super().__init__(**more)
        self.least, self.most = least, most

    def read(self, value: Any) -> int:
        if type(value) is not int:
            raise ValidationError("is not a whole number")
        if not self.least <= value <= self.most:
            raise ValidationError(f"is not between {self.least} and {self.most}")
        return value

    def from_query(self, text: str) -> Any:
        return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else text

    def described(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class Flag(Value):
    """true or false, nothing that looks like it."""

    def read(self, value: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError("is neither true nor false")
        return value

    def from_query(self, text: str) -> Any:
        return {"true": True, "false": False}.get(text, text)

    def described(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Consent(Flag):
    """A yes that somebody gave: false is no consent."""

    def read(self, value: Any) -> bool:
        if not super().read(value):
            raise ValidationError("has to be agreed to")
        return True

    def described(self) -> dict[str, Any]:
        return {"type": "boolean", "enum": [True]}
