"""What becomes of a lead: valid, invalid, reopened, merged, converted."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from libs.common.contracts.leads import (
    LeadConverted,
    LeadInvalidated,
    LeadMerged,
    LeadReopened,
    LeadUnmerged,
    LeadValidated,
)
from libs.common.tx import Tx
from services.leads.model import Lead
from services.leads.states import LeadState
from services.leads.usecases import facts, filing, typed
from services.leads.usecases.capture import required
from services.leads.usecases.work import share_answer


def validate(tx: Tx, lead: Lead, note: str | None = None, *, roles: Collection[str] = ()) -> Lead:
    """Worth working: opportunities opens one for it. Raises Conflict with all that is missing."""
    look(tx, lead, roles)
    lead.validate(note=note, by=tx.actor, at=tx.now)
    tx.publish(
        LeadValidated(
            **facts.head(lead),
            prospect=facts.prospect(lead),
            decided_by=tx.actor,
            decided_at=tx.now,
            received_at=lead.received_at,
            score=lead.score,
            first_response_due_at=facts.clock(lead),
            note=note or "",
            files=filing.told(tx, lead),
        ),
        of=lead,
    )
    typed.judge(tx, lead)
    return lead


def look(tx: Tx, lead: Lead, roles: Collection[str]) -> None:
    """What the company requires of these roles before it is valid."""
    lead.company_wants = required(tx, lead.branch, "validate", roles, vars(lead))


def invalidate(tx: Tx, lead: Lead, *, reason: str, note: str | None = None) -> Lead:
    """Not worth working, for a reason: the process ends."""
    lead.invalidate(reason=reason, note=note, by=tx.actor, at=tx.now)
    tx.publish(
        LeadInvalidated(**facts.head(lead), reason=reason, note=note or "", decided_by=tx.actor, decided_at=tx.now),
        of=lead,
    )
    return lead


def reopen(tx: Tx, lead: Lead, note: str | None = None) -> Lead:
    """An invalid lead is looked at again."""
    was, reason = lead.state, (lead.validity or {}).get("reason") or ""
    lead.reopen()
    tx.publish(
        LeadReopened(
            **facts.head(lead),
            previous_state=was,
            previous_reason=reason,
            **facts.waiting(lead),
            note=note or "",
        ),
        of=lead,
    )
    return lead


def merge(tx: Tx, survivor: Lead, duplicate: Lead) -> Lead:
    """Two records of one prospect: the duplicate ends, the survivor keeps both histories."""
    was = duplicate.state
    duplicate.merge_into(survivor)
    tx.publish(
        LeadMerged(
            **facts.head(duplicate),
            duplicate_of=survivor.id,
            duplicate_of_number=survivor.number,
            previous_state=was,
        ),
        of=duplicate,
    )
    share_answer(tx, survivor, duplicate)
    tx.touch(survivor)
    return survivor


def unmerge(tx: Tx, duplicate: Lead) -> Lead:
    """The merge was a mistake: the duplicate stands on its own again."""
    into = tx.session.get(Lead, duplicate.duplicate_of) if duplicate.duplicate_of else None
    survivor = into or duplicate  # which is only named: nobody has to wait for it
    duplicate.unmerge()
    whose: dict[str, Any] = {"duplicate_of": survivor.id, "duplicate_of_number": survivor.number}
    tx.publish(LeadUnmerged(**facts.head(duplicate), **whose, **facts.waiting(duplicate)), of=duplicate)
    return duplicate


def convert(tx: Tx, lead_id: UUID, *, opportunity_id: UUID, acceptance_id: UUID, job_id: UUID | None) -> Lead:
    """Sold. Ticks the last step of the sale, and again when the sale is retried; a change order sells nothing anew."""
    lead = tx.get(Lead, lead_id)
    if lead.state != LeadState.CONVERTED:
        lead.convert(acceptance_id=acceptance_id, at=tx.now)
    elif lead.acceptance_id != acceptance_id:
        return lead
    tx.publish(
        LeadConverted(
            **facts.head(lead),
            opportunity_id=opportunity_id,
            acceptance_id=acceptance_id,
            received_at=lead.received_at,
            converted_at=lead.converted_at or tx.now,
            job_id=job_id,
            source=lead.source or "",
            campaign=lead.campaign or "",
        ),
        of=lead,
    )
    return lead


def unconvert(tx: Tx, lead_id: UUID, *, opportunity_id: UUID, acceptance_id: UUID | None) -> Lead:
    """The sale was undone, so the lead is merely valid again."""
    lead = tx.get(Lead, lead_id)
    if lead.state == LeadState.CONVERTED:
        lead.unconvert()
        tx.publish(
            LeadReopened(
                **facts.head(lead),
                previous_state=LeadState.CONVERTED,
                **facts.waiting(lead),
                opportunity_id=opportunity_id,
                acceptance_id=acceptance_id,
            ),
            of=lead,
        )
    return lead
