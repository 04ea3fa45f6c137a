"""What comes in by the second door, and what can be corrected by hand."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from libs.common.prospects import missing_to_be_valid
from libs.common.schema.parts import AddressIn, BillToIn, FitIn
from libs.common.schema.strict import unread
from libs.common.web import Schema, fields

CHANNELS = ("phone", "email", "web", "walk_in", "referral", "technician", "import", "api", "bus")
INTERESTS = ("none", "low", "medium", "high")


#: what will do as well: whoever gave that, and wrote it wrong, is told how, and not that this is missing
INSTEAD = {"person_name": ("company",), "phones": ("emails",), "interest_level": ("request",)}


class ProspectIn(Schema):
    """Who asks, as a lead is taken in."""

    channel = fields.Code(CHANNELS, required=True)
    person_name = fields.Name(allow_none=True)
    company = fields.Name(allow_none=True)
    phones = fields.List(fields.Phone(), most=10)
    emails = fields.List(fields.Email(), most=10)
    address = fields.Nested(AddressIn, allow_none=True)
    source = fields.Text(max_length=200, allow_none=True)
    campaign = fields.Text(max_length=200, allow_none=True)
    request = fields.Text(allow_none=True)
    trade = fields.Text(max_length=40, allow_none=True)
    service_interest = fields.Text(max_length=200, allow_none=True)
    interest_level = fields.Code(INTERESTS, allow_none=True)
    fit = fields.Nested(FitIn)
    consent = fields.Dict(keys=fields.Text(max_length=20), values=fields.Flag(allow_none=True))
    do_not_contact = fields.Flag()
    urgent = fields.Flag()
    owner_id = fields.Uuid(allow_none=True)
    branch = fields.Uuid(allow_none=True)
    generated_by = fields.Uuid(allow_none=True)
    received_at = fields.Instant(allow_none=True)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def is_what_a_valid_lead_is(self, data: dict[str, Any], given: Any, **_more: Any) -> None:
        """The model's own rule, asked here so that everything is named at once."""
        odd = unread(given, data)
        wrong = {one.field: [one.text] for one in missing_to_be_valid(data) if "/" not in one.field}
        if not data.get("person_name") and not data.get("company"):
            wrong["person_name"] = ["give a person's name or a company"]
        for field, others in INSTEAD.items():
            if odd & {field, *others}:
                wrong.pop(field, None)
        if wrong:
            raise ValidationError(wrong)


class OpportunityIn(Schema):
    prospect = fields.Nested(ProspectIn, required=True)
    product_interest = fields.Name(required=True)
    salesperson_id = fields.Uuid(allow_none=True)
    title = fields.Name(allow_none=True)


class OpportunityEditIn(Schema):
    """What can be corrected by hand."""

    title = fields.Name()
    site = fields.Nested(AddressIn, allow_none=True)
    bill_to = fields.Nested(BillToIn, allow_none=True)
    inside_rep_id = fields.Uuid(allow_none=True)
    source = fields.Text(max_length=200, allow_none=True)
    campaign = fields.Text(max_length=200, allow_none=True)
    product_interest = fields.Name()
    trade = fields.Text(max_length=40, allow_none=True)
    description = fields.Text(allow_none=True)
    financing_activity = fields.Name(max_length=40, allow_none=True)
    expected_value = fields.Money(places=3, allow_none=True)  # the opportunity's currency says how many it has
    expected_close = fields.Day(allow_none=True)
    next_follow_up_at = fields.Instant(allow_none=True)
