"""Webhooks: which other systems are posted to. The subject is the webhook."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.contracts.base import Event


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(Event):
    """A webhook was added, changed, paused, disabled, resumed or removed. The subject is the webhook; it is whole."""

    name = "plumbline.webhook.changed.v1"

    host: str  #: of its address, which may hold a secret and is told to nobody
    description: str
    types: tuple[str, ...]  #: of the facts it gets; # is any number of words
    state: str  #: active, paused, disabled, removed
    reason: str | None = None  #: why it is disabled
    branch: UUID | None = None  #: whose facts it gets; None: everybody's
