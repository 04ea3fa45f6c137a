"""What a company may set about its opportunities: stages and their gates, lost reasons, lengths of appointments."""

from typing import Any

from marshmallow import ValidationError, validate, validates_schema

from libs.common.auth import Role
from libs.common.preferences import Preferences
from libs.common.schema import Schema, fields

#: The stages that happenings move an opportunity to. A flow without one of them is simply not moved by it.
CONTACTED, APPOINTMENT_SET, QUALIFIED = "contacted", "appointment_set", "qualified"
CONVERTED, ESTIMATE_SENT, NEGOTIATION = "converted", "estimate_sent", "negotiation"

STAGE_TYPES = ("open", "won", "lost")
OTHER = "other"  #: the lost reason that every list has, for what is not listed

PROSPECT = ("person_name", "company", "phones", "emails", "interest_level")  #: of whoever asks; kept with the prospect
GATE_FIELDS = (
    *PROSPECT,
    "title", "site", "bill_to", "salesperson_id", "inside_rep_id", "source", "campaign", "product_interest", "trade",
    "description", "financing_activity", "expected_value", "expected_close", "next_follow_up_at", "qualified",
)  # fmt: skip
#: of these, what can be said while an opportunity is entered, and where
SAID_AT_THE_DOOR = {
    "title": "/title",
    "product_interest": "/product_interest",
    "salesperson_id": "/salesperson_id",
    "site": "/prospect/address",
    "source": "/prospect/source",
    "campaign": "/prospect/campaign",
    "trade": "/prospect/trade",
    "description": "/prospect/request",
    **{name: f"/prospect/{name}" for name in PROSPECT},
}


def _stage(code: str, label: str, kind: str, probability: int) -> dict[str, Any]:
    return {"code": code, "label": label, "type": kind, "probability": probability}


def _reason(code: str, label: str, *, note_required: bool = False) -> dict[str, Any]:
    return {"code": code, "label": label, "note_required": note_required}


DEFAULTS: dict[str, Any] = {
    "stages": [
        _stage("new", "New", "open", 10),
        _stage(CONTACTED, "Contacted", "open", 20),
        _stage(APPOINTMENT_SET, "Appointment set", "open", 30),
        _stage(QUALIFIED, "Qualified", "open", 40),
        _stage(CONVERTED, "Converted", "open", 50),
        _stage(ESTIMATE_SENT, "Estimate sent", "open", 60),
        _stage(NEGOTIATION, "Negotiation", "open", 80),
        _stage("won", "Won", "won", 100),
        _stage("lost", "Lost", "lost", 0),
    ],
    "gates": [],
    "lost_reasons": [
        _reason("price", "Price"),
        _reason("competition", "Competition"),
        _reason("budget", "Budget"),
        _reason("scope", "Scope"),
        _reason("timing", "Timing"),
        _reason("no_decision_maker", "No decision maker"),
        _reason("unresponsive", "Unresponsive"),
        _reason("poor_fit", "Poor fit"),
        _reason(OTHER, "Other", note_required=True),
    ],
    "lose_on_decline": True,
    "financing_activities": [
        "offered_approved",
        "offered_declined_cash",
        "offered_declined_lost",
        "declined_cash",
        "not_offered",
    ],
    "appointment_minutes": {"sales_call": 60, "site_survey": 90},
}


class Stage(Schema):
    code = fields.Name(
        required=True, max_length=40, validate=validate.Regexp(r"^\w+(?!\n)$", error="is no single word")
    )
    label = fields.Name(required=True, max_length=80)
    type = fields.Code(STAGE_TYPES, required=True)
    probability = fields.Whole(required=True, least=0, most=100)


class Gate(Schema):
    """What has to be there to enter a stage, for a role or (without one) for everybody; of the question sets those that
    apply to the opportunity count."""

    stage = fields.Name(required=True, max_length=40)
    role = fields.Code(Role, allow_none=True)
    fields_ = fields.List(fields.Code(GATE_FIELDS), data_key="fields", attribute="fields")
    question_sets = fields.List(fields.Name(max_length=80))


class LostReason(Schema):
    code = fields.Name(required=True, max_length=40)
    label = fields.Name(required=True, max_length=80)
    note_required = fields.Flag()


class Lengths(Schema):
    sales_call = fields.Whole(required=True, least=1, most=1440)
    site_survey = fields.Whole(required=True, least=1, most=1440)


class OpportunitySettings(Schema):
    stages = fields.List(fields.Nested(Stage), most=30)
    gates = fields.List(fields.Nested(Gate), most=30)
    lost_reasons = fields.List(fields.Nested(LostReason), most=50)
    lose_on_decline = fields.Flag()
    financing_activities = fields.List(fields.Name(max_length=40), most=50)
    appointment_minutes = fields.Nested(Lengths)

    @validates_schema
    def the_flow_has_a_beginning_and_two_ends(self, data: dict[str, Any], **_more: Any) -> None:
        if "stages" not in data:
            return
        types = [stage["type"] for stage in data["stages"]]
        _demand_distinct(data["stages"], "stages")
        if not types or types[0] != "open" or types.count("won") != 1 or types.count("lost") != 1:
            raise ValidationError("begin with an open stage and have one won and one lost", "stages")

    @validates_schema
    def what_is_not_listed_is_other(self, data: dict[str, Any], **_more: Any) -> None:
        if "lost_reasons" in data:
            _demand_distinct(data["lost_reasons"], "lost_reasons")
            codes = [reason["code"] for reason in data["lost_reasons"]]
            if OTHER not in codes:
                raise ValidationError(f"need a reason {OTHER!r} for what is not listed", "lost_reasons")
            if not data["lost_reasons"][codes.index(OTHER)].get("note_required"):
                wrong = [f"must be: {OTHER!r} says nothing without a note"]
                raise ValidationError({"lost_reasons": {codes.index(OTHER): {"note_required": wrong}}})


def _demand_distinct(entries: list[dict[str, Any]], name: str) -> None:
    codes = [entry["code"] for entry in entries]
    if len(set(codes)) != len(codes):
        raise ValidationError("have a code twice", name)


PREFERENCES = Preferences(OpportunitySettings, DEFAULTS)
