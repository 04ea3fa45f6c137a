"""What the customer sees: the offer without costs, and what came of it."""

from libs.common.contracts.parts import Address, Contact
from libs.common.web import Schema, fields
from services.estimates.schemas.carried import Company, Discount
from services.estimates.schemas.outgoing import SharedLine, TotalsOut
from services.estimates.states import EstimateState


class SharedOption(Schema):
    id = fields.Uuid()
    name = fields.Text()
    description = fields.Text()
    lines = fields.List(fields.Nested(SharedLine))
    add_ons = fields.List(fields.Nested(SharedLine))
    totals = fields.Nested(TotalsOut)


class SharedAcceptance(Schema):
    acceptance_id = fields.Uuid(attribute="id")
    option_id = fields.Uuid()
    option_name = fields.Text()
    totals = fields.Nested(TotalsOut)
    typed_name = fields.Text()
    accepted_at = fields.Instant()
    cancel_until = fields.Instant()


class SharedOut(Schema):
    """One version of one estimate, as its link shows it."""

    number = fields.Text()
    title = fields.Text(attribute="opportunity.title")
    revision = fields.Whole()
    state = fields.Code(EstimateState)
    currency = fields.Text()
    valid_until = fields.Day()
    expires_at = fields.Instant()
    company = fields.Raw(like=Company)
    contact = fields.Raw(like=Contact, attribute="opportunity.contact")
    site = fields.Raw(like=Address, attribute="opportunity.site")
    prices_include_tax = fields.Flag(attribute="current.prices_include_tax")
    terms = fields.Text(attribute="current.terms")
    notes = fields.Text(attribute="current.notes")
    discount = fields.Raw(like=Discount, attribute="current.discount")
    consent_text = fields.Text()
    options = fields.List(fields.Nested(SharedOption), attribute="current.options")
    acceptance = fields.Nested(SharedAcceptance)


class AcceptedOut(Schema):
    acceptance_id = fields.Uuid(attribute="id")
    state = fields.Text(dump_default=EstimateState.ACCEPTED.value)
    accepted_at = fields.Instant()
    totals = fields.Nested(TotalsOut)


class StateOut(Schema):
    state = fields.Code(EstimateState)
