"""What a company may set about its leads: response times, required fields, the score's rules."""

from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, validates_schema

from libs.common.auth import Role
from libs.common.preferences import Preferences
from libs.common.schema import Schema, fields

REQUIRABLE = (
    "person_name", "company", "phones", "emails", "address", "source", "campaign", "request", "trade",
    "service_interest", "interest_level",
)  # fmt: skip
SCORED = (
    *REQUIRABLE, "channel", "lead_type", "urgent", "do_not_contact", "owner_id", "generated_by", "next_action_at",
    "fit.in_service_area", "fit.trade_offered", "fit.customer_type", "fit.budget_band",
    "consent.phone", "consent.email", "consent.sms",
    "address.city", "address.region", "address.postal_code", "address.country",
)  # fmt: skip
STAGES = ("create", "validate")
AMONG = ("territory", "trade", "product")
TYPES = ("mql", "sql", "pql")  #: what a rule can make of a lead
CHANNELS = ("phone", "email", "web", "walk_in", "referral", "technician", "import", "api", "bus")
INTERESTS = ("low", "medium", "high")
CONTACTED, VALIDATED = "contacted", "validated"
DONE = (CONTACTED, VALIDATED)  #: what may have to be done before
CONDITIONS = ("channels", "sources", "campaigns", "interest", "after")  #: of a rule for the type


class By(StrEnum):
    """By what an enquiry that comes with nobody's name is given to somebody."""

    NOBODY = "nobody"
    ROUND_ROBIN = "round_robin"
    LOAD = "load"


DEFAULTS: dict[str, Any] = {
    "response_minutes": {"urgent": 5, "normal": 60},
    "assign_by": "nobody",
    "assign_among": [],
    "required_fields": [],
    "type_rules": [],
    "score_rules": [
        {"field": "interest_level", "equals": "high", "points": 30},
        {"field": "interest_level", "equals": "medium", "points": 15},
        {"field": "phones", "points": 15},
        {"field": "emails", "points": 10},
        {"field": "address", "points": 10},
        {"field": "request", "points": 10},
        {"field": "fit.in_service_area", "equals": True, "points": 10},
        {"field": "fit.trade_offered", "equals": True, "points": 10},
        {"field": "channel", "equals": "referral", "points": 5},
        {"field": "fit.in_service_area", "equals": False, "points": -30},
    ],
}


class ResponseMinutes(Schema):
    urgent = fields.Whole(least=1, most=10_000)
    normal = fields.Whole(least=1, most=10_000)


class RequiredFields(Schema):
    """Fields that must be there at a stage, for a role or (without one) for everybody."""

    stage = fields.Code(STAGES, required=True)
    role = fields.Code(Role, allow_none=True)
    fields_ = fields.List(fields.Code(REQUIRABLE), required=True, data_key="fields", attribute="fields")


class ScoreRule(Schema):
    """``points`` when the field equals a value or, without one, when it is filled in. The sum is kept in 0–100."""

    field = fields.Code(SCORED, required=True)
    equals = fields.Raw(like=str | int | bool | None, allow_none=True)
    points = fields.Whole(required=True, least=-100, most=100)


class TypeRule(Schema):
    """A type for what meets each list that is given: one of its channels, sources, campaigns and interests, and all
    that is to be done before."""

    lead_type = fields.Code(TYPES, required=True)
    channels = fields.List(fields.Code(CHANNELS), most=len(CHANNELS))
    sources = fields.List(fields.Name(max_length=200), most=50)
    campaigns = fields.List(fields.Name(max_length=200), most=50)
    interest = fields.List(fields.Code(INTERESTS), most=len(INTERESTS))
    after = fields.List(fields.Code(DONE), most=len(DONE))

    @validates_schema
    def something_to_go_by(self, data: dict[str, Any], **_more: Any) -> None:
        if not any(data.get(name) for name in CONDITIONS):
            raise ValidationError("say at least one thing to go by; else every enquiry would get it", "lead_type")


class LeadSettings(Schema):
    """``assign_among`` narrows those whose turn it may be, one after the other, as long as somebody is left."""

    response_minutes = fields.Nested(ResponseMinutes)
    assign_by = fields.Code(By)
    assign_among = fields.List(fields.Code(AMONG), most=len(AMONG))
    required_fields = fields.List(fields.Nested(RequiredFields))
    type_rules = fields.List(fields.Nested(TypeRule), most=50)
    score_rules = fields.List(fields.Nested(ScoreRule), most=50)


PREFERENCES = Preferences(LeadSettings, DEFAULTS)
