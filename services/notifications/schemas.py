"""What comes in about notifications and what goes out."""

from typing import Any

from marshmallow import ValidationError

from libs.common import egress
from libs.common.contracts.patterns import instead_of
from libs.common.web import Allowed, Page, Schema, edge, fields
from services.notifications import usecases
from services.notifications.settings import Channel, QuietHours, channels
from services.notifications.states import DeliveryState, Kind, MessageState, WebhookState


class Outside(fields.Text):
    """An address that we may post to."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=egress.LONGEST_URL, blank=False, **more)

    def read(self, value: Any) -> str:
        said = super().read(value)
        try:
            egress.target(said, edge().store.deployment.inside)
        except egress.NotOutside as wrong:
            raise ValidationError(str(wrong)) from wrong
        return said


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
    version = fields.Whole()
    created_at = fields.Instant()
    read_at = fields.Instant()


class ReadOut(Schema):
    read = fields.Whole()


class PreferencesIn(Schema):
    """``channels`` by kind; what is left out follows the company's setting.

    ``chat_url`` is an address of one's own chat that takes ``{"text": …}``, null for none any more; left out, it stays.
    """

    channels = fields.Dict(keys=fields.Code(Kind), values=channels())
    quiet_hours = fields.Nested(QuietHours, allow_none=True)
    chat_url = Outside(allow_none=True)


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


class Wanted(fields.Text):
    """The name of a fact, or a pattern of names: ``plumbline.booking.#``, ``#`` for everything."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=100, blank=False, **more)

    def read(self, value: Any) -> str:
        said = super().read(value)
        if possible := ", ".join(instead_of(said, usecases.forwarded())):
            raise ValidationError(f"means no fact that is told to others; possible: {possible}")
        return said


class WebhookEditIn(Schema):
    url = Outside()
    types = fields.List(Wanted(), least=1, most=100)
    description = fields.Text(max_length=200)
    branch = fields.Uuid(allow_none=True)


class WebhookIn(WebhookEditIn):
    url = Outside(required=True)
    types = fields.List(Wanted(), least=1, most=100, required=True)


class WebhookItemOut(Schema):
    """``branch`` is whose facts it gets, none: everybody's.

    ``failing_since`` is when its receiver last answered otherwise than it should, ``trouble`` how, ``rests_until``
    when it is tried next.
    """

    id = fields.Uuid()
    url = fields.Text()
    host = fields.Text()
    description = fields.Text()
    types = fields.List(fields.Text())
    branch = fields.Uuid()
    state = fields.Code(WebhookState)
    reason = fields.Text()
    failures = fields.Whole()
    failing_since = fields.Instant()
    trouble = fields.Text()
    rests_until = fields.Instant()
    former_until = fields.Instant()
    allowed = Allowed({"pause": "webhook.admin", "resume": "webhook.admin", "remove": "webhook.admin"})
    created_at = fields.Instant()
    updated_at = fields.Instant()
    version = fields.Whole()


class WebhookOut(WebhookItemOut):
    """One, with ``waiting``: how many facts are on their way to it."""

    waiting = fields.Whole()


class SecretOut(Schema):
    """``former`` signs as well until ``former_until``."""

    secret = fields.Text()
    former_until = fields.Instant()


class WebhookQuery(Page):
    state = fields.Code(WebhookState)


class WebhookDeliveryQuery(Page):
    state = fields.Code(DeliveryState)
    type = fields.Text(max_length=100)
    subject = fields.Uuid()


class WebhookDeliveryOut(Schema):
    """``id`` is the ``webhook-id``; ``status`` and ``error`` are what came of the last attempt."""

    id = fields.Uuid()
    type = fields.Text()
    subject = fields.Uuid()
    state = fields.Code(DeliveryState)
    attempts = fields.Whole()
    status = fields.Whole()
    error = fields.Text()
    due_at = fields.Instant()
    created_at = fields.Instant()
    settled_at = fields.Instant()


class AgainOut(Schema):
    again = fields.Whole()
