"""What comes in about appointments and what goes out."""

from libs.common.contracts.parts import Address, Contact
from libs.common.schema.parts import AddressIn
from libs.common.web import Allowed, Page, Schema, Sort, fields
from services.opportunities.schemas.carried import Stood
from services.opportunities.states import AppointmentState, AppointmentType


class AppointmentEditIn(Schema):
    """What can be put right without moving it."""

    window_starts_at = fields.Instant(allow_none=True)
    window_ends_at = fields.Instant(allow_none=True)
    address = fields.Nested(AddressIn, allow_none=True)
    note = fields.Text(allow_none=True)


class RescheduleIn(AppointmentEditIn):
    starts_at = fields.Instant(required=True)
    duration_min = fields.Whole(least=1, most=1440)
    assignee_ids = fields.List(fields.Uuid(), least=1, most=20)
    reason = fields.Text(max_length=500, allow_none=True)
    force = fields.Flag()


class AppointmentIn(AppointmentEditIn):
    """Only what and when: people, place and length have a default."""

    type = fields.Code(AppointmentType, required=True)
    starts_at = fields.Instant(required=True)
    duration_min = fields.Whole(least=1, most=1440)
    assignee_ids = fields.List(fields.Uuid(), least=1, most=20)
    force = fields.Flag()


class FinishIn(Schema):
    note = fields.Text(allow_none=True)


class CancelIn(Schema):
    reason = fields.Text(max_length=500, allow_none=True)


class AppointmentRow(Schema):
    """An appointment in a list."""

    id = fields.Uuid()
    opportunity_id = fields.Uuid()
    lead_id = fields.Uuid()
    number = fields.Text()
    title = fields.Text()
    branch = fields.Uuid()
    version = fields.Whole()
    type = fields.Text()
    state = fields.Text()
    starts_at = fields.Instant()
    ends_at = fields.Instant()
    duration_min = fields.Whole()
    window_starts_at = fields.Instant()
    window_ends_at = fields.Instant()
    assignee_ids = fields.List(fields.Uuid())
    salesperson_id = fields.Uuid()
    address = fields.Raw(like=Address)
    contact = fields.Raw(like=Contact)
    note = fields.Text()
    outcome = fields.Text()
    chain = fields.Raw(like=list[Stood])
    job_id = fields.Uuid()
    done_at = fields.Instant()
    created_at = fields.Instant()
    created_by = fields.Text()
    updated_at = fields.Instant()
    updated_by = fields.Text()


class AppointmentOut(AppointmentRow):
    """An appointment by itself, with what the caller may do."""

    allowed = Allowed(
        dict.fromkeys(
            ("edit", "confirm", "reschedule", "set_out", "arrive", "complete", "miss", "cancel"), "opportunity.appoint"
        )
    )


class AppointmentQuery(Page):
    """``starts_after`` and ``starts_before`` make a calendar of it."""

    state = fields.Code(AppointmentState)
    type = fields.Code(AppointmentType)
    job_id = fields.Uuid()
    assignee = fields.Uuid()
    starts_after = fields.Instant()
    starts_before = fields.Instant()
    sort = Sort("created_at", "starts_at")
