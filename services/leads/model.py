"""The lead: who asked for what, through which door, and what was decided about it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from libs.common import files, orm
from libs.common.auth import May, named
from libs.common.columns import Aggregate, listed_by, type_map
from libs.common.errors import Conflict, Missing, refuse_for
from libs.common.prospects import missing_to_be_valid
from services.leads.states import LEAD, LeadAction, LeadState, LeadType

READ = "lead.read"
SELLERS = frozenset({READ, "lead.edit"})  #: what whoever sells what came of it may do


class Base(DeclarativeBase):
    type_annotation_map = type_map


TABLES = orm.kernel_tables(Base.metadata)
SHELF = files.shelf(Base.metadata)
sa.Sequence("number_lead", metadata=Base.metadata)


class Lead(Aggregate, Base):
    __tablename__ = "leads"
    __allow_unmapped__ = True

    #: found by the act that shows it, not kept
    duplicates: Sequence[Any] = ()  #: others that may be the same prospect
    company_wants: Sequence[str] = ()  #: what the company requires of a valid one, of this caller, and is not there

    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    state: Mapped[str] = mapped_column(sa.String(12), default=LeadState.NEW)
    person_name: Mapped[str | None]
    company: Mapped[str | None]
    phones: Mapped[list[Any]] = mapped_column(default=list)
    emails: Mapped[list[Any]] = mapped_column(default=list)
    address: Mapped[dict[str, Any] | None]
    channel: Mapped[str] = mapped_column(sa.String(12))
    source: Mapped[str | None]
    campaign: Mapped[str | None]
    request: Mapped[str | None]
    trade: Mapped[str | None]
    service_interest: Mapped[str | None]
    interest_level: Mapped[str | None] = mapped_column(sa.String(10))
    fit: Mapped[dict[str, Any]] = mapped_column(default=dict)
    consent: Mapped[dict[str, Any]] = mapped_column(default=dict)
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    urgent: Mapped[bool] = mapped_column(default=False)
    lead_type: Mapped[str] = mapped_column(sa.String(4), default=LeadType.NONE)
    lead_type_at: Mapped[datetime | None]
    lead_type_evidence: Mapped[str | None]
    lead_type_by: Mapped[str | None] = mapped_column(sa.String(80))  #: a person's id, or RULE; none for a person of old
    score: Mapped[int] = mapped_column(default=0)
    score_parts: Mapped[list[Any]] = mapped_column(default=list)
    owner_id: Mapped[UUID | None] = mapped_column(index=True)
    generated_by: Mapped[UUID | None] = mapped_column(index=True)
    received_at: Mapped[datetime]
    first_response_due_at: Mapped[datetime | None]
    first_responded_at: Mapped[datetime | None]
    next_action_at: Mapped[datetime | None]
    validity: Mapped[dict[str, Any] | None]
    duplicate_of: Mapped[UUID | None]
    converted_at: Mapped[datetime | None]
    acceptance_id: Mapped[UUID | None]  #: the sale that converted it
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: what an imported row said besides
    search: Mapped[str] = mapped_column(default="")

    attempts: Mapped[list["ContactAttempt"]] = relationship(order_by="ContactAttempt.at", lazy="select")
    sold: Mapped["Selling | None"] = relationship(
        primaryjoin="foreign(Selling.lead_id) == Lead.id", viewonly=True, lazy="select"
    )

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        """The columns that say whose it is; the edge narrows what a caller sees by them."""
        return (cls.owner_id,)

    @classmethod
    def with_them(cls, whose: Collection[UUID], permission: May) -> sa.ColumnElement[bool]:
        """Whoever handed it in sees what becomes of it, and acts on it until somebody has it."""
        theirs = cls.generated_by.in_(whose)
        return theirs if READ in named(permission) else sa.and_(theirs, cls.owner_id.is_(None))

    @classmethod
    def near_them(cls, whose: Collection[UUID], permission: May) -> sa.ColumnElement[bool]:
        """Whoever sells what came of it looks at it and puts it right, though it is somebody else's or nobody's."""
        if SELLERS.isdisjoint(named(permission)):
            return sa.false()
        theirs = sa.or_(Selling.salesperson_id.in_(whose), Selling.inside_rep_id.in_(whose))
        return cls.id.in_(sa.select(Selling.lead_id).where(theirs))

    def is_with(self, whose: Collection[UUID], permission: May) -> bool:
        if self.generated_by in whose and (self.owner_id is None or READ in named(permission)):
            return True
        if self.sold is None or SELLERS.isdisjoint(named(permission)):
            return False
        return not {self.sold.salesperson_id, self.sold.inside_rep_id}.isdisjoint(whose)

    @property
    def name(self) -> str:
        """What people call it: the person, else the company."""
        return self.person_name or self.company or self.number

    # -- what may happen now

    def open_actions(self) -> list[str]:
        return [str(action) for action in LEAD.offered(LeadState(self.state))]

    def missing(self, action: str) -> list[Missing]:
        """What still stands in the way of an action that the state allows."""
        return self.missing_to_be_valid() if action == LeadAction.VALIDATE else []

    def missing_to_be_valid(self) -> list[Missing]:
        """By the business's own rule, and by the company's."""
        names = ("interest_level", "request", "phones", "emails", "fit")
        missing = missing_to_be_valid({name: getattr(self, name) for name in names})
        wanted = [Missing(name, "your company requires this of a valid lead") for name in self.company_wants]
        return [*missing, *wanted]

    def demand(self, action: LeadAction) -> None:
        """For what leaves the state as it is. Raises IllegalTransition saying what is possible instead."""
        LEAD.fire(LeadState(self.state), action)

    # -- acts

    def contacted(self, *, at: datetime) -> None:
        """Somebody tried to reach them: the response clock stops at the first attempt."""
        self.state = LEAD.fire(LeadState(self.state), LeadAction.CONTACT)
        self.responded(at=at)

    def responded(self, *, at: datetime) -> None:
        """The first response was made, wherever it was logged."""
        self.first_responded_at = self.first_responded_at or at

    def nurture(self, *, next_action_at: datetime) -> None:
        self.state = LEAD.fire(LeadState(self.state), LeadAction.NURTURE)
        self.next_action_at = next_action_at

    def validate(self, *, note: str | None, by: str, at: datetime) -> None:
        """The validity decision, yes. Raises Conflict listing everything that is missing."""
        state = LEAD.fire(LeadState(self.state), LeadAction.VALIDATE)
        refuse_for(self.missing_to_be_valid(), f"lead {self.number} cannot be valid yet")
        self.state = state
        self.validity = {"decision": "valid", "by": by, "at": at.isoformat(), "reason": None, "note": note}

    def invalidate(self, *, reason: str, note: str | None, by: str, at: datetime) -> None:
        """The validity decision, no: the process ends here."""
        self.state = LEAD.fire(LeadState(self.state), LeadAction.INVALIDATE)
        self.validity = {"decision": "invalid", "by": by, "at": at.isoformat(), "reason": reason, "note": note}

    def reopen(self) -> None:
        self.state = LEAD.fire(LeadState(self.state), LeadAction.REOPEN)
        self.validity = None

    def merge_into(self, survivor: "Lead") -> None:
        if survivor.id == self.id:
            raise Conflict("a lead cannot be merged into itself")
        if survivor.state in (LeadState.MERGED, LeadState.INVALID):
            raise Conflict(f"lead {survivor.number} is {survivor.state}: merge into one that is still worked")
        self.state = LEAD.fire(LeadState(self.state), LeadAction.MERGE)
        self.duplicate_of = survivor.id

    def unmerge(self) -> None:
        """Stands on its own again: new, or where its own history had brought it."""
        self.state = LEAD.fire(LeadState(self.state), LeadAction.UNMERGE)
        self.duplicate_of = None
        if self.first_responded_at is not None:
            self.contacted(at=self.first_responded_at)
        if self.next_action_at is not None:
            self.nurture(next_action_at=self.next_action_at)

    def convert(self, *, acceptance_id: UUID, at: datetime) -> None:
        """Sold: the funnel ends in a booking."""
        self.state = LEAD.fire(LeadState(self.state), LeadAction.CONVERT)
        self.converted_at, self.acceptance_id = at, acceptance_id

    def unconvert(self) -> None:
        """The sale was undone."""
        self.state = LEAD.fire(LeadState(self.state), LeadAction.UNCONVERT)
        self.converted_at = self.acceptance_id = None


listed_by(Lead.__table__, "state", "source")
_merged = Lead.duplicate_of.is_not(None)
sa.Index("ix_leads_duplicate_of", Lead.duplicate_of, postgresql_where=_merged, sqlite_where=_merged)


class ContactAttempt(Base):
    """Somebody tried to reach the prospect."""

    __tablename__ = "contact_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(sa.ForeignKey("leads.id"), index=True)
    channel: Mapped[str] = mapped_column(sa.String(12))
    direction: Mapped[str] = mapped_column(sa.String(10))
    outcome: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str | None]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(sa.String(80))


class Selling(Base):
    """Who sells what came of a lead, as opportunities tells. While ``open`` it is their work; they read the lead's
    files, too; so do a job's readers."""

    __tablename__ = "selling"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[UUID]
    salesperson_id: Mapped[UUID | None]
    inside_rep_id: Mapped[UUID | None]
    branch: Mapped[UUID | None]
    job_id: Mapped[UUID | None]  #: that shows the lead's files
    open: Mapped[bool]  #: neither won nor lost


sa.Index("ix_selling_open", Selling.salesperson_id, postgresql_where=Selling.open, sqlite_where=Selling.open)


class MatchKey(Base):
    """What a lead can be recognised by again; looked up by value at every door."""

    __tablename__ = "match_keys"
    __table_args__ = (sa.Index("ix_match_keys_value", "value", "why", "lead_id"),)

    lead_id: Mapped[UUID] = mapped_column(sa.ForeignKey("leads.id"), primary_key=True)
    why: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(400), primary_key=True)


class ImportedRow(Base):
    """A row of an imported file, by its own hash, so that the same file twice adds nothing."""

    __tablename__ = "imported_rows"

    hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    lead_id: Mapped[UUID]
    at: Mapped[datetime]
