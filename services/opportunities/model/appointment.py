"""The appointment: when somebody meets the prospect, who, where, and what came of it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from libs.common.auth import May
from libs.common.columns import Aggregate, one_of
from libs.common.errors import Missing
from services.opportunities.model.base import Base
from services.opportunities.model.opportunity import Opportunity
from services.opportunities.states import APPOINTMENT, STANDING, AppointmentAction, AppointmentState, StageType


class Appointment(Aggregate, Base):
    __tablename__ = "appointments"

    opportunity_id: Mapped[UUID] = mapped_column(sa.ForeignKey("opportunities.id"), index=True)
    lead_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(sa.String(20))  #: the opportunity's, as its title
    title: Mapped[str]
    type: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(sa.String(10), default=AppointmentState.SCHEDULED)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    window_starts_at: Mapped[datetime | None]
    window_ends_at: Mapped[datetime | None]
    assignee_ids: Mapped[list[Any]] = mapped_column(default=list)
    salesperson_id: Mapped[UUID | None] = mapped_column(index=True)
    inside_rep_id: Mapped[UUID | None] = mapped_column(index=True)
    address: Mapped[dict[str, Any] | None]
    contact: Mapped[dict[str, Any] | None]
    note: Mapped[str | None]
    outcome: Mapped[str | None]  #: what was said when it was completed, missed or cancelled
    chain: Mapped[list[Any]] = mapped_column(default=list)  #: where it stood before each rescheduling
    job_id: Mapped[UUID | None] = mapped_column(index=True)
    done_at: Mapped[datetime | None]

    opportunity: Mapped[Opportunity] = relationship(viewonly=True, lazy="select")

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        """Whose the opportunity is, the appointment is."""
        return (cls.salesperson_id, cls.inside_rep_id)

    @classmethod
    def with_them(cls, whose: Collection[UUID], _permission: May) -> sa.ColumnElement[bool]:
        """Whoever goes there, while it stands."""
        return cls.id.in_(sa.select(Assignment.appointment_id).where(one_of(Assignment.person_id, whose)))

    def is_with(self, whose: Collection[UUID], _permission: May) -> bool:
        return self.stands and not set(whose).isdisjoint(self.people)

    @property
    def funnel(self) -> UUID:
        return self.lead_id

    @property
    def people(self) -> list[UUID]:
        return [UUID(person) for person in self.assignee_ids]

    @property
    def duration_min(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def stands(self) -> bool:
        """Whether it takes its people's time."""
        return self.state in STANDING

    def open_actions(self) -> list[str]:
        return [str(action) for action in APPOINTMENT.allowed(AppointmentState(self.state))]

    def missing(self, action: str) -> Sequence[Missing]:
        """What was missed is not arranged anew for an opportunity that was lost since."""
        again = action == AppointmentAction.RESCHEDULE and self.state == AppointmentState.NO_SHOW
        if again and self.opportunity.stage_type == StageType.LOST:
            return (Missing("", f"{self.number} was lost: reopen it first"),)
        return ()

    def fire(self, action: AppointmentAction) -> None:
        """Raises IllegalTransition saying what is possible instead."""
        self.state = APPOINTMENT.fire(AppointmentState(self.state), action)

    def reschedule(
        self, *, starts_at: datetime, minutes: int, people: Sequence[UUID], reason: str, by: str, at: datetime
    ) -> None:
        """Another time or other people; where it stood is kept."""
        self.fire(AppointmentAction.RESCHEDULE)
        stood = {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat()}
        why = {"assignee_ids": list(self.assignee_ids), "reason": reason, "by": by, "at": at.isoformat()}
        self.chain = [*self.chain, {**stood, **why}]
        self.starts_at, self.ends_at = starts_at, starts_at + timedelta(minutes=minutes)
        self.assignee_ids = [str(person) for person in people]
        self.done_at = None

    def finish(self, action: AppointmentAction, *, outcome: str | None, at: datetime) -> None:
        """It took place, the customer was not there, or it will not be."""
        self.fire(action)
        self.outcome, self.done_at = outcome, at


class Assignment(Base):
    """A person's time, for the look whether it is taken."""

    __tablename__ = "appointment_assignees"
    __table_args__ = (sa.Index("ix_assignees_time", "person_id", "ends_at"),)

    appointment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("appointments.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
