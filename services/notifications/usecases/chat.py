"""A person's chat: a webhook of their own that takes ``{"text": …}``, as Slack's, Mattermost's and Google's do."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common.tx import Tx
from services.notifications.model import Webhook, WebhookDelivery, new_secret
from services.notifications.states import DeliveryState, WebhookState
from services.notifications.usecases import addresses

SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})  #: by which a customer's words would be links or calls
deliveries: Any = WebhookDelivery.__table__
CHATS = sa.select(Webhook.person_id, Webhook.id).where(
    Webhook.person_id.in_(sa.bindparam("people", expanding=True)), Webhook.state == WebhookState.ACTIVE
)


def of(tx: Tx, people: Collection[UUID]) -> Mapping[UUID, UUID]:
    """The chats of these people who have one that takes messages."""
    return {row.person_id: row.id for row in tx.execute(CHATS, {"people": list(people)})}


def address(tx: Tx, person: UUID, *, locked: bool = False) -> Webhook | None:
    """As the person set it."""
    mine = sa.select(Webhook).where(Webhook.person_id == person, Webhook.state != WebhookState.REMOVED)
    return tx.find(mine.with_for_update() if locked else mine)


def settle(tx: Tx, person: UUID, url: str | None) -> bool:
    """From now on there, or nowhere; whether that is a change. Raises Invalid for an address that is not outside."""
    now = address(tx, person, locked=True)
    if url == (now.url if now is not None else None) and (now is None or now.state == WebhookState.ACTIVE):
        return False
    host = addresses.host_of(tx, url, "/chat_url") if url is not None else ""
    if now is not None:
        addresses.remove(tx, now, "the chat was changed")
    if url is not None:
        tx.new(Webhook, url=url, host=host, person_id=person, secret=new_secret())
    return True


def put(tx: Tx, messages: Collection[tuple[UUID, UUID, str, datetime]]) -> None:
    """Puts messages on their way: each its id, the chat, what it says, when it is to go."""
    rows = [
        {
            "id": ident,
            "webhook_id": chat,
            "branch": None,
            "type": "chat",
            "subject": ident,
            "body": msgspec.json.encode({"text": text.translate(SIGNS)}).decode(),
            "state": DeliveryState.WAITING,
            "attempts": 0,
            "due_at": due_at,
            "created_at": tx.now,
        }
        for ident, chat, text, due_at in messages
    ]
    tx.put(deliveries, rows)
