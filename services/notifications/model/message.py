"""One person told of one event by one channel; and how each person wants to be told."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.columns import Aggregate
from services.notifications.model.base import Base
from services.notifications.states import MESSAGE, MessageAction, MessageState


class Notification(Aggregate, Base):
    """``event_id`` is the fact's, or for a reminder made of it and its due time: the same is never told twice."""

    __tablename__ = "notifications"

    event_id: Mapped[UUID]
    reminder: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[UUID]
    channel: Mapped[str] = mapped_column(sa.String(10))
    kind: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[UUID] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str]
    text: Mapped[str]
    link: Mapped[str] = mapped_column(sa.String(200))
    correlation: Mapped[UUID]
    state: Mapped[str] = mapped_column(sa.String(10), default=MESSAGE.initial)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]
    read_at: Mapped[datetime | None]

    @property
    def funnel(self) -> UUID:
        return self.correlation

    def read(self, *, at: datetime) -> None:
        """Seen by the person; the first time counts."""
        self.read_at = self.read_at or at

    def sent(self, *, at: datetime, attempts: int) -> None:
        self.state = MESSAGE.fire(MessageState(self.state), MessageAction.SEND)
        self.sent_at, self.attempts = at, attempts

    def failed(self, *, reason: str, attempts: int) -> None:
        self.state = MESSAGE.fire(MessageState(self.state), MessageAction.FAIL)
        self.error, self.attempts = reason, attempts


_columns = Notification.__table__.c
_unread, _unsent = _columns.read_at.is_(None), _columns.sent_at.is_(None)  # NULLs, since SQLite compares no parameters
sa.UniqueConstraint(_columns.event_id, _columns.person_id, _columns.channel)
sa.Index("ix_notifications_of", _columns.person_id, _columns.created_at)
sa.Index(
    "ix_notifications_unread", _columns.person_id, _columns.channel, postgresql_where=_unread, sqlite_where=_unread
)
sa.Index("ix_notifications_unsent", _columns.id, postgresql_where=_unsent, sqlite_where=_unsent)


class Preference(Aggregate, Base):
    """What one person has set for themselves; what they have not follows the company's setting."""

    __tablename__ = "person_preferences"
    __allow_unmapped__ = True

    channels: dict[str, list[str]]  #: what holds by it, for every kind; worked out by the act that shows it, not kept
    quiet_hours: dict[str, str] | None
    chat_url: str | None

    own: Mapped[dict[str, Any]] = mapped_column(default=dict)
