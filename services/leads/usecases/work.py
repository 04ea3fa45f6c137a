"""Working a lead before the decision: who has it, who spoke to them, when to come back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.attempts import attempted_at
from libs.common.contracts.leads import LeadAssigned, LeadContacted, LeadNurturing
from libs.common.tx import Tx
from services.leads.model import ContactAttempt, Lead
from services.leads.states import WORKED, LeadAction
from services.leads.usecases import facts, giving, typed
from services.leads.usecases.scoring import recompute

MERGED_INTO = sa.select(Lead.id).where(Lead.duplicate_of.in_(sa.bindparam("leads", expanding=True)))
AT_ONCE = 200  #: leads an act: each is told of, and all are held until it is done


def assign(tx: Tx, lead: Lead, *, owner_id: UUID, roles: Collection[str] = ()) -> Lead:
    """Gives the lead to somebody, who is alerted. The response clock runs on as it was."""
    lead.demand(LeadAction.ASSIGN)
    giving.demand_may_give(tx, owner_id, roles, of=lead.branch)
    previous, lead.owner_id = lead.owner_id, owner_id
    if previous != owner_id:
        recompute(tx, lead)
        told: dict[str, Any] = {"first_response_due_at": facts.clock(lead), "score": lead.score}
        whose: dict[str, Any] = {"previous_owner_id": previous, "request": lead.request or ""}
        tx.publish(LeadAssigned(**facts.head(lead), **whose, **told), of=lead)
    return lead


def worked_by(owner_id: UUID) -> "sa.Select[Lead]":
    """What somebody has and is not over, the oldest first: in the order in which a batch of facts takes them."""
    return sa.select(Lead).where(Lead.owner_id == owner_id, Lead.state.in_(WORKED)).order_by(Lead.id)


def hand_over(tx: Tx, theirs: "sa.Select[Lead]", *, owner_id: UUID, roles: Collection[str]) -> dict[str, int]:
    """Gives these to somebody, so many at once, each as if it were given by itself. Says how many, and what is left."""
    giving.demand_may_give(tx, owner_id, roles)
    others = theirs.where(Lead.owner_id != owner_id)
    held = tx.all(others.limit(AT_ONCE).with_for_update())
    many = tx.session.scalar(sa.select(sa.func.count()).select_from(others.order_by(None).subquery())) or 0
    for lead in held:
        tx.has_locked(lead)
        assign(tx, lead, owner_id=owner_id, roles=roles)
    return {"given": len(held), "left": max(0, many - len(held))}


def log_contact(
    tx: Tx, lead: Lead, *, channel: str, direction: str, outcome: str, note: str | None = None, **more: Any
) -> Lead:
    """Somebody tried to reach the prospect; the first attempt stops the response clock."""
    at = attempted_at(more.get("at"), received_at=lead.received_at, now=tx.now)
    first = lead.first_responded_at is None
    lead.contacted(at=at)
    attempt: dict[str, Any] = {"channel": channel, "direction": direction, "outcome": outcome, "note": note}
    tx.session.add(ContactAttempt(id=tx.store.ids(), lead_id=lead.id, at=at, by=tx.actor, **attempt))
    _tell_contact(tx, lead, at=at, first=first, channel=channel, direction=direction, outcome=outcome, note=note or "")
    return lead


def share_answer(tx: Tx, survivor: Lead, duplicate: Lead) -> None:
    """Whoever was spoken to under the one name was answered under the other: nobody is to call them again."""
    if survivor.first_responded_at is not None or duplicate.first_responded_at is None:
        return
    at = max(duplicate.first_responded_at, survivor.received_at)
    survivor.responded(at=at)
    first = duplicate.attempts[0] if duplicate.attempts else None
    names = ("channel", "direction", "outcome")
    how: dict[str, Any] = {name: getattr(first, name) if first else "other" for name in names}
    _tell_contact(tx, survivor, at=at, first=True, note=f"spoken to as {duplicate.number}", **how)


def family(tx: Tx, lead: Lead) -> set[UUID]:
    """A lead and what was merged into it."""
    known, found = {lead.id}, {lead.id}
    while found:
        found = set(tx.session.scalars(MERGED_INTO, {"leads": list(found)})) - known
        known |= found
    return known


def attempts(tx: Tx, lead: Lead) -> Sequence[ContactAttempt]:
    """Every attempt to reach them, oldest first: those logged on what was merged into it, too."""
    every = sa.select(ContactAttempt).where(ContactAttempt.lead_id.in_(family(tx, lead)))
    return tx.all(every.order_by(ContactAttempt.at, ContactAttempt.id))


def note_response(
    tx: Tx, lead_id: UUID, *, opportunity_id: UUID, at: datetime, channel: str, direction: str, outcome: str
) -> None:
    """The first attempt was logged on the opportunity: the lead's clock stops all the same."""
    lead = tx.get(Lead, lead_id)
    if lead.first_responded_at is None:
        lead.responded(at=at)
        how: dict[str, Any] = {"channel": channel, "direction": direction, "outcome": outcome}
        _tell_contact(tx, lead, at=at, first=True, opportunity_id=opportunity_id, **how)


def nurture(tx: Tx, lead: Lead, *, next_action_at: datetime, note: str | None = None) -> Lead:
    """Not ready yet: somebody comes back to them."""
    lead.nurture(next_action_at=next_action_at)
    recompute(tx, lead)
    told: dict[str, Any] = {"next_action_at": next_action_at, "note": note or "", "score": lead.score}
    tx.publish(LeadNurturing(**facts.head(lead), **told), of=lead)
    return lead


def _tell_contact(tx: Tx, lead: Lead, **how: Any) -> None:
    clocks: dict[str, Any] = {
        "first_response_due_at": lead.first_response_due_at,
        "first_responded_at": lead.first_responded_at,
        "next_action_at": lead.next_action_at,
    }
    tx.publish(LeadContacted(**facts.head(lead), **clocks, **how), of=lead)
    typed.judge(tx, lead)
