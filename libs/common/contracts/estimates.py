"""Estimates: a price on its way to a yes or a no. The subject is the estimate."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from libs.common.contracts.base import Event
from libs.common.contracts.parts import Address, BillTo, Contact, Instant, LineSold, Material, Prospect, Totals


@dataclass(frozen=True, kw_only=True)
class EstimateFact(Event):
    """What every fact of an estimate says. ``state`` is the revision's. ``total`` is the accepted option's, before that
    the cheapest's, with ``total_max`` the dearest's; ``others_live``: another offer of the opportunity still stands."""

    opportunity_id: UUID
    lead_id: UUID
    number: str
    title: str
    revision: int
    state: str
    total: Decimal
    total_max: Decimal
    currency: str
    others_live: bool
    selected: bool = True
    salesperson_id: UUID | None = None
    job_id: UUID | None = None  #: once sold
    branch: UUID | None = None
    valid_until: date | None = None
    expires_at: Instant | None = None  #: the end of that day in the branch


@dataclass(frozen=True, kw_only=True)
class EstimateDrafted(EstimateFact):
    """An estimate was begun, on conversion or as a further one."""

    name = "plumbline.estimate.drafted.v1"

    on_conversion: bool
    copied_from: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class EstimateSelected(EstimateFact):
    """This estimate is now the one its opportunity stands on; a new one always is."""

    name = "plumbline.estimate.selected.v1"

    previous_estimate_id: UUID | None = None
    selected_at: Instant | None = None  #: of two choices the later counts, in whichever order they arrive


@dataclass(frozen=True, kw_only=True)
class EstimateChanged(EstimateFact):
    """The draft says something else than before; what was submitted or approved is a draft again."""

    name = "plumbline.estimate.changed.v1"

    previous_state: str


@dataclass(frozen=True, kw_only=True)
class EstimateAssigned(EstimateFact):
    """It went with its opportunity to another salesperson, whom the opportunity's own fact tells."""

    name = "plumbline.estimate.assigned.v1"

    previous_salesperson_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class EstimateSubmitted(EstimateFact):
    """An approval is asked for, because a discount or the margin is beyond what the salesperson may give."""

    name = "plumbline.estimate.submitted.v1"

    submitted_by: UUID
    reasons: tuple[str, ...]
    submitted_at: Instant
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class EstimateApproved(EstimateFact):
    """The price may go out as it is."""

    name = "plumbline.estimate.approved.v1"

    submitted_by: UUID
    decided_by: UUID
    decided_at: Instant
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class EstimateRefused(EstimateFact):
    """The price may not go out as it is: the estimate is a draft again."""

    name = "plumbline.estimate.refused.v1"

    submitted_by: UUID
    decided_by: UUID
    decided_at: Instant
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class EstimateSent(EstimateFact):
    """The offer went to the customer and is frozen. The link itself is a secret and never on the bus."""

    name = "plumbline.estimate.sent.v1"

    sent_at: Instant
    to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EstimateViewed(EstimateFact):
    """The customer has the offer on the screen."""

    name = "plumbline.estimate.viewed.v1"

    viewed_at: Instant
    first: bool = True


@dataclass(frozen=True, kw_only=True)
class EstimateChangesRequested(EstimateFact):
    """The customer wants something else before deciding; ``text`` is in their words. It is a round of theirs."""

    name = "plumbline.estimate.changes_requested.v1"

    text: str
    requested_at: Instant
    round: int | None = None  #: its number among those that are recorded


@dataclass(frozen=True, kw_only=True)
class EstimateRoundRecorded(EstimateFact):
    """A step of the negotiation: a counter, a concession, a change of scope or a note, by us or by the customer."""

    name = "plumbline.estimate.round_recorded.v1"

    round: int
    side: str  #: customer, us
    kind: str
    at: Instant
    amount: Decimal | None = None
    note: str = ""
    from_revision: int | None = None
    to_revision: int | None = None


@dataclass(frozen=True, kw_only=True)
class EstimateRevised(EstimateFact):
    """A new version was begun; the one that was sent, if any, holds no longer, nor does its link."""

    name = "plumbline.estimate.revised.v1"

    previous_revision: int
    previous_state: str
    reason: str
    revised_at: Instant


@dataclass(frozen=True, kw_only=True)
class EstimateExtended(EstimateFact):
    """A live offer holds until a later day, ``valid_until``."""

    name = "plumbline.estimate.extended.v1"

    previous_valid_until: date
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class EstimateAccepted(EstimateFact):
    """The customer agreed to this price: one revision, one option, once. All that the sale needs is here.

    With a ``job_id`` it is a change order on that job. Add-ons chosen are among ``lines``."""

    name = "plumbline.estimate.accepted.v1"

    acceptance_id: UUID
    option_id: UUID
    option_name: str
    lines: tuple[LineSold, ...]
    totals: Totals
    deposit_due: Decimal
    typed_name: str
    method: str  #: link, in_person, verbal
    accepted_at: Instant
    contact: Contact
    bill_to: BillTo
    prospect: Prospect  #: by whose addresses and numbers a customer is found again
    site: Address | None = None
    materials: tuple[Material, ...] = ()
    cancel_until: Instant | None = None
    opportunity_number: str = ""
    product_interest: str = ""
    job_type: str = ""
    notes: str = ""
    snapshot_hash: str = ""


@dataclass(frozen=True, kw_only=True)
class EstimateDeclined(EstimateFact):
    """The customer said no, for a reason. With no other offer live, that loses the opportunity."""

    name = "plumbline.estimate.declined.v1"

    reason: str
    declined_at: Instant
    method: str = "link"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class EstimateExpired(EstimateFact):
    """Nobody decided before the offer's last day was over."""

    name = "plumbline.estimate.expired.v1"

    expired_at: Instant


@dataclass(frozen=True, kw_only=True)
class EstimateWithdrawn(EstimateFact):
    """We took the offer back, of our own accord or because the opportunity was lost."""

    name = "plumbline.estimate.withdrawn.v1"

    withdrawn_at: Instant
    reason: str = ""
    opportunity_lost: bool = False


@dataclass(frozen=True, kw_only=True)
class EstimateMoved(EstimateFact):
    """After the sale the estimate belongs to the job, or, the sale undone, to none again (``job_id`` None)."""

    name = "plumbline.estimate.moved.v1"

    acceptance_id: UUID
