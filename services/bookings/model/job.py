"""The job: what was sold to a customer for one site, and the name that everybody calls it by."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from libs.common.columns import Aggregate, listed_by, one_of
from libs.common.errors import Missing
from services.bookings.model.base import Base
from services.bookings.model.customer import Customer
from services.bookings.states import JOB, JobAction, JobState


class Job(Aggregate, Base):
    __tablename__ = "jobs"
    __table_args__ = (sa.UniqueConstraint("customer_id", "name"),)

    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str]
    status: Mapped[str] = mapped_column(sa.String(12), default=JobState.PENDING)
    type: Mapped[str] = mapped_column(default="")
    customer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    customer_name: Mapped[str]
    site: Mapped[dict[str, Any] | None]
    opportunity_id: Mapped[UUID] = mapped_column(index=True)
    lead_id: Mapped[UUID]
    acceptance_id: Mapped[UUID] = mapped_column(unique=True)  #: of the sale that made it
    estimate_id: Mapped[UUID]
    salesperson_id: Mapped[UUID | None]
    answers: Mapped[list[Any] | None]  #: what was asked of site and customer before the sale (contracts.parts.Answered)
    search: Mapped[str] = mapped_column(default="")

    customer: Mapped[Customer] = relationship(lazy="raise")  #: written before its job

    turn = "customer"  #: acts on what was sold to one customer take turns

    @classmethod
    def sold_by(cls, whose: Collection[UUID]) -> sa.ColumnElement[bool]:
        """Whoever sold it sees what becomes of it, also where they sold for another branch."""
        return one_of(cls.salesperson_id, whose)

    @property
    def funnel(self) -> UUID:
        return self.lead_id

    @property
    def takes_files(self) -> bool:
        """Photos of work that is done come late; of work that will not be done there are none."""
        return self.status != JobState.CANCELLED

    def fire(self, action: JobAction) -> str:
        """Moves on with its booking order; returns the status it had."""
        before, self.status = self.status, JOB.fire(JobState(self.status), action)
        return before

    def open_actions(self) -> list[str]:
        files = ["file"] if self.takes_files else []
        return ["rename", *(str(one) for one in JOB.offered(JobState(self.status))), *files]

    def missing(self, _action: str) -> list[Missing]:
        return []


listed_by(Job.__table__, "status")
