"""The opportunity: what is being sold to whom, how far it is, and how it ended."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from libs.common.auth import May, named
from libs.common.columns import Aggregate, listed_by, money, one_of
from libs.common.errors import Missing
from services.opportunities.model.base import Base
from services.opportunities.states import OPPORTUNITY, OpportunityAction, Stage, StageType


class Opportunity(Aggregate, Base):
    __tablename__ = "opportunities"
    __allow_unmapped__ = True

    gaps: Mapping[str, Sequence[Missing]] = {}  #: what stands in the way, by action; found by the act that shows it
    stage_label: str = ""  #: as the branch calls the stage
    next_stage: str | None = None

    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    lead_id: Mapped[UUID] = mapped_column(unique=True)  # one opportunity a lead
    lead_number: Mapped[str | None] = mapped_column(sa.String(20))
    door: Mapped[str] = mapped_column(sa.String(12))
    title: Mapped[str]
    prospect: Mapped[dict[str, Any]]
    site: Mapped[dict[str, Any] | None]
    bill_to: Mapped[dict[str, Any] | None]
    salesperson_id: Mapped[UUID | None] = mapped_column(index=True)
    inside_rep_id: Mapped[UUID | None] = mapped_column(index=True)
    brought: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: seat → whom its lead, given on, last brought there
    source: Mapped[str | None]
    campaign: Mapped[str | None]
    product_interest: Mapped[str]
    trade: Mapped[str | None]
    description: Mapped[str | None]
    financing_activity: Mapped[str | None] = mapped_column(sa.String(40))
    stage: Mapped[str] = mapped_column(sa.String(40))
    stage_type: Mapped[str] = mapped_column(sa.String(5))
    stage_since: Mapped[datetime] = mapped_column(index=True)
    last_open_stage: Mapped[str] = mapped_column(sa.String(40))  #: where it goes on when it is reopened
    probability: Mapped[int]
    expected_value: Mapped[Decimal | None] = mapped_column(money())
    currency: Mapped[str] = mapped_column(sa.String(3))
    expected_close: Mapped[date | None]
    next_follow_up_at: Mapped[datetime | None]
    qualified: Mapped[bool | None]
    score: Mapped[int] = mapped_column(default=0)
    disqualified_by: Mapped[list[Any]] = mapped_column(default=list)
    override: Mapped[dict[str, Any] | None]  #: {qualified, reason, by, at}: a person's word against the answers'
    selected_estimate_id: Mapped[UUID | None]
    selected_at: Mapped[datetime | None]
    customer_id: Mapped[UUID | None]
    job_id: Mapped[UUID | None] = mapped_column(index=True)
    files_job_id: Mapped[UUID | None]  #: the job that shows its files, too
    lost: Mapped[dict[str, Any] | None]
    received_at: Mapped[datetime]
    first_response_due_at: Mapped[datetime | None]
    first_contacted_at: Mapped[datetime | None]
    converted_at: Mapped[datetime | None]
    won_at: Mapped[datetime | None]
    search: Mapped[str] = mapped_column(default="")

    attempts: Mapped[list["ContactAttempt"]] = relationship(order_by="ContactAttempt.at")

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        """The columns that say whose it is; the edge narrows what a caller sees by them."""
        return (cls.salesperson_id, cls.inside_rep_id)

    @classmethod
    def near_them(cls, whose: Collection[UUID], permission: May) -> sa.ColumnElement[bool]:
        """Whoever goes to an appointment of it may look at it, while that stands: whom to ask for, where, and why."""
        if "opportunity.read" not in named(permission):
            return sa.false()
        visits, taken = (cls.metadata.tables[name].c for name in ("appointments", "appointment_assignees"))
        theirs = sa.select(taken.appointment_id).where(one_of(taken.person_id, whose))
        return cls.id.in_(sa.select(visits.opportunity_id).where(visits.id.in_(theirs)))

    @property
    def funnel(self) -> UUID:
        """Its facts correlate with the lead's."""
        return self.lead_id

    @property
    def name(self) -> str:
        """Whom it is about: the person, else the company."""
        return str(self.prospect.get("person_name") or self.prospect.get("company") or self.number)

    @property
    def is_open(self) -> bool:
        return self.stage_type == StageType.OPEN

    # -- what may happen now

    def open_actions(self) -> list[str]:
        """What a person may do; it is converted once."""
        actions = OPPORTUNITY.offered(StageType(self.stage_type))
        done = {OpportunityAction.CONVERT} if self.converted_at is not None else set()
        return [str(action) for action in actions if action not in done]

    def missing(self, action: str) -> Sequence[Missing]:
        """What still stands in the way of an action that the stage allows."""
        return self.gaps.get(action, ())

    def demand(self, action: OpportunityAction) -> StageType:
        """The stage type that follows. Raises IllegalTransition saying what is possible instead."""
        return OPPORTUNITY.fire(StageType(self.stage_type), action)

    # -- acts

    def enter(self, stage: Stage, *, at: datetime) -> None:
        self.stage, self.stage_type, self.probability = stage.code, str(stage.type), stage.probability
        self.stage_since = at
        if stage.type is StageType.OPEN:
            self.last_open_stage = stage.code

    def convert(self, *, at: datetime) -> None:
        """Ready for a price, once."""
        self.demand(OpportunityAction.CONVERT)
        self.converted_at = at

    def lose(self, stage: Stage, *, reason: str, note: str, at: datetime) -> None:
        """Came to nothing, for a reason."""
        self.demand(OpportunityAction.LOSE)
        self.lost = {"reason": reason, "note": note, "stage": self.stage, "at": at.isoformat()}
        self.enter(stage, at=at)

    def win(self, stage: Stage, *, at: datetime) -> None:
        """Sold, even if it was thought lost meanwhile."""
        self.demand(OpportunityAction.WIN)
        self.lost, self.won_at = None, at
        self.enter(stage, at=at)

    def reopen(self, stage: Stage, *, at: datetime) -> None:
        self.demand(OpportunityAction.REOPEN)
        self.lost = None
        self.enter(stage, at=at)

    def undo(self, stage: Stage, *, at: datetime) -> None:
        """The sale was taken back."""
        self.demand(OpportunityAction.UNDO)
        self.won_at = self.job_id = self.customer_id = self.files_job_id = None
        self.enter(stage, at=at)


listed_by(Opportunity.__table__, "stage")


class ContactAttempt(Base):
    """Somebody tried to reach the prospect."""

    __tablename__ = "contact_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[UUID] = mapped_column(sa.ForeignKey("opportunities.id"), index=True)
    channel: Mapped[str] = mapped_column(sa.String(12))
    direction: Mapped[str] = mapped_column(sa.String(10))
    outcome: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str | None]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(sa.String(80))


class Offer(Base):
    """This service's copy of an estimate: what a loss would leave in the customer's hands."""

    __tablename__ = "offers"

    estimate_id: Mapped[UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[UUID] = mapped_column(sa.ForeignKey("opportunities.id"), index=True)
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(20))
    live: Mapped[bool]
    sent_at: Mapped[datetime | None]  #: for the last time


class Sale(Base):
    """An acceptance and what came of it, as estimates and bookings told; they may tell in any order."""

    __tablename__ = "sales"

    acceptance_id: Mapped[UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[UUID] = mapped_column(sa.ForeignKey("opportunities.id"), index=True)
    estimate_id: Mapped[UUID]
    total: Mapped[Decimal | None] = mapped_column(money())
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    accepted_at: Mapped[datetime | None]
    job_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
