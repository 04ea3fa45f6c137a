"""What comes in about leads and what goes out."""

from typing import Any

from marshmallow import ValidationError, validate, validates_schema

from libs.common.web import Allowed, Page, Schema, fields
from libs.common.web.parts import AddressIn, FitIn
from services.leads.states import Channel, Interest, InvalidReason, LeadState, LeadType


class LeadEditIn(Schema):
    """What can be corrected by hand."""

    person_name = fields.Name(allow_none=True)
    company = fields.Name(allow_none=True)
    phones = fields.List(fields.Phone(), validate=validate.Length(max=10))
    emails = fields.List(fields.Email(), validate=validate.Length(max=10))
    address = fields.Nested(AddressIn, allow_none=True)
    source = fields.Text(max_length=200, allow_none=True)
    campaign = fields.Text(max_length=200, allow_none=True)
    request = fields.Text(allow_none=True)
    trade = fields.Text(max_length=40, allow_none=True)
    service_interest = fields.Text(max_length=200, allow_none=True)
    interest_level = fields.Code(Interest, allow_none=True)
    fit = fields.Nested(FitIn)
    consent = fields.Dict(keys=fields.Text(max_length=20), values=fields.Flag())
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

    @validates_schema(skip_on_field_errors=False)
    def somebody_is_named(self, data: dict[str, Any], **_more: Any) -> None:
        if not data.get("person_name") and not data.get("company"):
            raise ValidationError("give a person's name or a company", "person_name")


class DuplicateOut(Schema):
    id = fields.Uuid()
    number = fields.Text()
    why = fields.Text()


class LeadRow(Schema):
    """A lead in a list."""

    id = fields.Uuid()
    number = fields.Text()
    state = fields.Code(LeadState)
    branch = fields.Uuid()
    version = fields.Whole()
    person_name = fields.Text()
    company = fields.Text()
    phones = fields.List(fields.Text())
    emails = fields.List(fields.Text())
    address = fields.Raw()
    channel = fields.Text()
    source = fields.Text()
    campaign = fields.Text()
    request = fields.Text()
    trade = fields.Text()
    service_interest = fields.Text()
    interest_level = fields.Text()
    fit = fields.Raw()
    consent = fields.Raw()
    do_not_contact = fields.Flag()
    urgent = fields.Flag()
    lead_type = fields.Text()
    lead_type_at = fields.Instant()
    lead_type_evidence = fields.Text()
    score = fields.Whole()
    owner_id = fields.Uuid()
    generated_by = fields.Uuid()
    received_at = fields.Instant()
    first_response_due_at = fields.Instant()
    first_responded_at = fields.Instant()
    next_action_at = fields.Instant()
    validity = fields.Raw()
    duplicate_of = fields.Uuid()
    converted_at = fields.Instant()
    details = fields.Raw()
    created_at = fields.Instant()
    created_by = fields.Text()
    updated_at = fields.Instant()
    updated_by = fields.Text()


class LeadOut(LeadRow):
    """A lead by itself: with each rule's part of the score, possible duplicates, and what the caller may do."""

    score_parts = fields.Raw()
    duplicates = fields.List(fields.Nested(DuplicateOut))
    allowed = Allowed(
        {
            "contact": "lead.edit",
            "nurture": "lead.edit",
            "validate": "lead.decide",
            "invalidate": "lead.decide",
            "reopen": "lead.reopen",
            "merge": "lead.merge",
            "unmerge": "lead.merge",
        }
    )


class LeadQuery(Page):
    state = fields.Code(LeadState)
    owner = fields.Uuid()
    source = fields.Text()
    branch = fields.Uuid()
    q = fields.Text(max_length=200)
    created_after = fields.Instant()
    sort = fields.Text(validate=validate.OneOf(("-created_at", "created_at")))


class DecisionIn(Schema):
    note = fields.Text(allow_none=True)


class InvalidateIn(Schema):
    reason = fields.Code(InvalidReason, required=True)
    note = fields.Text(allow_none=True)

    @validates_schema
    def other_needs_a_note(self, data: dict[str, Any], **_more: Any) -> None:
        if data.get("reason") == InvalidReason.OTHER and not (data.get("note") or "").strip():
            raise ValidationError("say in a note what the other reason is", "note")


class ContactIn(Schema):
    channel = fields.Text(required=True, validate=validate.OneOf(("phone", "email", "sms", "visit", "other")))
    direction = fields.Text(required=True, validate=validate.OneOf(("outbound", "inbound")))
    outcome = fields.Text(
        required=True, validate=validate.OneOf(("reached", "no_answer", "left_message", "wrong_number", "other"))
    )
    note = fields.Text(allow_none=True)
    at = fields.Instant(allow_none=True)


class NurtureIn(Schema):
    next_action_at = fields.Instant(required=True)
    note = fields.Text(allow_none=True)


class TypeIn(Schema):
    lead_type = fields.Code(LeadType, required=True)
    evidence = fields.Text(required=True)


class MergeIn(Schema):
    duplicate_id = fields.Uuid(required=True)


class AssignIn(Schema):
    owner_id = fields.Uuid(required=True)


class ContactOut(Schema):
    id = fields.Uuid()
    channel = fields.Text()
    direction = fields.Text()
    outcome = fields.Text()
    note = fields.Text()
    at = fields.Instant()
    by = fields.Text()


class ImportQuery(Schema):
    dry_run = fields.Text(validate=validate.OneOf(("", "true", "false", "1", "0")))


class ImportIn(Schema):
    """``map`` is a JSON object, column → field, for columns that are not recognised or are read wrongly."""

    file = fields.File(required=True)
    map = fields.Text(max_length=20_000)


class RejectedOut(Schema):
    line = fields.Whole()
    errors = fields.List(fields.Text())


class ImportOut(Schema):
    """``columns`` says how each was read, ``unknown`` which were only kept with the lead."""

    dry_run = fields.Flag()
    created = fields.Whole()
    already = fields.Whole()
    duplicates = fields.Whole()
    rejected = fields.List(fields.Nested(RejectedOut))
    columns = fields.Raw()
    unknown_ = fields.List(fields.Text(), data_key="unknown", attribute="unknown")
