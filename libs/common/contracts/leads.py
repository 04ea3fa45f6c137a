"""Leads: from the first call until it is clear what became of it. The subject is the lead."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.contracts.base import Event
from libs.common.contracts.parts import FileAt, Instant, Prospect


@dataclass(frozen=True, kw_only=True)
class LeadFact(Event):
    """What every fact of a lead says: its number, what people call it (``title``), whose it is, where it stands."""

    number: str
    title: str
    state: str
    owner_id: UUID | None = None
    branch: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class LeadCaptured(LeadFact):
    """An enquiry was taken in. With an ``opportunity_id`` it came through the second door, already valid."""

    name = "plumbline.lead.captured.v1"

    prospect: Prospect
    received_at: Instant
    first_response_due_at: Instant | None = None
    score: int = 0
    duplicate_ids: tuple[UUID, ...] = ()  #: at most ten, strongest first
    next_action_at: Instant | None = None
    opportunity_id: UUID | None = None
    external_id: str = ""  #: what the program that its file came from calls it


@dataclass(frozen=True, kw_only=True)
class LeadChanged(LeadFact):
    """Somebody corrected or added to a lead; ``changed`` names the fields. The prospect is whole."""

    name = "plumbline.lead.changed.v1"

    prospect: Prospect
    changed: tuple[str, ...]
    score: int = 0
    next_action_at: Instant | None = None
    first_response_due_at: Instant | None = None  #: only where this moved the clock


@dataclass(frozen=True, kw_only=True)
class LeadAssigned(LeadFact):
    """A lead was given to somebody, or to somebody else. The response clock runs on as it was."""

    name = "plumbline.lead.assigned.v1"

    previous_owner_id: UUID | None = None
    first_response_due_at: Instant | None = None  #: None once somebody has responded
    request: str = ""
    score: int | None = None  #: None: as it was


@dataclass(frozen=True, kw_only=True)
class LeadContacted(LeadFact):
    """Somebody tried to reach the prospect. The first attempt stops the response clock, wherever it was logged."""

    name = "plumbline.lead.contacted.v1"

    channel: str
    direction: str
    outcome: str
    at: Instant
    first: bool
    first_response_due_at: Instant | None = None
    first_responded_at: Instant | None = None
    note: str = ""
    opportunity_id: UUID | None = None  #: the attempt was logged there
    next_action_at: Instant | None = None


@dataclass(frozen=True, kw_only=True)
class LeadNurturing(LeadFact):
    """The prospect is not ready yet; somebody comes back to them at ``next_action_at``."""

    name = "plumbline.lead.nurturing.v1"

    next_action_at: Instant
    note: str = ""
    score: int | None = None  #: None: as it was


@dataclass(frozen=True, kw_only=True)
class LeadTyped(LeadFact):
    """A lead became a marketing, sales or product qualified one, or none any more, by rule or by hand."""

    name = "plumbline.lead.typed.v1"

    lead_type: str
    previous_type: str
    evidence: str
    at: Instant
    score: int = 0
    by_rule: bool = False


@dataclass(frozen=True, kw_only=True)
class LeadValidated(LeadFact):
    """A lead was found worth working. One opportunity opens for it, unless ``opportunity_id`` is there already."""

    name = "plumbline.lead.validated.v1"

    prospect: Prospect
    decided_by: str
    decided_at: Instant
    received_at: Instant
    score: int = 0
    first_response_due_at: Instant | None = None  #: None once somebody has responded
    opportunity_id: UUID | None = None
    note: str = ""
    files: tuple[FileAt, ...] = ()  #: that are at it by now


@dataclass(frozen=True, kw_only=True)
class LeadFileAdded(LeadFact):
    """A photo or document was put at a lead. Its bytes are on no bus: who may read the lead has them at its door."""

    name = "plumbline.lead.file_added.v1"

    file: FileAt


@dataclass(frozen=True, kw_only=True)
class LeadFileRemoved(LeadFact):
    """A file was taken away from a lead for good, for a reason."""

    name = "plumbline.lead.file_removed.v1"

    file: FileAt
    reason: str


@dataclass(frozen=True, kw_only=True)
class LeadInvalidated(LeadFact):
    """A lead was found not to be one, for a reason; the process ends here."""

    name = "plumbline.lead.invalidated.v1"

    reason: str
    decided_by: str
    decided_at: Instant
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class LeadReopened(LeadFact):
    """An invalid lead is looked at again, or a converted one is merely valid again because its sale was undone."""

    name = "plumbline.lead.reopened.v1"

    previous_state: str
    previous_reason: str = ""
    note: str = ""
    first_response_due_at: Instant | None = None  #: None once somebody has responded
    next_action_at: Instant | None = None
    opportunity_id: UUID | None = None
    acceptance_id: UUID | None = None  #: the sale that was undone


@dataclass(frozen=True, kw_only=True)
class LeadMerged(LeadFact):
    """A duplicate was merged away. The subject is the duplicate; ``duplicate_of`` lives on with both histories."""

    name = "plumbline.lead.merged.v1"

    duplicate_of: UUID
    duplicate_of_number: str
    previous_state: str


@dataclass(frozen=True, kw_only=True)
class LeadUnmerged(LeadFact):
    """A merge was taken back: the subject is a lead of its own again, in the state it had."""

    name = "plumbline.lead.unmerged.v1"

    duplicate_of: UUID
    duplicate_of_number: str
    first_response_due_at: Instant | None = None  #: None once somebody has responded
    next_action_at: Instant | None = None


@dataclass(frozen=True, kw_only=True)
class LeadConverted(LeadFact):
    """What was asked for was sold: the lead has come to its good end. Ticks the sale's last step."""

    name = "plumbline.lead.converted.v1"

    opportunity_id: UUID
    acceptance_id: UUID
    received_at: Instant
    converted_at: Instant
    job_id: UUID | None = None
    source: str = ""
    campaign: str = ""
