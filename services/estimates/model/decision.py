"""What happens to an offer with the customer: the link to it, the rounds of talk, the one acceptance."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.columns import money
from services.estimates.model.base import Base


class Link(Base):
    """The customer's way to one version. Of the secret only the fingerprint is here."""

    __tablename__ = "links"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    estimate_id: Mapped[UUID] = mapped_column(sa.ForeignKey("estimates.id"), index=True)
    revision: Mapped[int]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    sent_to: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(sa.String(80))
    revoked_at: Mapped[datetime | None]


class Round(Base):
    """A step of the negotiation: who asked for or gave what."""

    __tablename__ = "rounds"
    __table_args__ = (sa.UniqueConstraint("estimate_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    estimate_id: Mapped[UUID] = mapped_column(sa.ForeignKey("estimates.id"), index=True)
    number: Mapped[int]
    side: Mapped[str] = mapped_column(sa.String(10))
    kind: Mapped[str] = mapped_column(sa.String(12))
    amount: Mapped[Decimal | None] = mapped_column(money())
    note: Mapped[str] = mapped_column(default="")
    from_revision: Mapped[int | None]
    to_revision: Mapped[int | None]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(sa.String(80))


class Acceptance(Base):
    """The customer's yes to one option of one exact version. The unique keys make it happen once."""

    __tablename__ = "acceptances"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    estimate_id: Mapped[UUID] = mapped_column(sa.ForeignKey("estimates.id"), unique=True)
    version_id: Mapped[UUID] = mapped_column(sa.ForeignKey("versions.id"), unique=True)
    revision: Mapped[int]
    option_id: Mapped[UUID]
    option_name: Mapped[str]
    add_ons: Mapped[list[Any]] = mapped_column(default=list)
    totals: Mapped[dict[str, Any]]
    total: Mapped[Decimal] = mapped_column(money())
    method: Mapped[str] = mapped_column(sa.String(12))
    typed_name: Mapped[str]
    signature: Mapped[str | None]  #: a drawn one, a PNG as the page sent it
    consent_text: Mapped[str]
    snapshot_hash: Mapped[str] = mapped_column(sa.String(64))
    ip: Mapped[str] = mapped_column(sa.String(60), default="")
    user_agent: Mapped[str] = mapped_column(default="")
    accepted_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(80))
    cancel_until: Mapped[datetime | None]
