"""Fields of text: kept as typed, but never blank where needed, and never what it is not."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any
from uuid import UUID

from marshmallow import ValidationError

from libs.common.schema.value import Value

_ENCODED_LINE_BREAK = re.compile(r"%0[ad]|=0[ad]|&#(?:10|13|x0?[ad])", re.IGNORECASE)
#: what comes along, unseen, when an address or number is copied from a contact or a chat: marks of direction and joints
_UNSEEN = dict.fromkeys((0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)))
#: the same, and letters that are drawn as nothing: whoever types one has typed no name
_EMPTY = _UNSEEN | dict.fromkeys((0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0))
_PHONE = re.compile(
    r"\s*(?:tel:|p:)?\s*[+＋(（]*\s*\d[\d\s()（）.\-‐-―−－/]*(?:[A-Z]{3,10})?(?:\s*(?:#|x|ext\.?|;ext=)\s*\d{1,7})?\s*",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


MOST_DECIMALS = 3  #: of an amount: columns.money()


def says_nothing(text: str) -> bool:
    """Whether nobody can see anything in it."""
    return not text.translate(_EMPTY).strip()


class Text(Value):
    """Kept as typed. A needed one has to say something; an optional one may be empty."""

    def __init__(self, *, max_length: int = 10_000, blank: bool | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.max_length = max_length
        self.blank = not self.required if blank is None else blank

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("is not text")
        if len(value) > self.max_length:
            raise ValidationError(f"is longer than {self.max_length} characters")
        if not self.blank and says_nothing(value):
            raise ValidationError("is blank")
        return value

    def described(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.max_length, **({} if self.blank else {"minLength": 1})}


class Name(Text):
    """One line that names someone or something; never blank."""

    def __init__(self, *, max_length: int = 200, blank: bool = False, **more: Any) -> None:
        super().__init__(max_length=max_length, blank=blank, **more)


class Currency(Text):
    """A currency that there is, by its three letters. Amounts are kept with three decimals, as any that is paid in."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=3, blank=False, **more)

    def read(self, value: Any) -> str:
        from babel.core import get_global  # slow to import
        from babel.numbers import get_currency_precision

        typed = super().read(value)
        if typed not in get_global("all_currencies"):
            raise ValidationError("is not a currency's three letters, such as USD")
        if get_currency_precision(typed) > MOST_DECIMALS:
            raise ValidationError(f"is a unit of account whose amounts have more than {MOST_DECIMALS} decimals")
        return typed


class Email(Text):
    """One address, as typed but for the space around it and what is not seen; compare by ``parties.email_key``."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=254, blank=False, **more)

    def read(self, value: Any) -> str:
        typed = super().read(value).translate(_UNSEEN)
        if "\n" in typed or "\r" in typed or _ENCODED_LINE_BREAK.search(typed):
            raise ValidationError("holds a line break")
        if _mailbox(typed.strip()) is None:
            raise ValidationError("is not one e-mail address")
        return typed.strip()

    def described(self) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": self.max_length}


def _mailbox(typed: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email  # slow to import

    try:
        return validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


#: asked only for a number that says no country and is none of the US: where the company has branches
COUNTRIES: ContextVar[Callable[[], Iterable[str]]] = ContextVar("countries", default=tuple)


@contextmanager
def countries(ask: Callable[[], Iterable[str]]) -> Iterator[None]:
    """Within, ``ask`` says where the company is: of whose database a number is read for, and of none after that."""
    before = COUNTRIES.set(ask)
    try:
        yield
    finally:
        COUNTRIES.reset(before)


class Phone(Text):
    """A number that can be dialled, from anywhere or in a country where the company is; as typed but for the space
    around it and what is not seen. Compare by ``parties.e164``.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=40, blank=False, **more)

    def read(self, value: Any) -> Any:
        typed = super().read(value).translate(_UNSEEN)
        if not _can_be_dialled(typed, "US") and not any(_can_be_dialled(typed, here) for here in COUNTRIES.get()()):
            raise ValidationError("is not a phone number that can be dialled")
        return typed.strip()


def _can_be_dialled(typed: str, region: str) -> bool:
    import phonenumbers  # slow to import

    if not _PHONE.fullmatch(typed):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(typed, region))
    except phonenumbers.NumberParseException:
        return False


class Uuid(Text):
    """An id, as 36 characters."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=36, blank=False, **more)

    def read(self, value: Any) -> Any:
        if not isinstance(value, str) or not _UUID.fullmatch(value):
            raise ValidationError("is not an id (a UUID of 36 characters)")
        return UUID(value)

    def show(self, value: Any) -> Any:
        return str(value)

    def described(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


class Code(Text):
    """One of a list: an enum's values, or plain names."""

    def __init__(self, choices: type[StrEnum] | Iterable[str], **more: Any) -> None:
        super().__init__(max_length=200, blank=False, **more)
        self.kind = choices if isinstance(choices, type) else None
        self.choices = [str(one) for one in choices]

    def read(self, value: Any) -> Any:
        if not isinstance(value, str) or value not in self.choices:
            raise ValidationError(f"is none of {', '.join(self.choices)}")
        return self.kind(value) if self.kind else value

    def show(self, value: Any) -> Any:
        return str(value)

    def described(self) -> dict[str, Any]:
        return {"type": "string", "enum": self.choices}
