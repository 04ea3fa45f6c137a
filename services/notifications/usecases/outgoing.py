"""What became of each mail, told to others."""

from typing import Any

import sqlalchemy as sa

from libs.common import mail
from libs.common.contracts.notifications import NotificationFailed, NotificationSent
from libs.common.store import Store
from libs.common.tx import Origin
from services.notifications.model import Notification
from services.notifications.states import MessageState

BATCH = 50


def follow_up(store: Store) -> int:
    """Says of each mail that the server took, or refused for good, that it did. Returns how many there were."""
    table = store.tables.mail
    with store.begin(Origin(action="job outgoing", causation="job:outgoing")) as tx:
        done = sa.select(Notification, table.c.state, table.c.attempts, table.c.sent_at, table.c.error)
        done = done.join(table, table.c.id == Notification.id)
        done = done.where(Notification.sent_at.is_(None), Notification.state == MessageState.QUEUED)
        done = done.where(table.c.state.in_((mail.SENT, mail.FAILED)))
        rows = tx.session.execute(done.limit(BATCH).with_for_update(of=Notification, skip_locked=True)).all()
        for message, state, attempts, sent_at, error in rows:
            if state == mail.SENT:
                message.sent(at=sent_at, attempts=attempts)
                tx.publish(NotificationSent(**_head(message), sent_at=sent_at), of=message)
            else:
                message.failed(reason=error or "", attempts=attempts)
                tx.publish(NotificationFailed(**_head(message), reason=error or "", failed_at=tx.now), of=message)
    return len(rows)


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
