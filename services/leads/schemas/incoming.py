"""What comes in about leads."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from libs.common.schema import Listed, Schema, Sort, fields
from libs.common.schema.parts import AddressIn, FitIn
from libs.common.schema.strict import unread
from services.leads.states import Channel, Interest, InvalidReason, LeadState, LeadType


class LeadEditIn(Schema):
    """What can be corrected by hand. Parts of ``fit`` and ``consent`` that are left out stay; null is unknown."""

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
    interest_level = fields.Code(Interest, allow_none=True)
    fit = fields.Nested(FitIn)
    consent = fields.Dict(keys=fields.Text(max_length=20), values=fields.Flag(allow_none=True))
    do_not_contact = fields.Flag()
    urgent = fields.Flag()
    next_action_at = fields.Instant(allow_none=True)


class LeadIn(LeadEditIn):
    """The bare minimum is a channel and a name; creation and assignment are one call."""

    channel = fields.Code(Channel, required=True)
    owner_id = fields.Uuid(allow_none=True)
    branch = fields.Uuid(allow_none=True)
    generated_by = fields.Uuid(allow_none=True)
    received_at = fields.Instant(allow_none=True)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def somebody_is_named(self, data: dict[str, Any], given: Any, **_more: Any) -> None:
        named = {"person_name", "company"}
        if not any(data.get(name) for name in named) and not named & unread(given, data):
            raise ValidationError("give a person's name or a company", "person_name")


class LeadQuery(Listed):
    state = fields.Code(LeadState)
    owner = fields.Uuid()
    source = fields.Text(max_length=200)
    branch = fields.Uuid()
    q = fields.Text(max_length=200)
    created_after = fields.Instant()
    sort = Sort("created_at")


class DecisionIn(Schema):
    note = fields.Text(allow_none=True)


class InvalidateIn(Schema):
    reason = fields.Code(InvalidReason, required=True)
    note = fields.Text(allow_none=True)

    @validates_schema
    def other_needs_a_note(self, data: dict[str, Any], **_more: Any) -> None:
        if data.get("reason") == InvalidReason.OTHER and not (data.get("note") or "").strip():
            raise ValidationError("say in a note what the other reason is", "note")


class MergeIn(Schema):
    duplicate_id = fields.Uuid(required=True)


class ContactIn(Schema):
    channel = fields.Code(("phone", "email", "sms", "visit", "other"), required=True)
    direction = fields.Code(("outbound", "inbound"), required=True)
    outcome = fields.Code(("reached", "no_answer", "left_message", "wrong_number", "other"), required=True)
    note = fields.Text(allow_none=True)
    at = fields.Instant(allow_none=True)


class NurtureIn(Schema):
    next_action_at = fields.Instant(required=True)
    note = fields.Text(allow_none=True)


class TypeIn(Schema):
    lead_type = fields.Code(LeadType, required=True)
    evidence = fields.Text(required=True)


class AssignIn(Schema):
    owner_id = fields.Uuid(required=True)


class HandOverIn(Schema):
    """Whose leads, and whose they are to be."""

    from_id = fields.Uuid(required=True)
    owner_id = fields.Uuid(required=True)
