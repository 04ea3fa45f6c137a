"""Notifications: what was told to whom. The subject is the notification."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.contracts.base import Event
from libs.common.contracts.parts import Instant


@dataclass(frozen=True, kw_only=True)
class NotificationFact(Event):
    """What every fact of a notification says: about which record, because of which event, to whom, by what channel."""

    kind: str
    record_id: UUID
    number: str  #: of the record
    title: str
    channel: str  #: email, web_push, chat, webhook
    attempts: int
    event_id: UUID | None = None  #: None for a reminder
    recipient_id: UUID | None = None  #: None for a webhook
    branch: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class NotificationSent(NotificationFact):
    """The message was handed over and taken."""

    name = "plumbline.notification.sent.v1"

    sent_at: Instant


@dataclass(frozen=True, kw_only=True)
class NotificationFailed(NotificationFact):
    """The message could not be delivered and is not tried again."""

    name = "plumbline.notification.failed.v1"

    reason: str
    failed_at: Instant
