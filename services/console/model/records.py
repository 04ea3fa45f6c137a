"""What reports and the calendar need of single records: every estimate, booking order, appointment and stage."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.console.model.base import Base


class Estimate(Base):
    """``discount`` is what was taken off the list price of the accepted option, lines' and document's together."""

    __tablename__ = "estimates"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(index=True)
    number: Mapped[str]
    title: Mapped[str]
    revision: Mapped[int]
    state: Mapped[str]
    total: Mapped[int] = mapped_column(sa.BigInteger)
    total_max: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str]
    salesperson_id: Mapped[UUID | None]
    valid_until: Mapped[date | None]
    expires_at: Mapped[datetime | None]
    drafted_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    viewed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None]
    accepted_total: Mapped[int | None] = mapped_column(sa.BigInteger)
    list_price: Mapped[int | None] = mapped_column(sa.BigInteger)
    discount: Mapped[int | None] = mapped_column(sa.BigInteger)
    rounds: Mapped[int | None]


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(index=True)
    number: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    job_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    customer_name: Mapped[str]
    contract_total: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str]
    branch: Mapped[UUID | None]
    salesperson_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]
    scheduling: Mapped[str]
    ordering: Mapped[str]
    due_at: Mapped[datetime | None]
    window_starts_at: Mapped[datetime | None] = mapped_column(index=True)
    window_ends_at: Mapped[datetime | None]
    site: Mapped[str | None]
    made_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]  #: for the first time
    assigned_at: Mapped[datetime | None]  #: for the last time
    acknowledge_by: Mapped[datetime | None]  #: while it is to be taken over
    accepted_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    returns: Mapped[int | None]
    return_reason: Mapped[str | None]


class OrderCard(Base):
    """An order that stands on the card of another enquiry, too: it does the work of several."""

    __tablename__ = "order_cards"

    booking_id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)


class Appointment(Base):
    """``people`` are the ids of whoever goes there, between spaces, so that one can be looked for."""

    __tablename__ = "appointments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(index=True)
    opportunity_id: Mapped[UUID]
    number: Mapped[str]
    title: Mapped[str]
    type: Mapped[str]
    state: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    people: Mapped[str]
    salesperson_id: Mapped[UUID | None]
    branch: Mapped[UUID | None]
    site: Mapped[str | None]
    phone: Mapped[str | None]
    note: Mapped[str | None]


class Stage(Base):
    """One stay of an opportunity in a stage, and whose it was then; ``seq`` is the number of the fact that began it."""

    __tablename__ = "stages"

    opportunity_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    card_id: Mapped[UUID]
    stage: Mapped[str]
    stage_type: Mapped[str]
    branch: Mapped[UUID | None]
    salesperson_id: Mapped[UUID | None]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    seconds: Mapped[int | None] = mapped_column(sa.BigInteger)  #: how long it lasted


sa.Index("ix_stages_card_id", Stage.card_id, Stage.stage_type, Stage.stage, Stage.seconds, Stage.entered_at)
sa.Index(
    "ix_stages_stage",
    Stage.stage,
    Stage.stage_type,
    Stage.entered_at,
    Stage.seconds,
    Stage.branch,
    Stage.salesperson_id,
)
sa.Index("ix_estimates_state", Estimate.state, Estimate.sent_at)
