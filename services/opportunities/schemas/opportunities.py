"""An opportunity as it is shown, and how a list of them is asked for."""

from libs.common.contracts.parts import Address, BillTo, Prospect
from libs.common.web import Allowed, Listed, Schema, Sheet, Sort, fields, same
from services.opportunities.schemas.carried import Lost, Override


class OpportunityRow(Schema):
    """An opportunity in a list."""

    id = fields.Uuid()
    number = fields.Text()
    lead_id = fields.Uuid()
    lead_number = fields.Text()
    door = fields.Text()
    title = fields.Text()
    branch = fields.Uuid()
    version = fields.Whole()
    stage = fields.Text()
    stage_type = fields.Text()
    stage_since = fields.Instant()
    probability = fields.Whole()
    expected_value = fields.Money(currency="currency")
    currency = fields.Text()
    expected_close = fields.Day()
    next_follow_up_at = fields.Instant()
    salesperson_id = fields.Uuid()
    inside_rep_id = fields.Uuid()
    source = fields.Text()
    campaign = fields.Text()
    product_interest = fields.Text()
    trade = fields.Text()
    description = fields.Text()
    financing_activity = fields.Text()
    prospect = fields.Raw(like=Prospect)
    site = fields.Raw(like=Address)
    bill_to = fields.Raw(like=BillTo)
    qualified = fields.Flag()
    score = fields.Whole()
    disqualified_by = fields.List(fields.Text())
    override = fields.Raw(like=Override)
    selected_estimate_id = fields.Uuid()
    customer_id = fields.Uuid()
    job_id = fields.Uuid()
    lost = fields.Raw(like=Lost)
    received_at = fields.Instant()
    first_response_due_at = fields.Instant()
    first_contacted_at = fields.Instant()
    converted_at = fields.Instant()
    won_at = fields.Instant()
    created_at = fields.Instant()
    created_by = fields.Text()
    updated_at = fields.Instant()
    updated_by = fields.Text()


SHEET = Sheet(
    "opportunities",
    same("number", "title", "stage", "stage_type", "stage_since", "probability", "expected_value", "currency")
    | {"person_name": "prospect.person_name", "company": "prospect.company"}
    | {"phones": "prospect.phones.typed", "emails": "prospect.emails"}
    | {"street": "site.line1", "city": "site.city", "region": "site.region", "postal_code": "site.postal_code"}
    | {"salesperson": "salesperson_id", "inside_rep": "inside_rep_id"}
    | same("source", "campaign", "trade", "product_interest", "financing_activity", "qualified", "score")
    | same("expected_close", "next_follow_up_at", "received_at", "first_contacted_at", "converted_at", "won_at")
    | {"lost_reason": "lost.reason", "lost_note": "lost.note", "lost_in": "lost.stage"}
    | same("lead_number", "branch", "id"),
)


class OpportunityOut(OpportunityRow):
    """An opportunity by itself: with its stage's name, what comes next, and what the caller may do."""

    stage_label = fields.Text()
    next_stage = fields.Text()
    allowed = Allowed(
        {
            "edit": "opportunity.work",
            "assign": "opportunity.assign",
            "contact": "opportunity.work",
            "appoint": "opportunity.appoint",
            "answer": "opportunity.work",
            "override": "opportunity.override",
            "move": "opportunity.work",
            "convert": "opportunity.work",
            "lose": "opportunity.work",
            "reopen": "opportunity.reopen",
            "file": "opportunity.file",
        }
    )


class OpportunityQuery(Listed):
    lead_id = fields.Uuid()
    job_id = fields.Uuid()
    stage = fields.Text(max_length=40)
    stage_type = fields.Code(("open", "won", "lost"))
    salesperson = fields.Uuid()
    branch = fields.Uuid()
    q = fields.Text(max_length=200)
    created_after = fields.Instant()
    sort = Sort("created_at", "stage_since", "next_follow_up_at", "expected_close")


class StageQuery(Schema):
    branch = fields.Uuid()


class StageOut(Schema):
    code = fields.Text()
    label = fields.Text()
    type = fields.Text()
    probability = fields.Whole()


class LostReasonOut(Schema):
    code = fields.Text()
    label = fields.Text()
    note_required = fields.Flag(dump_default=False)


class FinancingOut(Schema):
    code = fields.Text()
