"""The timeline of each funnel, and the words that find it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.console.model.base import Base

#: compared byte by byte on both databases, so that one range of an index is all that begins with a prefix
Exactly = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


class Told(Base):
    """One fact of a funnel. ``words`` are the few of its fields that are worth showing."""

    __tablename__ = "timeline"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID]
    at: Mapped[datetime]
    kind: Mapped[str]  #: lead.captured, booking.assigned …
    subject: Mapped[UUID]
    number: Mapped[str]
    actor: Mapped[str]  #: a person's id, ``customer`` or ``system``
    words: Mapped[dict[str, Any]]


class Word(Base):
    """Something a card is found by; ``told_by`` is the kind of record that said it, and takes it back."""

    __tablename__ = "words"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own name and shape

    card_id: Mapped[UUID] = mapped_column(primary_key=True)
    told_by: Mapped[str] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(Exactly, primary_key=True)


sa.Index("ix_timeline_of", Told.card_id, Told.at, Told.id)
sa.Index("ix_words_word", Word.word, Word.card_id)
