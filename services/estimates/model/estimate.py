"""The estimate: one price on its way to a yes or a no, through its versions."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from libs.common.auth import Role
from libs.common.columns import Aggregate, listed_by, money
from libs.common.errors import Conflict, Forbidden, Missing, refuse_for
from services.estimates.model.base import Base
from services.estimates.model.decision import Acceptance
from services.estimates.model.opportunity import Opportunity
from services.estimates.model.version import Option, Version
from services.estimates.states import LIVE, VERSION, EstimateAction, EstimateState

OWN_PRICE = "nobody decides on their own price: somebody else with the permission does"


class Estimate(Aggregate, Base):
    """``state``, ``total`` and the like are the current version's, kept here for lists and for the table's answers."""

    __tablename__ = "estimates"
    __allow_unmapped__ = True

    #: said by the act that answers with it, kept nowhere
    beyond: Sequence[str] = ()  #: why the caller may not send it as it is
    asks_oneself: bool = False  #: whether the caller would decide on a price of their own
    share_url: str = ""
    company: Mapping[str, Any] = MappingProxyType({})
    consent_text: str = ""

    base_number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    opportunity_id: Mapped[UUID] = mapped_column(sa.ForeignKey("opportunities.id"), index=True)
    lead_id: Mapped[UUID]
    salesperson_id: Mapped[UUID | None] = mapped_column(index=True)
    job_id: Mapped[UUID | None] = mapped_column(index=True)
    copied_from: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(sa.String(3))
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(sa.String(20), default=EstimateState.DRAFT)
    total: Mapped[Decimal] = mapped_column(money(), default=Decimal(0), index=True)
    total_max: Mapped[Decimal] = mapped_column(money(), default=Decimal(0))
    valid_until: Mapped[date] = mapped_column(index=True)
    expires_at: Mapped[datetime]

    opportunity: Mapped[Opportunity] = relationship(lazy="select")
    versions: Mapped[list[Version]] = relationship(order_by=Version.revision, lazy="select")
    said_yes: Mapped[Acceptance | None] = relationship(lazy="select")

    turn = "opportunity"  #: acts on one opportunity's estimates take turns

    @classmethod
    def whole(cls) -> tuple[Any, ...]:
        return joinedload(cls.versions), joinedload(cls.said_yes)

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        return (cls.salesperson_id,)

    @classmethod
    def parts_seen(cls) -> Mapping[Role, sa.ColumnElement[bool]]:
        """Operations see what was sold, and nothing of what is still being haggled over."""
        return {Role.OPERATIONS: cls.state == EstimateState.ACCEPTED}

    @property
    def funnel(self) -> UUID:
        return self.lead_id

    @property
    def number(self) -> str:
        """As people say it: with the revision from the second on."""
        return self.base_number if self.revision == 1 else f"{self.base_number}-R{self.revision}"

    @property
    def current(self) -> Version:
        return self.versions[-1]

    @property
    def acceptance(self) -> Acceptance | None:
        """Looked for where there can be one."""
        return self.said_yes if self.state == EstimateState.ACCEPTED else None

    @property
    def selected(self) -> bool:
        return self.opportunity.selected_estimate_id == self.id

    @property
    def live(self) -> bool:
        """With the customer, and not decided."""
        return self.state in LIVE

    # -- what may happen now

    def open_actions(self) -> list[str]:
        return [str(action) for action in VERSION.allowed(EstimateState(self.state))] + ["select"]

    def missing(self, action: str) -> list[Missing]:
        """What stands in the caller's way, by what ``beyond`` and ``asks_oneself`` say of them."""
        if action in (EstimateAction.APPROVE, EstimateAction.REFUSE) and self.asks_oneself:
            return [Missing("", OWN_PRICE)]
        if action == EstimateAction.SUBMIT and not self.beyond:
            return [*self.missing_to_send(), Missing("approval", "it needs none: it can be sent as it is")]
        if action == EstimateAction.SEND:
            return [*self.missing_to_send(), *self._unapproved(self.beyond)]
        return self.missing_to_send() if action == EstimateAction.SUBMIT else []

    def _unapproved(self, reasons: Sequence[str]) -> list[Missing]:
        """These, unless somebody approved exactly this."""
        return [] if self.current.is_approved else [Missing("approval", reason) for reason in reasons]

    def is_own_of(self, person: UUID) -> bool:
        """Whether they sell it, asked for it, or wrote its prices."""
        return person in (self.current.submitted_by, self.salesperson_id) or str(person) in self.current.priced_by

    def missing_to_send(self) -> list[Missing]:
        """An offer needs a price in every option it offers, and an opportunity that is still alive."""
        missing = []
        if not self.current.options:
            missing.append(Missing("options", "there is no option to choose"))
        for place, option in enumerate(self.current.options):
            if not any(line.qty and line.unit_price for line in option.lines):
                missing.append(Missing(f"options/{place}/lines", f"option {option.name} has no line with a price"))
        if self.opportunity.lost:
            missing.append(Missing("opportunity_id", "the opportunity is lost; reopen it first"))
        return missing

    # -- acts on the version in hand

    def edit(self) -> Version:
        """The version to change. Whatever was submitted or approved is a draft again."""
        self._fire(EstimateAction.EDIT)
        self.current.submitted_by = self.current.submitted_at = self.current.approval = None
        self.current.approval_reasons = []
        return self.current

    def submit(self, *, reasons: Sequence[str], by: UUID, at: datetime) -> None:
        """Asks for an approval. Raises Conflict when none is needed."""
        self._demand_sendable(EstimateAction.SUBMIT)
        if not reasons:
            raise Conflict(f"estimate {self.number} needs no approval: it can be sent as it is")
        self._fire(EstimateAction.SUBMIT)
        self.current.submitted_by, self.current.submitted_at = by, at
        self.current.approval_reasons = list(reasons)

    def decide_approval(self, granted: bool, *, by: UUID, at: datetime, note: str) -> None:
        """Somebody else than who asks, who sells it and who priced it, says whether it may go out so."""
        after = VERSION.fire(EstimateState(self.state), EstimateAction.APPROVE if granted else EstimateAction.REFUSE)
        if self.is_own_of(by):
            raise Forbidden(OWN_PRICE)
        self.current.state = self.state = after
        said = {"granted": granted, "by": str(by), "at": at.isoformat(), "note": note}
        self.current.approval = {**said, "hash": self.current.content_hash()}

    def send(self, *, to: Sequence[str], reasons: Sequence[str], at: datetime) -> None:
        """Freezes the version. Raises Conflict with all that is missing, an approval included."""
        version = self.current
        self._demand_sendable(EstimateAction.SEND, self._unapproved(reasons), at=at)
        self._fire(EstimateAction.SEND)
        version.sent_at, version.sent_to, version.snapshot_hash = at, list(to), version.content_hash()
        version.approval_reasons = list(reasons)

    def _demand_sendable(
        self, action: EstimateAction, besides: Sequence[Missing] = (), at: datetime | None = None
    ) -> None:
        VERSION.fire(EstimateState(self.state), action)
        missing = [*self.missing_to_send(), *besides]
        if at is not None and at >= self.expires_at:
            missing.append(Missing("valid_until", f"{self.valid_until} is over"))
        refuse_for(missing, f"estimate {self.number} cannot be offered yet")

    def viewed(self, *, at: datetime) -> bool:
        """The customer has it on the screen. True the first time."""
        self._fire(EstimateAction.VIEW)
        first = self.current.viewed_at is None
        self.current.viewed_at = self.current.viewed_at or at
        return first

    def request_changes(self, text: str, *, at: datetime) -> None:
        self._demand_in_time(EstimateAction.REQUEST_CHANGES, at)
        self._fire(EstimateAction.REQUEST_CHANGES)
        self.current.changes_text = text

    def accepted_by(self, acceptance: Acceptance) -> None:
        """The one that there is from now on; nobody need look for one before it."""
        set_committed_value(self, "said_yes", acceptance)

    def accept(self, *, at: datetime) -> None:
        """The customer's yes. Raises Conflict after the end, and when it is not what was frozen and approved."""
        self._demand_in_time(EstimateAction.ACCEPT, at)
        version = self.current
        if version.snapshot_hash != version.content_hash() or (version.approval_reasons and not version.is_approved):
            raise Conflict(f"estimate {self.number} is not what was approved and sent; it has to be revised")
        self._fire(EstimateAction.ACCEPT)
        version.decided_at = at

    def decline(self, *, reason: str, note: str, at: datetime) -> None:
        self._demand_in_time(EstimateAction.DECLINE, at)
        self._fire(EstimateAction.DECLINE)
        self.current.decided_at, self.current.decision = at, {"reason": reason, "note": note}

    def extend(self) -> None:
        """What is with the customer may hold until a later day."""
        self._fire(EstimateAction.EXTEND)

    def holds_until(self, valid_until: date, expires_at: datetime) -> None:
        self.valid_until = self.current.valid_until = valid_until
        self.expires_at = self.current.expires_at = expires_at

    def withdraw(self, *, reason: str, at: datetime) -> None:
        self._fire(EstimateAction.WITHDRAW)
        self.current.decided_at, self.current.decision = at, {"reason": reason, "note": ""}

    def expire(self, *, at: datetime) -> None:
        self._fire(EstimateAction.EXPIRE)
        self.current.decided_at = at

    def revise(self) -> Version:
        """The version in hand is over; returns it for the next to be copied from."""
        self._fire(EstimateAction.REVISE)
        return self.current

    def begin_version(self, version: Version) -> None:
        self.versions.append(version)
        self.revision, self.state = version.revision, version.state
        self.holds_until(version.valid_until, version.expires_at)

    def option(self, ident: UUID) -> Option | None:
        return next((one for one in self.current.options if one.id == ident), None)

    def _demand_in_time(self, action: EstimateAction, at: datetime) -> None:
        """An offer is over with its last moment, also before the timer has said so."""
        VERSION.fire(EstimateState(self.state), action)
        if at >= self.expires_at:
            raise Conflict(f"the offer ended on {self.valid_until}; ask for a new one", state=EstimateState.EXPIRED)

    def _fire(self, action: EstimateAction) -> None:
        self.current.fire(action)
        self.state = self.current.state


listed_by(Estimate.__table__, "state")
