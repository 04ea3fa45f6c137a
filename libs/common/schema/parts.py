"""Parts of a body that several services take in."""

from libs.common.schema import fields
from libs.common.schema.strict import Schema


class AddressIn(Schema):
    """A place, as far as it is known."""

    line1 = fields.Text(max_length=200)
    line2 = fields.Text(max_length=200)
    city = fields.Text(max_length=200)
    region = fields.Text(max_length=80)
    postal_code = fields.Text(max_length=20)
    country = fields.Text(max_length=2)


class BillToIn(Schema):
    """Who pays, and where the bill goes."""

    name = fields.Text(max_length=200)
    company = fields.Text(max_length=200)
    address = fields.Nested(AddressIn, allow_none=True)
    emails = fields.List(fields.Email(), most=10)
    tax_status = fields.Text(max_length=40)


class PaperIn(Schema):
    """Whom a paper goes to by mail, and a word with it."""

    to = fields.List(fields.Email(), required=True, least=1, most=10)
    note = fields.Text(max_length=2000, allow_none=True)


class FitIn(Schema):
    """Whether we can help them at all; null is unknown."""

    in_service_area = fields.Flag(allow_none=True)
    trade_offered = fields.Flag(allow_none=True)
    customer_type = fields.Text(max_length=40, allow_none=True)
    budget_band = fields.Text(max_length=40, allow_none=True)
