"""What people are told of, by what channel, and what becomes of a message on its way."""

from enum import StrEnum

from libs.common.states import Machine


class Kind(StrEnum):
    """What happened, as the person told would put it."""

    LEAD_ASSIGNED = "lead_assigned"
    LEAD_REASSIGNED = "lead_reassigned"
    LEAD_HANDED_OVER = "lead_handed_over"
    RESPONSE_DUE = "response_due"
    RESPONSE_MISSED = "response_missed"
    FOLLOW_UP_DUE = "follow_up_due"
    OPPORTUNITY_ASSIGNED = "opportunity_assigned"
    OPPORTUNITY_REASSIGNED = "opportunity_reassigned"
    OPPORTUNITY_HANDED_OVER = "opportunity_handed_over"
    APPOINTMENT_SCHEDULED = "appointment_scheduled"
    APPOINTMENT_CHANGED = "appointment_changed"
    APPOINTMENT_EDITED = "appointment_edited"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    APPOINTMENT_LATE = "appointment_late"
    APPROVAL_ASKED = "approval_asked"
    APPROVAL_GIVEN = "approval_given"
    APPROVAL_REFUSED = "approval_refused"
    ESTIMATE_VIEWED = "estimate_viewed"
    ESTIMATE_CHANGES_REQUESTED = "estimate_changes_requested"
    ESTIMATE_EXPIRING = "estimate_expiring"
    ESTIMATE_EXPIRED = "estimate_expired"
    ESTIMATE_ACCEPTED = "estimate_accepted"
    ESTIMATE_DECLINED = "estimate_declined"
    BOOKING_ASSIGNED = "booking_assigned"
    BOOKING_REASSIGNED = "booking_reassigned"
    BOOKING_HANDED_OVER = "booking_handed_over"
    BOOKING_RETURNED = "booking_returned"
    BOOKING_UNACKNOWLEDGED = "booking_unacknowledged"
    BOOKING_CHANGE_ORDERED = "booking_change_ordered"
    BOOKING_EDITED = "booking_edited"
    BOOKING_CANCELLED = "booking_cancelled"
    WEBHOOK_DISABLED = "webhook_disabled"
    CHAT_DISABLED = "chat_disabled"


class MessageState(StrEnum):
    """In the app a message is sent by being there; e-mail is on its way until the mail server took it."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class MessageAction(StrEnum):
    SEND = "send"
    FAIL = "fail"


MESSAGE = Machine(
    initial=MessageState.QUEUED,
    edges={
        (MessageState.QUEUED, MessageAction.SEND): MessageState.SENT,
        (MessageState.QUEUED, MessageAction.FAIL): MessageState.FAILED,
    },
)


class WebhookState(StrEnum):
    """Paused by somebody, or disabled since its receiver wants no more: what is for it is kept until it goes on."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    REMOVED = "removed"


class WebhookAction(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    DISABLE = "disable"
    REMOVE = "remove"


WEBHOOK = Machine(
    initial=WebhookState.ACTIVE,
    edges={
        (WebhookState.ACTIVE, WebhookAction.PAUSE): WebhookState.PAUSED,
        (WebhookState.ACTIVE, WebhookAction.DISABLE): WebhookState.DISABLED,
        (WebhookState.PAUSED, WebhookAction.RESUME): WebhookState.ACTIVE,
        (WebhookState.DISABLED, WebhookAction.RESUME): WebhookState.ACTIVE,
        (WebhookState.ACTIVE, WebhookAction.REMOVE): WebhookState.REMOVED,
        (WebhookState.PAUSED, WebhookAction.REMOVE): WebhookState.REMOVED,
        (WebhookState.DISABLED, WebhookAction.REMOVE): WebhookState.REMOVED,
    },
    unasked=(WebhookAction.DISABLE,),
)


class DeliveryState(StrEnum):
    """What is refused for good is given up; somebody may have it sent again."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
