"""What comes in about notifications and what goes out."""

from libs.common.web import Page, Schema, fields
from services.notifications.settings import Channel, QuietHours, channels
from services.notifications.states import Kind, MessageState


class NotificationQuery(Page):
    unread = fields.Flag()
    kind = fields.Code(Kind)
    subject = fields.Uuid()


class NotificationOut(Schema):
    """``subject`` is the id of the record it is about, ``correlation`` that of the lead everything began with."""

    id = fields.Uuid()
    kind = fields.Code(Kind)
    subject = fields.Uuid()
    number = fields.Text()
    title = fields.Text()
    text = fields.Text()
    link = fields.Text()
    correlation = fields.Uuid()
    created_at = fields.Instant()
    read_at = fields.Instant()


class ReadOut(Schema):
    read = fields.Whole()


class PreferencesIn(Schema):
    """``channels`` by kind; what is left out follows the company's setting."""

    channels = fields.Dict(keys=fields.Code(Kind), values=channels())
    quiet_hours = fields.Nested(QuietHours, allow_none=True)


class PreferencesOut(PreferencesIn):
    """What holds for this person, for every kind."""


class DeliveryQuery(Page):
    person = fields.Uuid()
    channel = fields.Code(Channel)
    state = fields.Code(MessageState)
    kind = fields.Code(Kind)
    subject = fields.Uuid()


class DeliveryOut(Schema):
    id = fields.Uuid()
    event_id = fields.Uuid()
    reminder = fields.Flag()
    person_id = fields.Uuid()
    channel = fields.Code(Channel)
    kind = fields.Code(Kind)
    subject = fields.Uuid()
    number = fields.Text()
    branch = fields.Uuid()
    correlation = fields.Uuid()
    state = fields.Code(MessageState)
    attempts = fields.Whole()
    created_at = fields.Instant()
    sent_at = fields.Instant()
    read_at = fields.Instant()
    error = fields.Text()


class StatusBarOut(Schema):
    """Counters in the caller's scope; 0 where the role may not read what is counted."""

    new_leads = fields.Whole()
    overdue_responses = fields.Whole()
    overdue_follow_ups = fields.Whole()
    todays_appointments = fields.Whole()
    expiring_estimates = fields.Whole()
    unacknowledged_bookings = fields.Whole()
    unread = fields.Whole()
