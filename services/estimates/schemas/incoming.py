"""What may be said to an estimate."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from libs.common.web import Listed, Schema, Sort, fields
from services.estimates.schemas.drawn import Drawing
from services.estimates.states import EstimateState, Method, RoundKind, Side, TaxMode


class LineIn(Schema):
    """A line in words, or a task of the price book by its code, whose values are copied where none are given.

    A task costs what its book says, or the ``cost`` given where that is more.
    """

    task_code = fields.Name(max_length=60)
    description = fields.Text(max_length=5000)
    qty = fields.Quantity(required=True)
    unit_price = fields.UnitPrice()
    discount_percent = fields.Percent()
    discount_amount = fields.Money(places=3)
    taxable = fields.Flag()
    tax_code = fields.Name(max_length=40, allow_none=True)
    cost = fields.UnitPrice(allow_none=True)

    @validates_schema
    def one_discount(self, data: dict[str, Any], **_more: Any) -> None:
        if "discount_percent" in data and "discount_amount" in data:
            raise ValidationError("is given beside a percent; one of the two is possible", "discount_amount")


class OptionIn(Schema):
    """One way to do it (good, better, best). Add-ons are for the customer to choose."""

    name = fields.Name(required=True)
    description = fields.Text(max_length=5000)
    lines = fields.List(fields.Nested(LineIn), required=True)
    add_ons = fields.List(fields.Nested(LineIn), most=50)


class DiscountIn(Schema):
    percent = fields.Percent()
    amount = fields.Money(places=3)

    @validates_schema
    def one_of_the_two(self, data: dict[str, Any], **_more: Any) -> None:
        if ("percent" in data) == ("amount" in data):
            raise ValidationError("is a percent or an amount")


class DepositIn(DiscountIn):
    """``capped`` keeps it at 10 % of the total and at 1,000.00."""

    capped = fields.Flag()


class DraftIn(Schema):
    """The draft, whole. Discount, deposit and notes are none where they are left out; mode and terms the branch's."""

    options = fields.List(fields.Nested(OptionIn), required=True, least=1, most=10)
    discount = fields.Nested(DiscountIn, allow_none=True)
    tax_mode = fields.Code(TaxMode)
    prices_include_tax = fields.Flag()
    valid_until = fields.Day()
    deposit = fields.Nested(DepositIn, allow_none=True)
    notes = fields.Text(allow_none=True)
    terms = fields.Text(allow_none=True)
    member = fields.Flag()


class CorrectIn(Schema):
    """What can be put right in a draft without writing it anew."""

    notes = fields.Text(allow_none=True)
    terms = fields.Text(allow_none=True)
    valid_until = fields.Day()


class EstimateIn(Schema):
    opportunity_id = fields.Uuid(required=True)
    options = fields.List(fields.Nested(OptionIn), least=1, most=10)


class EstimateQuery(Listed):
    opportunity_id = fields.Uuid()
    job_id = fields.Uuid()
    state = fields.Code(EstimateState)
    live = fields.Flag()  #: with the customer, and still to be decided
    salesperson = fields.Uuid()
    sort = Sort("created_at", "valid_until", "total")


class TotalsQuery(Schema):
    option = fields.Uuid(required=True)
    add_ons = fields.Text(max_length=2000)  #: their ids, with commas between


class NoteIn(Schema):
    note = fields.Text(max_length=2000)


class RefuseIn(Schema):
    reason = fields.Text(required=True, max_length=2000)


class SendIn(Schema):
    to = fields.List(fields.Email(), required=True, least=1, most=10)


class ReviseIn(Schema):
    reason = fields.Text(required=True, max_length=2000)


class RoundIn(Schema):
    side = fields.Code(Side, required=True)
    kind = fields.Code(RoundKind, required=True)
    amount = fields.Money(places=3, signed=True, allow_none=True)  # the estimate's currency says how many it has
    note = fields.Text(required=True, max_length=5000)
    from_revision = fields.Whole(least=1, allow_none=True)
    to_revision = fields.Whole(least=1, allow_none=True)


class ExtendIn(Schema):
    valid_until = fields.Day(required=True)
    reason = fields.Text(max_length=2000)


class WithdrawIn(Schema):
    reason = fields.Text(max_length=2000)


class RecordIn(Schema):
    """A yes that staff heard: in person, or on the phone (verbal)."""

    option = fields.Uuid(required=True)
    add_ons = fields.List(fields.Uuid(), most=50)
    method = fields.Code((Method.IN_PERSON.value, Method.VERBAL.value), required=True)
    typed_name = fields.Name(required=True)
    signature = Drawing(allow_none=True)


class DeclineIn(Schema):
    reason = fields.Name(required=True, max_length=100)
    note = fields.Text(max_length=2000)


class AcceptIn(Schema):
    """The customer's own yes."""

    option = fields.Uuid(required=True)
    add_ons = fields.List(fields.Uuid(), most=50)
    typed_name = fields.Name(required=True)
    signature = Drawing(allow_none=True)
    consent = fields.Consent(required=True)


class ChangesIn(Schema):
    text = fields.Text(required=True, max_length=5000)
