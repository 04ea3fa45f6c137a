"""How leads are shown."""

from libs.common.contracts.parts import Address, Fit
from libs.common.web import Allowed, Schema, Sheet, fields, same
from services.leads.schemas.carried import ImportedWith, ScorePart, Validity
from services.leads.states import LeadState


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
    address = fields.Raw(like=Address)
    channel = fields.Text()
    source = fields.Text()
    campaign = fields.Text()
    request = fields.Text()
    trade = fields.Text()
    service_interest = fields.Text()
    interest_level = fields.Text()
    fit = fields.Raw(like=Fit)
    consent = fields.Raw(like=dict[str, bool])
    do_not_contact = fields.Flag()
    urgent = fields.Flag()
    lead_type = fields.Text()
    lead_type_at = fields.Instant()
    lead_type_evidence = fields.Text()
    lead_type_by = fields.Text()
    score = fields.Whole()
    owner_id = fields.Uuid()
    generated_by = fields.Uuid()
    received_at = fields.Instant()
    first_response_due_at = fields.Instant()
    first_responded_at = fields.Instant()
    next_action_at = fields.Instant()
    validity = fields.Raw(like=Validity)
    duplicate_of = fields.Uuid()
    converted_at = fields.Instant()
    details = fields.Raw(like=ImportedWith)
    created_at = fields.Instant()
    created_by = fields.Text()
    updated_at = fields.Instant()
    updated_by = fields.Text()


SHEET = Sheet(
    "leads",
    same("number", "state", "received_at", "person_name", "company", "phones", "emails")
    | {
        "street": "address.line1",
        "city": "address.city",
        "region": "address.region",
        "postal_code": "address.postal_code",
    }
    | same(
        "channel", "source", "campaign", "trade", "service_interest", "request", "interest_level", "lead_type", "score"
    )
    | {"owner": "owner_id", "invalid_reason": "validity.reason"}
    | same("first_response_due_at", "first_responded_at", "next_action_at", "converted_at", "branch", "id"),
)


class LeadOut(LeadRow):
    """A lead by itself: with each rule's part of the score, possible duplicates, and what the caller may do."""

    score_parts = fields.Raw(like=list[ScorePart])
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
            "edit": "lead.edit",
            "type": "lead.edit",
            "assign": "lead.assign",
            "file": "lead.file",
        }
    )


class ContactOut(Schema):
    id = fields.Uuid()
    lead_id = fields.Uuid()
    channel = fields.Text()
    direction = fields.Text()
    outcome = fields.Text()
    note = fields.Text()
    at = fields.Instant()
    by = fields.Text()


class HandedOverOut(Schema):
    """How many were given, and how many are still to be: ask again until there is none."""

    given = fields.Whole()
    left = fields.Whole()
