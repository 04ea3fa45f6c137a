"""Booking orders: what comes in and what goes out."""

from libs.common.auth import May
from libs.common.contracts.parts import Address, Contact, LineSold, Material
from libs.common.web import Allowed, Listed, Schema, Sheet, Sort, fields, same
from libs.common.web.confidential import Materials
from services.bookings.schemas.carried import Cancelled, Held, Returned
from services.bookings.states import BookingState, Hold, Ordering, Scheduling

ACTS: dict[str, May] = {
    "ready": "booking.prepare",
    "assign_to_operation": "booking.assign_to_operation",
    "accept": "booking.operate",
    "return": "booking.operate",
    "reassign": ("booking.operate", "booking.assign_to_operation"),
    "hold": "booking.prepare",
    "release": "booking.prepare",
    "start": "booking.operate",
    "complete": "booking.operate",
    "acknowledge": "booking.operate",
    "cancel": "booking.cancel",
}  #: every act that a person does, and who may


class BookingIn(Schema):
    acceptance_ids = fields.List(fields.Uuid(), required=True, least=1, most=50)


class BookingEditIn(Schema):
    """Each field by its permission: preparing, scheduling or ordering."""

    checklist = fields.Dict(keys=fields.Text(max_length=40), values=fields.Flag())
    deposit_paid = fields.Money(places=3)  # the order's currency says how many it has
    deposit_waived = fields.Flag()
    permits = fields.Text(allow_none=True)
    access_notes = fields.Text(allow_none=True)
    window_starts_at = fields.Instant(allow_none=True)
    window_ends_at = fields.Instant(allow_none=True)
    ordering_status = fields.Code(Ordering)
    scheduling_status = fields.Code(Scheduling)


class AssignIn(Schema):
    team_id = fields.Uuid(required=True)
    assignee_id = fields.Uuid(allow_none=True)
    due_at = fields.Instant(allow_none=True)
    note = fields.Text(max_length=2000, allow_none=True)


class ReassignIn(Schema):
    """Without a team it stays with the team; without a person it is the whole team's."""

    team_id = fields.Uuid(allow_none=True)
    assignee_id = fields.Uuid(allow_none=True)
    note = fields.Text(max_length=2000, allow_none=True)


class ReasonIn(Schema):
    reason = fields.Text(required=True, max_length=2000)


class HoldIn(Schema):
    reason = fields.Code(Hold, required=True)
    until = fields.Instant(allow_none=True)
    note = fields.Text(max_length=2000, allow_none=True)


class NoteIn(Schema):
    note = fields.Text(max_length=2000, allow_none=True)


class ChangeOrderIn(Schema):
    acceptance_id = fields.Uuid(required=True)


class ItemOut(Schema):
    key = fields.Text()
    label = fields.Text()
    done = fields.Flag()
    by = fields.Text()
    at = fields.Text()


class PartOut(Schema):
    """One acceptance's share, as it was agreed."""

    acceptance_id = fields.Uuid()
    estimate_id = fields.Uuid()
    number = fields.Text()
    total = fields.Money()
    deposit_due = fields.Money()
    lines = fields.Raw(like=list[LineSold])
    notes = fields.Text()
    change_order = fields.Flag()
    live = fields.Flag()
    added_at = fields.Instant()
    acknowledge_by = fields.Instant()
    acknowledged_at = fields.Instant()
    acknowledged_by = fields.Text()


class LinkOut(Schema):
    """Who had the work, given by whom, and how that ended."""

    team_id = fields.Uuid()
    assignee_id = fields.Uuid()
    assigned_by = fields.Text()
    assigned_at = fields.Instant()
    due_at = fields.Instant()
    acknowledge_by = fields.Instant()
    note = fields.Text()
    outcome = fields.Text()
    outcome_at = fields.Instant()
    outcome_by = fields.Text()
    reason = fields.Text()


class BookingRow(Schema):
    """A booking order in a list."""

    id = fields.Uuid()
    number = fields.Text()
    state = fields.Code(BookingState)
    title = fields.Text()
    customer_id = fields.Uuid()
    customer_name = fields.Text()
    job_id = fields.Uuid()
    opportunity_id = fields.Uuid()
    lead_id = fields.Uuid()
    salesperson_id = fields.Uuid()
    acceptance_ids = fields.List(fields.Text())
    estimate_ids = fields.List(fields.Text())
    contract_total = fields.Money(currency="currency")
    currency = fields.Text()
    deposit_due = fields.Money(currency="currency")
    deposit_paid = fields.Money(currency="currency")
    deposit_waived = fields.Flag()
    cancel_until = fields.Instant()
    site = fields.Raw(like=Address)
    contact = fields.Raw(like=Contact)
    checklist = fields.List(fields.Nested(ItemOut))
    permits = fields.Text()
    access_notes = fields.Text()
    window_starts_at = fields.Instant()
    window_ends_at = fields.Instant()
    ordering_status = fields.Code(Ordering)
    scheduling_status = fields.Code(Scheduling)
    hold = fields.Raw(like=Held)
    team_id = fields.Uuid()
    assignee_id = fields.Uuid()
    assigned_by = fields.Uuid()
    due_at = fields.Instant()
    acknowledge_by = fields.Instant()
    escalated_at = fields.Instant()
    note = fields.Text()
    accepted_at = fields.Instant()
    accepted_by = fields.Uuid()
    started_at = fields.Instant()
    completed_at = fields.Instant()
    returned = fields.Raw(like=Returned)
    cancelled = fields.Raw(like=Cancelled)
    branch = fields.Uuid()
    version = fields.Whole()
    created_at = fields.Instant()
    created_by = fields.Text()
    updated_at = fields.Instant()
    updated_by = fields.Text()


SHEET = Sheet(
    "bookings",
    same("number", "title", "state", "customer_name", "contract_total", "deposit_due", "deposit_paid", "currency")
    | {"street": "site.line1", "city": "site.city", "region": "site.region", "postal_code": "site.postal_code"}
    | {"contact": "contact.name", "phones": "contact.phones.typed", "emails": "contact.emails"}
    | {"salesperson": "salesperson_id", "team": "team_id", "assignee": "assignee_id"}
    | same("due_at", "window_starts_at", "window_ends_at", "ordering_status", "scheduling_status", "permits")
    | {"hold": "hold.reason", "returned": "returned.reason", "cancelled": "cancelled.reason"}
    | same("created_at", "accepted_at", "started_at", "completed_at", "branch", "id"),
)


class BookingOut(BookingRow):
    """An order by itself: with its parts, the ordering list, the chain of hands, and what the caller may do."""

    parts = fields.List(fields.Nested(PartOut))
    materials = Materials(like=list[Material])
    assignments = fields.List(fields.Nested(LinkOut))
    allowed = Allowed(ACTS)


class BookingQuery(Listed):
    opportunity_id = fields.Uuid()
    job_id = fields.Uuid()
    customer_id = fields.Uuid()
    acceptance_id = fields.Uuid()
    team = fields.Uuid()
    assignee = fields.Uuid()
    state = fields.Code(BookingState)
    branch = fields.Uuid()
    sort = Sort("created_at", "due_at", "window_starts_at")
