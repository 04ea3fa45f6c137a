"""What is known here of others' records, as their facts told it: enough to count, to remind and to know whose they are.

A due time is kept only while it runs: NULL means that nothing is waited for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.auth import Role
from services.notifications.model.base import Base


class Watch:
    """What every watched record has. ``record`` is its name; the attributes are called as in its facts."""

    record: ClassVar[str]

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    branch: Mapped[UUID | None]
    number: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str]
    state: Mapped[str] = mapped_column(sa.String(20))

    @property
    def subject(self) -> UUID:
        return self.id


class LeadWatch(Watch, Base):
    __tablename__ = "lead_watch"
    __table_args__ = (
        sa.Index("ix_lead_watch_state", "state", "branch"),
        sa.Index("ix_lead_watch_owner", "owner_id", "state"),
    )
    __allow_unmapped__ = True
    record = "lead"

    #: its opportunity, and who has that; looked up when somebody is reminded, not kept
    opportunity_id: UUID | None = None
    salesperson_id: UUID | None = None

    owner_id: Mapped[UUID | None]
    response_due_at: Mapped[datetime | None]
    follow_up_at: Mapped[datetime | None]

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        """For whom it waits: who merely handed it in sees it, but has nothing to do."""
        return (cls.owner_id,)


class OpportunityWatch(Watch, Base):
    __tablename__ = "opportunity_watch"
    record = "opportunity"

    lead_id: Mapped[UUID] = mapped_column(index=True)
    salesperson_id: Mapped[UUID | None]
    inside_rep_id: Mapped[UUID | None]
    follow_up_at: Mapped[datetime | None]

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        return (cls.salesperson_id, cls.inside_rep_id)


class AppointmentWatch(Watch, Base):
    """``ends_at`` runs until somebody said what came of it."""

    __tablename__ = "appointment_watch"
    record = "appointment"

    opportunity_id: Mapped[UUID]
    salesperson_id: Mapped[UUID | None]
    assignee_ids: Mapped[list[Any]] = mapped_column(default=list)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime | None]

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        """Whoever goes there and whose opportunity it is; joined where it is counted."""
        return (AppointmentPerson.person_id,)


class AppointmentPerson(Base):
    """Somebody whose day an appointment is in."""

    __tablename__ = "appointment_people"

    appointment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("appointment_watch.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)


class EstimateWatch(Watch, Base):
    """``expires_at`` runs while the offer lies with the customer."""

    __tablename__ = "estimate_watch"
    record = "estimate"

    salesperson_id: Mapped[UUID | None]
    expires_at: Mapped[datetime | None]

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        return (cls.salesperson_id,)

    @classmethod
    def parts_seen(cls) -> Mapping[Role, sa.ColumnElement[bool]]:
        """Operations see what was sold, and nothing of what is still being haggled over."""
        return {Role.OPERATIONS: cls.state == "accepted"}


class BookingWatch(Watch, Base):
    __tablename__ = "booking_watch"
    __table_args__ = (sa.Index("ix_booking_watch_state", "state", "branch"),)
    record = "booking"

    salesperson_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        return (cls.salesperson_id,)


def _running(kind: type[Watch], due: str, *owners: str) -> None:
    """Indexes of the due times that run, which are few: of everybody's, and of each one's own."""
    table = sa.inspect(kind).local_table
    there = table.c[due].is_not(None)
    for columns in ([due], *([owner, due] for owner in owners)):
        name = "_".join(["ix", table.name, *columns])
        sa.Index(name, *(table.c[one] for one in columns), postgresql_where=there, sqlite_where=there)


_running(LeadWatch, "response_due_at", "owner_id")
_running(LeadWatch, "follow_up_at", "owner_id")
_running(OpportunityWatch, "follow_up_at", "salesperson_id", "inside_rep_id")
_running(EstimateWatch, "expires_at", "salesperson_id")
