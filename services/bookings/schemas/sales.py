"""The sale as a checklist: what comes in and what goes out."""

from libs.common.web import Allowed, Page, Schema, Sort, fields
from services.bookings.schemas.carried import Undone
from services.bookings.states import SaleState, StepState


class StepOut(Schema):
    key = fields.Text()
    label = fields.Text()
    state = fields.Code(StepState)
    at = fields.Text()


class SaleOut(Schema):
    """``number`` and ``title`` are the estimate's."""

    acceptance_id = fields.Uuid()
    state = fields.Code(SaleState)
    steps = fields.List(fields.Nested(StepOut))
    number = fields.Text()
    title = fields.Text()
    total = fields.Money(currency="currency")
    currency = fields.Text()
    opportunity_id = fields.Uuid()
    lead_id = fields.Uuid()
    estimate_id = fields.Uuid()
    customer_id = fields.Uuid()
    job_id = fields.Uuid()
    booking_id = fields.Uuid()
    salesperson_id = fields.Uuid()
    change_order = fields.Flag()
    undone = fields.Raw(like=Undone)
    branch = fields.Uuid()
    version = fields.Whole()
    created_at = fields.Instant()
    updated_at = fields.Instant()
    allowed = Allowed({"retry": "booking.prepare", "undo": "booking.cancel"})


class SaleQuery(Page):
    state = fields.Code(SaleState)
    opportunity_id = fields.Uuid()
    job_id = fields.Uuid()
    lacks = fields.Code(("job", "booking"))
    sort = Sort("created_at")


class UndoIn(Schema):
    reason = fields.Text(max_length=2000, load_default="")
