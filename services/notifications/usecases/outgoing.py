"""What became of each message that left the house, told to others."""

from typing import Any

import sqlalchemy as sa

from libs.common import mail
from libs.common.contracts.notifications import NotificationFailed, NotificationSent
from libs.common.noindex import AsRead
from libs.common.store import Store
from libs.common.tx import Origin
from services.notifications.model import Notification, WebhookDelivery
from services.notifications.states import DeliveryState, MessageState

BATCH = 50
ENDED = (str(DeliveryState.DELIVERED), str(DeliveryState.GIVEN_UP))
posts: Any = WebhookDelivery.__table__


def follow_up(store: Store) -> int:
    """Says of each message that was taken, or refused for good, that it was. Returns how many there were."""
    with store.begin(Origin(action="job outgoing", causation="job:outgoing")) as tx:
        done = _ended(store.tables.mail, (mail.SENT, mail.FAILED)), _ended(posts, ENDED)
        count = 0
        for wanted in done:
            for message, state, attempts, at, error in tx.session.execute(wanted).all():
                count += 1
                if state in (mail.SENT, DeliveryState.DELIVERED):
                    message.sent(at=at, attempts=attempts)
                    tx.publish(NotificationSent(**_head(message), sent_at=at), of=message)
                else:
                    message.failed(reason=error or "", attempts=attempts)
                    tx.publish(NotificationFailed(**_head(message), reason=error or "", failed_at=tx.now), of=message)
    return count


def _ended(table: Any, states: tuple[str, ...]) -> sa.Select[Any]:
    """Messages whose mail or post has come to an end, with how: of those on their way, not of all that ever went."""
    at = table.c.sent_at if "sent_at" in table.c else table.c.settled_at
    ended = sa.select(Notification, table.c.state, table.c.attempts, at, table.c.error)
    ended = ended.join(table, table.c.id == Notification.id).where(AsRead(table.c.state).in_(states))
    ended = ended.where(Notification.sent_at.is_(None), Notification.state == MessageState.QUEUED)
    return ended.limit(BATCH).with_for_update(of=Notification, skip_locked=True)


def forget_news(store: Store, batch: int = 500) -> int:
    """Removes what people were told, read or not, when it is as old as the setting says. Returns how many."""
    news: Any = Notification.__table__
    return mail.forget_old(store, news, news.c.state != MessageState.QUEUED, news.c.created_at, batch)


def _head(message: Notification) -> dict[str, Any]:
    return {
        "subject": message.id,
        "kind": message.kind,
        "record_id": message.subject,
        "number": message.number,
        "title": message.title,
        "channel": message.channel,
        "attempts": message.attempts,
        "event_id": None if message.reminder else message.event_id,
        "recipient_id": message.person_id,
        "branch": message.branch,
    }
