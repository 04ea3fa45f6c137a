"""The sale: an acceptance becoming work, as a checklist that others tick too. Its id is the acceptance's."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from libs.common.columns import Aggregate, listed_by, money, one_of
from libs.common.errors import Missing
from services.bookings.model.base import Base
from services.bookings.model.booking import Booking
from services.bookings.model.customer import Customer
from services.bookings.states import LABELS, SALE, BookingState, SaleAction, SaleState, Step, StepState


class Sale(Aggregate, Base):
    """``accepted`` is the fact as it came: what is made later, is made from it. ``moves`` is what was set then."""

    __tablename__ = "sales"

    state: Mapped[str] = mapped_column(sa.String(12), default=SaleState.RUNNING)
    steps: Mapped[list[Any]] = mapped_column(default=list)
    moves: Mapped[list[Any]] = mapped_column(default=list)
    number: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str]
    total: Mapped[Decimal] = mapped_column(money())
    currency: Mapped[str] = mapped_column(sa.String(3))
    opportunity_id: Mapped[UUID] = mapped_column(index=True)
    lead_id: Mapped[UUID] = mapped_column(index=True)
    estimate_id: Mapped[UUID] = mapped_column(index=True)
    salesperson_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    job_id: Mapped[UUID | None] = mapped_column(index=True)
    booking_id: Mapped[UUID | None]
    change_order: Mapped[bool] = mapped_column(default=False)
    accepted: Mapped[dict[str, Any]]
    undone: Mapped[dict[str, Any] | None]

    booking: Mapped[Booking | None] = relationship(
        primaryjoin=lambda: foreign(Sale.booking_id) == Booking.id, viewonly=True, lazy="select"
    )
    customer: Mapped[Customer | None] = relationship(
        primaryjoin=lambda: foreign(Sale.customer_id) == Customer.id, viewonly=True, lazy="raise"
    )

    turn = "customer"  #: acts on what was sold to one customer take turns

    @classmethod
    def sold_by(cls, whose: Collection[UUID]) -> sa.ColumnElement[bool]:
        """Whoever sold it sees what becomes of it, also where they sold for another branch."""
        return one_of(cls.salesperson_id, whose)

    @property
    def funnel(self) -> UUID:
        return self.lead_id

    @property
    def acceptance_id(self) -> UUID:
        return self.id

    @property
    def live(self) -> bool:
        return self.state != SaleState.UNDONE

    def begin(self, steps: Sequence[Step]) -> None:
        self.steps = [{"key": one, "label": LABELS[one], "state": StepState.PENDING, "at": None} for one in steps]

    def open_steps(self) -> list[str]:
        """What has not happened yet, whether it is still waited for or not."""
        return [one["key"] for one in self.steps if one["state"] != StepState.DONE]

    def tick(self, step: Step, *, at: datetime) -> bool:
        """A step has happened. False when that was known, when it is no step of this sale, or the sale was undone."""
        if not self.live or step not in self.open_steps():
            return False
        self._mark([step], StepState.DONE, at)
        if not self.open_steps():
            self.state = SALE.fire(SaleState(self.state), SaleAction.FINISH)
        return True

    def give_up_waiting(self, *, at: datetime) -> list[str]:
        """Nobody said for too long that the open steps happened: they count as failed, until somebody does."""
        overdue = [one["key"] for one in self.steps if one["state"] == StepState.PENDING]
        if self.state != SaleState.RUNNING or not overdue:
            return []
        self._mark(overdue, StepState.FAILED, at)
        self.state = SALE.fire(SaleState(self.state), SaleAction.FAIL)
        return overdue

    def retry(self) -> list[str]:
        """Every step that did not happen is to be done again."""
        self.state = SALE.fire(SaleState(self.state), SaleAction.RETRY)
        again = self.open_steps()
        self._mark(again, StepState.PENDING, None)
        return again

    def undo(self, *, reason: str, by: str, at: datetime) -> None:
        self.state = SALE.fire(SaleState(self.state), SaleAction.UNDO)
        self.undone = {"reason": reason, "by": by, "at": at.isoformat()}

    def _mark(self, keys: Sequence[str], state: StepState, at: datetime | None) -> None:
        when = at.isoformat() if at is not None else None
        self.steps = [{**one, "state": state, "at": when} if one["key"] in keys else one for one in self.steps]

    def open_actions(self) -> list[str]:
        return [str(one) for one in SALE.offered(SaleState(self.state))]

    def missing(self, action: str) -> list[Missing]:
        """It cannot be undone while operations have the work, nor as a part of a larger order that goes on."""
        if action != SaleAction.UNDO:
            return []
        order = self.booking
        if order is None or order.state == BookingState.CANCELLED:
            return []
        if order.taken_over:
            return [Missing("", f"operations have accepted booking order {order.number}; cancel it first")]
        if self.change_order:
            return [Missing("", f"{self.number} is a change order of a running booking order, not undone by itself")]
        if len(order.acceptance_ids) > 1:
            return [Missing("", f"booking order {order.number} holds other acceptances too; cancel it first")]
        return []


listed_by(Sale.__table__, "state")
