"""What the fields of a request read, what they refuse and in which words, and how they show a value."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest

from libs.common.errors import Invalid
from libs.common.parties import email_key
from libs.common.schema.strict import load
from libs.common.web import Schema, fields


class Colour(StrEnum):
    RED = "red"
    DARK_BLUE = "dark_blue"


class Inner(Schema):
    city = fields.Name(required=True)


class Everything(Schema):
    text = fields.Text(max_length=20)
    needed = fields.Text(required=True)
    email = fields.Email()
    phone = fields.Phone()
    money = fields.Money()
    unit_price = fields.UnitPrice()
    qty = fields.Quantity()
    percent = fields.Percent()
    rate = fields.Rate()
    at = fields.Instant()
    day = fields.Day()
    zone = fields.Zone()
    id = fields.Uuid()
    colour = fields.Code(Colour)
    flag = fields.Flag()
    consent = fields.Consent()
    whole = fields.Whole(least=0, most=10)
    many = fields.List(fields.Whole(), most=3)
    inner = fields.Nested(Inner)
    checks = fields.Dict(values=fields.Flag())


def read(name: str, value: object) -> Any:
    return load(Everything, {"needed": "x", name: value})[name]


def faults(body: object) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        load(Everything, body)
    return {fault.pointer: fault.detail for fault in refusal.value.errors}


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("text", " as typed ", " as typed "),
        ("text", "", ""),
        ("email", " Anna@Example.COM ", "Anna@Example.COM"),
        ("email", "\u202aanna@example.com\u202c", "anna@example.com"),  # as a chat or a contact gives it to be pasted
        ("phone", "\u202a+1 (615) 555\u20110142\u202c", "+1 (615) 555\u20110142"),
        ("money", "8400.00", Decimal("8400.00")),
        ("money", "0", Decimal(0)),
        ("unit_price", "0.0125", Decimal("0.0125")),
        ("qty", "9.5", Decimal("9.5")),
        ("percent", "100", Decimal(100)),
        ("rate", "0.22", Decimal("0.22")),
        ("at", "2026-03-01T09:30:00-06:00", datetime(2026, 3, 1, 15, 30, tzinfo=UTC)),
        ("at", "2026-03-01t09:30:00.250z", datetime(2026, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)),
        ("day", "2028-02-29", date(2028, 2, 29)),
        ("zone", "America/Chicago", "America/Chicago"),
        ("id", "01A20169-F56C-7603-ACC0-86C7F95979DA", UUID("01a20169-f56c-7603-acc0-86c7f95979da")),
        ("colour", "dark_blue", Colour.DARK_BLUE),
        ("flag", False, False),
        ("whole", 10, 10),
        ("many", [1, 2, 3], [1, 2, 3]),
        ("checks", {"permit": True}, {"permit": True}),
    ],
)
def test_a_good_value_is_read(name: str, given: object, value: object) -> None:
    assert read(name, given) == value


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("text", 3, "is not text"),
        ("needed", None, "cannot be null"),
        ("text", "x" * 21, "is longer than 20 characters"),
        ("needed", " \t\n", "is blank"),
        ("email", "a@b", "is not one e-mail address"),
        ("email", "a@example.com, b@example.com", "is not one e-mail address"),
        ("email", "a@example.com\r\nBcc: b@example.com", "holds a line break"),
        ("email", "a%0d%0abcc@example.com", "holds a line break"),
        ("phone", "javascript:alert(6155550123)", "is not a phone number that can be dialled"),
        ("phone", "615-555-0123 or 615-555-0124", "is not a phone number that can be dialled"),
        ("money", 8400, 'is not a number written as text, such as "8400.00"'),
        ("money", 8400.5, 'is not a number written as text, such as "8400.00"'),
        ("money", "1e1000000", 'is not a number written as text, such as "8400.00"'),
        ("money", "1,000.00", 'is not a number written as text, such as "8400.00"'),
        ("money", "NaN", 'is not a number written as text, such as "8400.00"'),
        ("money", "١٢", 'is not a number written as text, such as "8400.00"'),
        ("money", "+1", 'is not a number written as text, such as "8400.00"'),
        ("money", " 1", 'is not a number written as text, such as "8400.00"'),
        ("money", "1.00005", "has more than 4 decimals"),
        ("money", "-1", "is negative"),
        ("money", "-0.00", "is minus zero"),
        ("money", "100000000000", "is more than 99999999999"),
        ("percent", "101", "is more than 100"),
        ("rate", "1.01", "is more than 1"),
        ("at", "2026-03-01T09:30:00", "has no offset: add Z or one such as -06:00 (in an address, + is %2B)"),
        ("at", "2026-02-30T09:30:00Z", "is no possible time"),
        ("at", "2026-03-01T24:61:00Z", "is no possible time"),
        ("at", "1969-12-31T23:59:59Z", "is not between the years 1970 and 2200"),
        ("at", "9999-12-31T23:59:59-12:00", "is not between the years 1970 and 2200"),
        ("at", "2026-03-01", "is not a time such as 2026-03-01T09:30:00-06:00"),
        ("at", 1772357400, "is not a time such as 2026-03-01T09:30:00-06:00"),
        ("day", "2026-02-29", "is no possible day"),
        ("day", "20260301", "is not a day such as 2026-03-01"),
        ("zone", "Mars/Olympus", "is not a time zone such as America/Chicago"),
        ("id", "{01a20169-f56c-7603-acc0-86c7f95979da}", "is not an id (a UUID of 36 characters)"),
        ("colour", "green", "is none of red, dark_blue"),
        ("colour", ["red"], "is none of red, dark_blue"),
        ("flag", "true", "is neither true nor false"),
        ("flag", 1, "is neither true nor false"),
        ("consent", False, "has to be agreed to"),
        ("whole", "3", "is not a whole number"),
        ("whole", 3.9, "is not a whole number"),
        ("whole", 3.0, "is not a whole number"),
        ("whole", True, "is not a whole number"),
        ("whole", 11, "is not between 0 and 10"),
        ("many", {"0": 1}, "is not a list"),
        ("many", [1, 2, 3, 4], "has more than 3 entries"),
        ("inner", [], "is not an object with named fields"),
        ("checks", [], "is not an object"),
        ("unheard_of", 1, "is not a field that can be given here"),
    ],
)
def test_a_bad_value_is_refused_in_plain_words(name: str, given: object, words: str) -> None:
    assert faults({"needed": "x", name: given}) == {f"/{name}": words}


def test_null_of_what_need_not_be_given_is_none_given_but_where_a_record_is_edited() -> None:
    body = {"needed": "x", "text": None, "inner": None}
    assert load(Everything, body) == {"needed": "x"}
    with pytest.raises(Invalid, match="/text cannot be null"):
        load(Everything, body, edits=True)


def test_every_fault_is_named_at_once_where_it_is() -> None:
    body = {"many": [1, "2"], "inner": {"city": " ", "a/b": 1}, "checks": {"permit": "yes"}, "money": "x"}
    assert set(faults(body)) == {"/needed", "/many/1", "/inner/city", "/inner/a~1b", "/checks/permit", "/money"}


@pytest.mark.parametrize("body", [[], "text", 3, None, True])
def test_a_body_that_is_no_object_is_refused_as_a_whole(body: object) -> None:
    assert faults(body) == {"": "is not an object with named fields"}


def test_two_spellings_of_one_address_are_the_same_address() -> None:
    assert email_key(" ANNA@Example.com") == email_key("anna@EXAMPLE.com")


def test_values_are_shown_as_the_interface_says() -> None:
    shown = Everything().dump(
        {
            "money": Decimal("8400.000"),
            "unit_price": Decimal("0.0125"),
            "qty": Decimal("16.000"),
            "rate": Decimal("0.220000"),
            "at": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
            "day": date(2026, 3, 1),
            "id": UUID("01a20169-f56c-7603-acc0-86c7f95979da"),
            "colour": Colour.RED,
            "text": None,
        }
    )
    assert shown == {
        "money": "8400.00",
        "unit_price": "0.0125",
        "qty": "16",
        "rate": "0.22",
        "at": "2026-03-01T09:30:00Z",
        "day": "2026-03-01",
        "id": "01a20169-f56c-7603-acc0-86c7f95979da",
        "colour": "red",
        "text": None,
    }


def test_money_is_shown_in_the_decimals_of_its_currency() -> None:
    class Price(Schema):
        total = fields.Money(currency="currency")

    assert Price().dump({"total": Decimal("8400.000"), "currency": "JPY"}) == {"total": "8400"}
    assert Price().dump({"total": Decimal("8400.125"), "currency": "KWD"}) == {"total": "8400.125"}


def test_a_schema_without_arguments_is_made_once() -> None:
    assert Everything() is Everything()
    assert Everything(only=("text",)) is not Everything()
    assert Inner() is not Everything()
