"""What staff see of an estimate."""

from libs.common.contracts.parts import Address, BillTo, Contact
from libs.common.web import Allowed, Schema, Sheet, fields, same
from libs.common.web.confidential import Cost, Margin, Why
from services.estimates.schemas.carried import Approval, Decision, Deposit, Discount
from services.estimates.schemas.drawn import Drawing
from services.estimates.states import EstimateState


class TaxOut(Schema):
    code = fields.Text()
    rate = fields.Text()
    taxable = fields.Text()
    tax = fields.Text()


class TotalsOut(Schema):
    """What an option comes to, add-ons not counted until they are chosen."""

    subtotal = fields.Text()
    discount = fields.Text()
    net = fields.Text()
    tax = fields.Text()
    total = fields.Text()
    deposit = fields.Text()
    balance = fields.Text()
    taxes = fields.List(fields.Nested(TaxOut))


class SharedLine(Schema):
    """A line without anything that is not the customer's business."""

    id = fields.Uuid()
    description = fields.Text()
    qty = fields.Quantity()
    unit_price = fields.UnitPrice()
    discount_percent = fields.Percent()
    discount_amount = fields.Money()
    taxable = fields.Flag()
    tax_code = fields.Text()
    amount = fields.Money()


class LineOut(SharedLine):
    task_code = fields.Text()
    list_price = fields.UnitPrice()
    cost = Cost()
    hours = fields.Quantity()


class OptionOut(Schema):
    id = fields.Uuid()
    name = fields.Text()
    description = fields.Text()
    lines = fields.List(fields.Nested(LineOut))
    add_ons = fields.List(fields.Nested(LineOut))
    totals = fields.Nested(TotalsOut)
    margin = Margin()


class EstimateRow(Schema):
    """An estimate in a list; ``total`` is the cheapest option's, ``total_max`` the dearest's, until one is accepted."""

    id = fields.Uuid()
    number = fields.Text()
    branch = fields.Uuid()
    version = fields.Whole()
    state = fields.Code(EstimateState)
    revision = fields.Whole()
    opportunity_id = fields.Uuid()
    lead_id = fields.Uuid()
    salesperson_id = fields.Uuid()
    job_id = fields.Uuid()
    title = fields.Text(attribute="opportunity.title")
    currency = fields.Text()
    selected = fields.Flag()
    total = fields.Money(currency="currency")
    total_max = fields.Money(currency="currency")
    valid_until = fields.Day()
    expires_at = fields.Instant()
    created_at = fields.Instant()
    created_by = fields.Text()
    updated_at = fields.Instant()
    updated_by = fields.Text()


SHEET = Sheet(
    "estimates",
    same("number", "title", "state", "revision", "selected", "total", "total_max", "currency")
    | {"salesperson": "salesperson_id"}
    | same("valid_until", "expires_at", "created_at", "updated_at", "branch", "id"),
)


class AcceptanceOut(Schema):
    id = fields.Uuid()
    revision = fields.Whole()
    option_id = fields.Uuid()
    option_name = fields.Text()
    add_ons = fields.List(fields.Text())
    totals = fields.Nested(TotalsOut)
    method = fields.Text()
    typed_name = fields.Text()
    signature = Drawing()
    consent_text = fields.Text()
    snapshot_hash = fields.Text()
    accepted_at = fields.Instant()
    recorded_by = fields.Text()
    cancel_until = fields.Instant()


class VersionOut(Schema):
    """A version, as its list shows it."""

    revision = fields.Whole()
    state = fields.Code(EstimateState)
    valid_until = fields.Day()
    reason = fields.Text()
    supersedes = fields.Whole()
    snapshot_hash = fields.Text()
    sent_at = fields.Instant()
    sent_to = fields.List(fields.Text())
    viewed_at = fields.Instant()
    decided_at = fields.Instant()
    decision = fields.Raw(like=Decision)
    created_at = fields.Instant()


class VersionWhole(VersionOut):
    """A version with all it says."""

    tax_mode = fields.Text()
    prices_include_tax = fields.Flag()
    terms = fields.Text()
    notes = fields.Text()
    discount = fields.Raw(like=Discount)
    deposit = fields.Raw(like=Deposit)
    options = fields.List(fields.Nested(OptionOut))


class EstimateOut(EstimateRow):
    """An estimate by itself: its current version, what it comes to, and what the caller may do."""

    contact = fields.Raw(like=Contact, attribute="opportunity.contact")
    site = fields.Raw(like=Address, attribute="opportunity.site")
    bill_to = fields.Raw(like=BillTo, attribute="opportunity.bill_to")
    tax_mode = fields.Text(attribute="current.tax_mode")
    prices_include_tax = fields.Flag(attribute="current.prices_include_tax")
    member = fields.Flag(attribute="current.member")
    terms = fields.Text(attribute="current.terms")
    notes = fields.Text(attribute="current.notes")
    discount = fields.Raw(like=Discount, attribute="current.discount")
    deposit = fields.Raw(like=Deposit, attribute="current.deposit")
    reason = fields.Text(attribute="current.reason")
    snapshot_hash = fields.Text(attribute="current.snapshot_hash")
    submitted_by = fields.Uuid(attribute="current.submitted_by")
    approval_reasons = Why(fields.Text(), attribute="current.approval_reasons", allow_none=True)
    approval = fields.Raw(like=Approval, attribute="current.approval")
    sent_at = fields.Instant(attribute="current.sent_at")
    sent_to = fields.List(fields.Text(), attribute="current.sent_to")
    viewed_at = fields.Instant(attribute="current.viewed_at")
    changes_requested = fields.Text(attribute="current.changes_text")
    decision = fields.Raw(like=Decision, attribute="current.decision")
    options = fields.List(fields.Nested(OptionOut), attribute="current.options")
    acceptance = fields.Nested(AcceptanceOut)
    allowed = Allowed(
        {
            "edit": "estimate.draft",
            "submit": "estimate.draft",
            "approve": "estimate.approve",
            "refuse": "estimate.approve",
            "send": "estimate.send",
            "accept": "estimate.record_decision",
            "decline": "estimate.record_decision",
            "extend": "estimate.send",
            "withdraw": "estimate.send",
            "revise": "estimate.draft",
            "select": "estimate.select",
        }
    )


class RecordedOut(EstimateOut):
    """An estimate with the acceptance that staff recorded."""

    acceptance_id = fields.Uuid(attribute="acceptance.id")


class SentOut(EstimateOut):
    """An estimate that went out, with the link, which is shown this once."""

    share_url = fields.Text()


class RoundOut(Schema):
    id = fields.Uuid()
    number = fields.Whole()
    side = fields.Text()
    kind = fields.Text()
    amount = fields.Money(signed=True)
    note = fields.Text()
    from_revision = fields.Whole()
    to_revision = fields.Whole()
    at = fields.Instant()
    by = fields.Text()


class LinkOut(Schema):
    """A customer's link, without its secret."""

    id = fields.Uuid()
    revision = fields.Whole()
    sent_to = fields.List(fields.Text())
    created_at = fields.Instant()
    created_by = fields.Text()
    revoked_at = fields.Instant()
