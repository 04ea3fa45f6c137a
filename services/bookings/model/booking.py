"""The booking order: sold work on its way to the operations team, and what stands in its way."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from libs.common import formatting
from libs.common.columns import Aggregate, listed_by, money, one_of, sum_of_money
from libs.common.errors import Missing, refuse_for
from services.bookings.model.base import Base
from services.bookings.model.customer import Customer
from services.bookings.model.job import Job
from services.bookings.model.parts import Assignment, Part, to_order
from services.bookings.states import BEFORE_ASSIGNMENT, BOOKING, BookingAction, BookingState, Ordering, Scheduling

TAKEN_OVER = (BookingState.ACCEPTED, BookingState.IN_PROGRESS, BookingState.COMPLETED)
LATER = (BookingState.ASSIGNED, BookingState.ACCEPTED, BookingState.IN_PROGRESS)  #: operations know of the order


class Booking(Aggregate, Base):
    __tablename__ = "bookings"

    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    state: Mapped[str] = mapped_column(sa.String(12), default=BookingState.DRAFT)
    title: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    customer_name: Mapped[str]
    job_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("jobs.id"), index=True)
    opportunity_id: Mapped[UUID] = mapped_column(index=True)
    lead_id: Mapped[UUID]
    opportunity_ids: Mapped[list[Any] | None]  #: of all acceptances that ever were in it, the first first
    lead_ids: Mapped[list[Any] | None]
    salesperson_id: Mapped[UUID | None]
    acceptance_ids: Mapped[list[Any]] = mapped_column(default=list)
    estimate_ids: Mapped[list[Any]] = mapped_column(default=list)
    currency: Mapped[str] = mapped_column(sa.String(3))
    contract_total: Mapped[Decimal] = mapped_column(sum_of_money(), default=Decimal(0))
    deposit_due: Mapped[Decimal] = mapped_column(sum_of_money(), default=Decimal(0))
    deposit_paid: Mapped[Decimal] = mapped_column(money(), default=Decimal(0))
    deposit_waived: Mapped[bool] = mapped_column(default=False)
    cancel_until: Mapped[datetime | None]
    site: Mapped[dict[str, Any] | None]
    contact: Mapped[dict[str, Any] | None]
    checklist: Mapped[list[Any]] = mapped_column(default=list)
    permits: Mapped[str | None]
    access_notes: Mapped[str | None]
    window_starts_at: Mapped[datetime | None]
    window_ends_at: Mapped[datetime | None]
    ordering_status: Mapped[str] = mapped_column(sa.String(12), default=Ordering.NOT_NEEDED)
    scheduling_status: Mapped[str] = mapped_column(sa.String(12), default=Scheduling.UNSCHEDULED)
    hold: Mapped[dict[str, Any] | None]
    team_id: Mapped[UUID | None] = mapped_column(index=True)
    assignee_id: Mapped[UUID | None] = mapped_column(index=True)
    assigned_by: Mapped[UUID | None]
    due_at: Mapped[datetime | None]
    acknowledge_by: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    note: Mapped[str | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    returned: Mapped[dict[str, Any] | None]
    cancelled: Mapped[dict[str, Any] | None]

    customer: Mapped[Customer] = relationship(lazy="raise")  #: written before its order, and so is the job
    job: Mapped[Job | None] = relationship(lazy="raise")
    parts: Mapped[list[Part]] = relationship(order_by=Part.position, lazy="select")
    assignments: Mapped[list[Assignment]] = relationship(order_by=Assignment.assigned_at, lazy="select")

    turn = "customer"  #: acts on what was sold to one customer take turns

    @classmethod
    def sold_by(cls, whose: Collection[UUID]) -> sa.ColumnElement[bool]:
        """Whoever sold it sees what becomes of it, also where they sold for another branch."""
        return one_of(cls.salesperson_id, whose)

    @classmethod
    def whole(cls) -> tuple[Any, ...]:
        return joinedload(cls.parts), joinedload(cls.assignments)

    @property
    def funnel(self) -> UUID:
        return self.lead_id

    @property
    def taken_over(self) -> bool:
        """Operations said yes, and the work is theirs still: neither cancelled nor passed on since."""
        return self.state in TAKEN_OVER

    @property
    def materials(self) -> list[dict[str, Any]]:
        return to_order(self.parts)

    @property
    def change_orders(self) -> list[Part]:
        return [part for part in self.parts if part.change_order]

    # -- what may happen now

    def open_actions(self) -> list[str]:
        state = BookingState(self.state)
        assign = [BookingAction.ASSIGN] if state in BEFORE_ASSIGNMENT else []
        waiting = ["acknowledge"] if state in LATER[1:] and self.unacknowledged() else []
        return [str(one) for one in (*BOOKING.allowed(state), *assign, *waiting)]

    def missing(self, action: str) -> list[Missing]:
        """What still stands in the way of an action."""
        checks = {
            BookingAction.READY: self.missing_to_be_ready,
            BookingAction.ASSIGN: self.missing_to_be_assigned,
            BookingAction.COMPLETE: self.missing_to_be_completed,
        }
        return checks[BookingAction(action)]() if action in checks else []

    def missing_to_be_ready(self) -> list[Missing]:
        missing = [Missing(f"checklist/{one['key']}", one["label"]) for one in self.checklist if not one["done"]]
        if self.job_id is None:
            missing.append(Missing("job_id", "the job is still to be made by the office"))
        return missing

    def missing_to_be_assigned(self) -> list[Missing]:
        missing = self.missing_to_be_ready()
        if self.state in (BookingState.DRAFT, BookingState.RETURNED):
            missing.insert(0, Missing("state", f"the booking order is {self.state}: say that it is ready first"))
        if self.hold is not None:
            missing.append(Missing("hold", f"it is on hold for the {self.hold['reason'].replace('_', ' ')}"))
        if not self.deposit_waived and self.deposit_paid < self.deposit_due:
            owed = formatting.amount(self.deposit_due - self.deposit_paid, self.currency)
            missing.append(Missing("deposit_paid", f"{owed} of the deposit is neither paid nor waived"))
        return missing

    def missing_to_be_completed(self) -> list[Missing]:
        return [
            Missing("change_orders", f"change order {one.number} has not been acknowledged")
            for one in self.unacknowledged()
        ]

    def unacknowledged(self) -> list[Part]:
        return [one for one in self.change_orders if one.live and one.acknowledge_by and one.acknowledged_at is None]

    # -- acts

    def fire(self, action: BookingAction) -> None:
        self.state = BOOKING.fire(BookingState(self.state), action)

    def take_in(self, part: Part, *, opportunity_id: UUID, lead_id: UUID) -> None:
        """An acceptance becomes part of this order; what it comes to, and whose work it is, follows."""
        self.opportunity_ids = _with(self.opportunity_ids or [str(self.opportunity_id)], opportunity_id)
        self.lead_ids = _with(self.lead_ids or [str(self.lead_id)], lead_id)
        part.position = len(self.parts)
        self.parts.append(part)
        live = [one for one in self.parts if one.live]
        self.acceptance_ids = [str(one.acceptance_id) for one in live]
        self.estimate_ids = [str(one.estimate_id) for one in live]
        self.contract_total = sum((one.total for one in live), Decimal(0))
        self.deposit_due = sum((one.deposit_due for one in live), Decimal(0))
        self.cancel_until = max((one.cancel_until for one in live if one.cancel_until), default=None)
        if part.materials:
            self.ordering_status = Ordering.TO_ORDER

    def tick(self, done: dict[str, bool], *, by: str, at: datetime) -> None:
        """Items of the checklist are done, or not after all."""
        said: dict[bool, dict[str, Any]] = {
            True: {"done": True, "by": by, "at": at.isoformat()},
            False: {"done": False, "by": None, "at": None},
        }
        self.checklist = [
            {**one, **said[done[one["key"]]]} if done.get(one["key"], one["done"]) != one["done"] else one
            for one in self.checklist
        ]

    def make_ready(self) -> None:
        """The preparation is done. Raises Conflict listing every item that is not."""
        BOOKING.fire(BookingState(self.state), BookingAction.READY)
        refuse_for(self.missing_to_be_ready(), f"booking order {self.number} cannot be ready yet")
        self.fire(BookingAction.READY)
        self.team_id = self.assignee_id = self.assigned_by = self.due_at = self.acknowledge_by = None
        self.note = self.escalated_at = None

    def demand_assignable(self) -> None:
        """Raises Conflict listing everything that is missing before operations may have it."""
        if self.state in BEFORE_ASSIGNMENT:
            can = [str(one) for one in BOOKING.allowed(BookingState(self.state))]
            what = f"booking order {self.number} cannot be assigned to operations yet"
            refuse_for(self.missing_to_be_assigned(), what, state=str(self.state), allowed=can)
        BOOKING.fire(BookingState(self.state), BookingAction.ASSIGN)
        refuse_for(self.missing_to_be_assigned(), f"booking order {self.number} cannot be assigned to operations yet")

    def hand_to(self, link: Assignment, action: BookingAction, *, by: UUID | None) -> None:
        """Operations have it from here, by this link of the chain."""
        self.assignments.append(link)  # first: the chain is read before there is anything to write
        self.fire(action)
        self.team_id, self.assignee_id, self.assigned_by = link.team_id, link.assignee_id, by
        self.due_at, self.acknowledge_by, self.note = link.due_at, link.acknowledge_by, link.note
        self.escalated_at = self.accepted_at = self.accepted_by = self.returned = None

    def close_link(self, outcome: str, *, by: str, at: datetime, reason: str | None = None) -> None:
        """How it went on from whoever has it; what was accepted and goes on is told by the next link."""
        if self.assignments and self.assignments[-1].outcome in (None, "accepted"):
            self.assignments[-1].end(outcome, by=by, at=at, reason=reason)

    def acknowledge_changes(self, parts: Sequence[Part], *, by: str, at: datetime) -> None:
        for part in parts:
            part.acknowledged_at, part.acknowledged_by = at, by


def _with(idents: list[Any], one: UUID) -> list[Any]:
    return list(dict.fromkeys([*idents, str(one)]))


listed_by(Booking.__table__, "state")
