"""Where facts are posted to, and each of them on its way there. A person's chat is such a place, too."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.columns import Aggregate, BigId
from services.notifications.model.base import Base
from services.notifications.states import WEBHOOK, DeliveryState, WebhookAction, WebhookState

OVERLAP = timedelta(hours=24)  #: how long what a secret was before goes on to sign


class Webhook(Aggregate, Base):
    """``url`` may hold a secret of its receiver's, so only ``host`` is told to others.

    ``person_id`` is whose chat it is; None where other systems listen. What its sender notes (``failures`` and what
    follows) is no change of the record: it neither moves its version nor stands in the audit.
    """

    __tablename__ = "webhooks"
    __allow_unmapped__ = True

    waiting: int = 0  #: how much is on its way to it; counted by the act that shows it, not kept

    url: Mapped[str]
    host: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    types: Mapped[list[Any]] = mapped_column(default=list)
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    secret: Mapped[str]
    former_secret: Mapped[str | None]
    former_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(sa.String(10), default=WEBHOOK.initial)
    reason: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)  #: one after the other
    failing_since: Mapped[datetime | None]
    trouble: Mapped[str | None]
    rests_until: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    served_at: Mapped[datetime | None]

    # -- what may happen now

    def open_actions(self) -> list[str]:
        return [str(action) for action in WEBHOOK.offered(WebhookState(self.state))]

    def missing(self, _action: str) -> Sequence[Any]:
        return ()

    def signing(self, now: datetime) -> Sequence[str]:
        """What signs: the secret, and for a day what it was before."""
        old = self.former_secret if self.former_until is not None and now < self.former_until else None
        return [self.secret, old] if old else [self.secret]

    # -- acts

    def goes(self, action: WebhookAction, *, reason: str | None = None) -> None:
        self.state, self.reason = WEBHOOK.fire(WebhookState(self.state), action), reason

    def rotated(self, *, at: datetime) -> None:
        self.former_secret, self.former_until, self.secret = self.secret, at + OVERLAP, new_secret()

    def rested(self) -> None:
        """Tried at once from here on, as if it had never failed."""
        self.failures, self.failing_since, self.rests_until, self.trouble = 0, None, None, None


def new_secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


class WebhookDelivery(Base):
    """One fact on its way to one webhook. ``id`` is made of both and is the ``webhook-id``, however often it goes.

    ``place`` is the order in which a record's facts arrived here, which is theirs.
    """

    __tablename__ = "webhook_deliveries"

    place: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    webhook_id: Mapped[UUID]
    branch: Mapped[UUID | None]
    type: Mapped[str]
    subject: Mapped[UUID]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(sa.String(10), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    status: Mapped[int | None]
    error: Mapped[str | None]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]  #: delivered or given up


_columns = WebhookDelivery.__table__.c
WAITING = _columns.settled_at.is_(None)  # NULL, since SQLite compares no parameters
sa.Index(
    "ix_webhook_deliveries_waiting",
    _columns.webhook_id,
    _columns.subject,
    _columns.place,
    postgresql_where=WAITING,
    sqlite_where=WAITING,
)
sa.Index(
    "ix_webhook_deliveries_next", _columns.webhook_id, _columns.place, postgresql_where=WAITING, sqlite_where=WAITING
)
sa.Index("ix_webhook_deliveries_of", _columns.webhook_id, _columns.created_at)
