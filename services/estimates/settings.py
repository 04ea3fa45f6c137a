"""What a company may set about its estimates: how long they hold, tax, deposit, and what needs an approval."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from libs.common.auth import Role
from libs.common.preferences import Preferences
from libs.common.schema import Schema, fields

DEFAULTS: dict[str, Any] = {
    "valid_days": 30,
    "currency": "USD",
    "tax_mode": "document",
    "prices_include_tax": False,
    "default_tax_code": None,
    "discount_limits": [{"role": "salesperson", "percent": "10"}, {"role": "manager", "percent": "25"}],
    "margin_floor": None,
    "margin_floors": [],
    "deposit": None,
    "terms": "",
    "consent_text": "I have read this estimate and its terms, and I accept it. My typed name stands for my signature.",
    "cancel_business_days": 0,
}


class DefaultDeposit(Schema):
    """What a new estimate asks for in advance; ``capped`` keeps it at 10 % and 1,000.00."""

    percent = fields.Percent()
    amount = fields.Money(places=2)
    capped = fields.Flag()

    @validates_schema
    def one_of_the_two(self, data: dict[str, Any], **_more: Any) -> None:
        if ("percent" in data) == ("amount" in data):
            raise ValidationError("give a percent or an amount")


class DiscountLimit(Schema):
    """The largest discount a role may give by itself; a role that is not named may give none."""

    role = fields.Code(Role, required=True)
    percent = fields.Percent(required=True)


class MarginFloor(Schema):
    """The least margin (0.30 is 30 %) at which a role may send by itself."""

    role = fields.Code(Role, required=True)
    margin = fields.Rate(required=True)


class EstimateSettings(Schema):
    """``default_tax_code`` is for lines said to be taxable without a code. ``margin_floor`` is for every role that
    ``margin_floors`` does not name."""

    valid_days = fields.Whole(least=0, most=3650)
    currency = fields.Currency()
    tax_mode = fields.Code(("document", "line"))
    prices_include_tax = fields.Flag()
    default_tax_code = fields.Name(max_length=40, allow_none=True)
    discount_limits = fields.List(fields.Nested(DiscountLimit), most=20)
    margin_floor = fields.Rate(allow_none=True)
    margin_floors = fields.List(fields.Nested(MarginFloor), most=20)
    deposit = fields.Nested(DefaultDeposit, allow_none=True)
    terms = fields.Text()
    consent_text = fields.Text(max_length=2000, blank=False)
    cancel_business_days = fields.Whole(least=0, most=365)


PREFERENCES = Preferences(EstimateSettings, DEFAULTS, whole=frozenset({"deposit"}))
