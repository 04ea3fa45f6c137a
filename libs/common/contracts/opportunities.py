"""Opportunities: a valid lead being worked, until it is won or lost. The subject is the opportunity."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from libs.common.contracts.base import Event
from libs.common.contracts.parts import Address, Answered, BillTo, FileAt, Instant, Prospect


@dataclass(frozen=True, kw_only=True)
class OpportunityFact(Event):
    """What every fact of an opportunity says: number and title, whose it is, where it stands, when to follow up."""

    lead_id: UUID
    number: str
    title: str
    stage: str
    stage_type: str  #: open, won, lost
    salesperson_id: UUID | None = None
    inside_rep_id: UUID | None = None
    branch: UUID | None = None
    next_follow_up_at: Instant | None = None


@dataclass(frozen=True, kw_only=True)
class OpportunityOpened(OpportunityFact):
    """A valid lead became an opportunity (``door`` is lead), or one was entered first and its lead is to be made
    from this prospect under ``lead_id``, already valid (``door`` is opportunity)."""

    name = "plumbline.opportunity.opened.v1"

    door: str
    prospect: Prospect
    received_at: Instant
    probability: int
    product_interest: str
    source: str = ""
    campaign: str = ""
    description: str = ""
    site: Address | None = None
    lead_number: str = ""  #: blank while the lead is still to be made
    first_response_due_at: Instant | None = None  #: the lead's; by the second door it is reckoned with the lead
    urgent: bool = False
    expected_value: Decimal | None = None
    currency: str = ""
    expected_close: date | None = None
    trade: str = ""


@dataclass(frozen=True, kw_only=True)
class OpportunityChanged(OpportunityFact):
    """Somebody corrected or added to an opportunity, or set its next follow-up; ``changed`` names the fields."""

    name = "plumbline.opportunity.changed.v1"

    changed: tuple[str, ...]
    probability: int
    product_interest: str = ""
    description: str = ""
    source: str = ""
    campaign: str = ""
    site: Address | None = None
    bill_to: BillTo | None = None
    prospect: Prospect | None = None  #: where it is among ``changed``
    expected_value: Decimal | None = None
    currency: str = ""
    expected_close: date | None = None
    trade: str = ""
    financing_activity: str = ""
    selected_estimate_id: UUID | None = None
    job_id: UUID | None = None  #: with it among ``changed`` the records have moved to the job, if there were any
    moved_appointment_ids: tuple[UUID, ...] = ()
    acceptance_id: UUID | None = None  #: the sale whose step this was
    answers: tuple[Answered, ...] = ()  #: to the profile sets, where they go to the job
    qualified: bool | None = None  #: None: nobody and nothing says
    customer_id: UUID | None = None
    files: tuple[FileAt, ...] | None = None  #: all that the job shows; None: as it did


@dataclass(frozen=True, kw_only=True)
class OpportunityFileAdded(OpportunityFact):
    """A photo or document was put at an opportunity. Its bytes are on no bus: who may read it has them at its door."""

    name = "plumbline.opportunity.file_added.v1"

    file: FileAt
    job_id: UUID | None = None  #: the job that shows the opportunity's files, too


@dataclass(frozen=True, kw_only=True)
class OpportunityFileRemoved(OpportunityFact):
    """A file was taken away from an opportunity for good, for a reason."""

    name = "plumbline.opportunity.file_removed.v1"

    file: FileAt
    reason: str
    job_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class OpportunityAssigned(OpportunityFact):
    """An opportunity was given to a salesperson, or to another one, by hand, by rule or because somebody is away."""

    name = "plumbline.opportunity.assigned.v1"

    previous_salesperson_id: UUID | None = None
    reason: str = ""
    told_with_lead: tuple[UUID, ...] = ()  #: it went where its lead was given, and that fact tells these people of both


@dataclass(frozen=True, kw_only=True)
class OpportunityContacted(OpportunityFact):
    """Somebody tried to reach the prospect. The first attempt stops the lead's response clock and moves the stage."""

    name = "plumbline.opportunity.contacted.v1"

    channel: str
    direction: str
    outcome: str
    at: Instant
    first: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class OpportunityStageChanged(OpportunityFact):
    """An opportunity moved on, or back, to another stage."""

    name = "plumbline.opportunity.stage_changed.v1"

    previous_stage: str
    previous_stage_type: str
    probability: int
    entered_at: Instant
    expected_value: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class OpportunityQualified(OpportunityFact):
    """The answers, or a person overriding them, settled whether the prospect qualifies."""

    name = "plumbline.opportunity.qualified.v1"

    qualified: bool
    score: int
    disqualified_by: tuple[str, ...] = ()  #: the questions whose answers did
    overridden: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class OpportunityConverted(OpportunityFact):
    """The prospect is ready for a price. An estimate is drafted for it."""

    name = "plumbline.opportunity.converted.v1"

    prospect: Prospect
    converted_at: Instant
    probability: int
    product_interest: str = ""
    description: str = ""
    source: str = ""
    campaign: str = ""
    site: Address | None = None
    bill_to: BillTo | None = None
    qualified: bool | None = None
    expected_value: Decimal | None = None
    currency: str = ""
    expected_close: date | None = None
    trade: str = ""


@dataclass(frozen=True, kw_only=True)
class OpportunityWon(OpportunityFact):
    """The customer accepted one of its estimates. The lead converts and the sale's step is ticked.

    One more that is accepted is told as well; it was won at ``won_at`` all the same.
    ``job_id`` is None while making the job is still a task for the office."""

    name = "plumbline.opportunity.won.v1"

    acceptance_id: UUID
    estimate_id: UUID
    total: Decimal
    currency: str
    won_at: Instant
    job_id: UUID | None = None
    customer_id: UUID | None = None
    moved_appointment_ids: tuple[UUID, ...] = ()
    source: str = ""
    campaign: str = ""


@dataclass(frozen=True, kw_only=True)
class OpportunityLost(OpportunityFact):
    """An opportunity came to nothing, for a reason. With ``void_offers`` its live estimates are withdrawn."""

    name = "plumbline.opportunity.lost.v1"

    reason: str
    lost_in: str  #: the stage it was in
    lost_at: Instant
    note: str = ""
    void_offers: bool = False
    estimate_id: UUID | None = None  #: the one whose decline lost it
    source: str = ""
    campaign: str = ""


@dataclass(frozen=True, kw_only=True)
class OpportunityReopened(OpportunityFact):
    """A lost opportunity is worked again, or a won one is open again because its sale was undone."""

    name = "plumbline.opportunity.reopened.v1"

    previous_stage: str
    probability: int
    previous_reason: str = ""
    note: str = ""
    acceptance_id: UUID | None = None  #: the sale that was undone


@dataclass(frozen=True, kw_only=True)
class OpportunityMailed(OpportunityFact):
    """A summary went out on paper, by mail to these addresses; of the opportunity itself nothing changed."""

    name = "plumbline.opportunity.mailed.v1"

    to: tuple[str, ...]
