"""Which facts go to which webhooks: put on their way with the position of the fact that they are."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from libs.common.contracts import appointments, bookings, estimates, leads, opportunities, sales
from libs.common.contracts.base import Event, Message, facts
from libs.common.contracts.patterns import meant_by
from libs.common.tx import Tx
from services.notifications.model import Webhook, WebhookDelivery
from services.notifications.states import DeliveryState, WebhookState

FORWARDED = {one.__name__ for one in (leads, opportunities, appointments, estimates, sales, bookings)}


@dataclass(frozen=True)
class Listener:
    """A webhook as far as it matters whether a fact is for it."""

    id: UUID
    branch: UUID | None
    types: tuple[str, ...]

    def wants(self, fact: str, branch: str) -> bool:
        ours = self.branch is None or str(self.branch) == branch
        return ours and any(meant_by(one)(fact) for one in self.types)


@functools.cache
def forwarded() -> frozenset[str]:
    """What a webhook may ask for: the funnel's facts, not those of staff nor of what is told to whom."""
    return frozenset(fact.name for fact in facts() if fact.__module__ in FORWARDED)


def forward(tx: Tx, _event: Event) -> None:
    """The fact, as it came over the bus, to every webhook that listens for it; also to those that are paused."""
    message = tx.origin.message
    if message is None:
        return
    wanting = [one for one in tx.known("webhooks", lambda: listeners(tx)) if one.wants(message.type, message.branch)]
    if wanting:
        table: Any = WebhookDelivery.__table__
        tx.put(table, [delivery(tx, one, message, subject=message.subject) for one in wanting])


def listeners(tx: Tx) -> Sequence[Listener]:
    wanted = sa.select(Webhook.id, Webhook.branch, Webhook.types)
    wanted = wanted.where(Webhook.person_id.is_(None), Webhook.state != WebhookState.REMOVED)
    return [Listener(one.id, one.branch, tuple(one.types)) for one in tx.execute(wanted)]


def named(webhook: Listener | Webhook, fact: UUID) -> UUID:
    """The id under which a fact goes to a webhook, always the same."""
    return uuid5(webhook.id, str(fact))


def delivery(tx: Tx, webhook: Listener | Webhook, message: Message, *, subject: UUID) -> dict[str, Any]:
    """A row for a fact that is to go there at once, in the order of others of this ``subject``."""
    return {
        "id": named(webhook, message.id),
        "webhook_id": webhook.id,
        "branch": webhook.branch,
        "type": message.type,
        "subject": subject,
        "body": message.encode().decode(),
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "due_at": tx.now,
        "created_at": tx.now,
    }
