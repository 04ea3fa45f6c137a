"""How codes, numbers and amounts are said to people."""

from decimal import Decimal

import pytest

from libs.common import formatting


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        ("11804.46", "USD", "$11,804.46"),
        ("0.005", "USD", "$0.01"),
        ("-12", "EUR", "\N{MINUS SIGN}€12.00"),
        ("1234567", "JPY", "JPY 1,234,567"),
        ("1.2345", "KWD", "KWD 1.235"),
        ("-0.001", "USD", "$0.00"),
    ],
)
def test_an_amount_is_said_with_its_sign_and_the_currencys_decimals(value: str, currency: str, said: str) -> None:
    assert formatting.amount(Decimal(value), currency) == said


def test_a_price_for_one_may_be_finer_than_the_currency() -> None:
    assert formatting.price(Decimal("8400.0000"), "USD") == "$8,400.00"
    assert formatting.price(Decimal("0.1250"), "USD") == "$0.125"


@pytest.mark.parametrize(
    ("code", "said"),
    [("hvac", "HVAC"), ("plumbing", "Plumbing"), ("no_decision_maker", "No decision maker"), ("Roofing", "Roofing")],
)
def test_a_code_is_said_in_words(code: str, said: str) -> None:
    assert formatting.plain(code) == said


@pytest.mark.parametrize(
    ("number", "said"), [("+16155550142", "(615) 555-0142"), ("+493012345", "+493012345"), (None, "")]
)
def test_a_number_at_home_is_said_as_it_is_dialled_there(number: str | None, said: str) -> None:
    assert formatting.phone(number) == said
