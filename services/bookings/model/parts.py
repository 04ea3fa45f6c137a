"""What a booking order consists of: the acceptances it was made from, and the chain of hands it went through."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.columns import money
from services.bookings.model.base import Base


class Part(Base):
    """One acceptance's share of a booking order, as it was agreed; a change order is a part that came later.

    ``live`` ends with the order: an acceptance is in one live order at most, and the index sees to it.
    """

    __tablename__ = "booking_parts"
    __table_args__ = (
        sa.Index(
            "ux_live_acceptance",
            "acceptance_id",
            unique=True,
            postgresql_where=sa.text("live"),
            sqlite_where=sa.text("live"),
        ),
    )

    booking_id: Mapped[UUID] = mapped_column(sa.ForeignKey("bookings.id"), primary_key=True)
    acceptance_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)  #: of any order, live or not
    position: Mapped[int] = mapped_column(default=0)
    live: Mapped[bool] = mapped_column(default=True)
    estimate_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(sa.String(40))
    total: Mapped[Decimal] = mapped_column(money())
    deposit_due: Mapped[Decimal] = mapped_column(money())
    lines: Mapped[list[Any]]
    materials: Mapped[list[Any]]
    notes: Mapped[str] = mapped_column(default="")
    cancel_until: Mapped[datetime | None]
    added_at: Mapped[datetime]
    change_order: Mapped[bool] = mapped_column(default=False)
    acknowledge_by: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(sa.String(80))


class Assignment(Base):
    """One link of the chain: who had the work, given by whom, and how that ended."""

    __tablename__ = "booking_assignments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(sa.ForeignKey("bookings.id"), index=True)
    team_id: Mapped[UUID]
    assignee_id: Mapped[UUID | None]
    assigned_by: Mapped[str] = mapped_column(sa.String(80))
    assigned_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    acknowledge_by: Mapped[datetime | None]
    note: Mapped[str | None]
    outcome: Mapped[str | None] = mapped_column(sa.String(12))  #: accepted, returned, reassigned, cancelled
    outcome_at: Mapped[datetime | None]
    outcome_by: Mapped[str | None] = mapped_column(sa.String(80))
    reason: Mapped[str | None]

    def end(self, outcome: str, *, by: str, at: datetime, reason: str | None = None) -> None:
        self.outcome, self.outcome_at, self.outcome_by, self.reason = outcome, at, by, reason


def to_order(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """The material of all parts as one list: what is the same is ordered once, in the sum."""
    listed: dict[tuple[str, str, str], dict[str, Any]] = {}
    for part in parts:
        for one in part.materials:
            same = (one["code"], one["description"], one["unit"])
            if same in listed:
                listed[same]["qty"] = str(Decimal(listed[same]["qty"]) + Decimal(one["qty"]))
            else:
                listed[same] = dict(one)
    return list(listed.values())
