"""How far an opportunity is and how it ends: moved on, converted, lost, reopened."""

from typing import Any
from uuid import UUID

from libs.common.contracts.opportunities import OpportunityConverted, OpportunityLost, OpportunityReopened
from libs.common.errors import Conflict, Fault, Invalid, refuse_for
from libs.common.tx import Tx
from services.opportunities.model import Opportunity
from services.opportunities.settings import CONVERTED, OTHER, PREFERENCES
from services.opportunities.states import OpportunityAction, StageType
from services.opportunities.usecases import appointments, facts, flows, stages


def move(tx: Tx, opportunity: Opportunity, *, stage: str) -> Opportunity:
    """To another open stage: forward, any may be skipped and only the gates of the one entered count; back, none do."""
    opportunity.demand(OpportunityAction.MOVE)
    flow = flows.of(tx, opportunity.branch)
    target = flow.stage(stage)
    if target is None:
        known = ", ".join(one.code for one in flow.stages)
        raise Invalid(f"there is no stage {stage}", errors=[Fault("/stage", f"is none of {known}")])
    if target.type is not StageType.OPEN:
        how = "only an accepted estimate wins it" if target.type is StageType.WON else "lose it with a reason"
        raise Conflict(f"opportunity {opportunity.number} cannot be moved to {stage}: {how}")
    if target.code == opportunity.stage:
        raise Conflict(f"opportunity {opportunity.number} is at {stage} already")
    if stage == CONVERTED and opportunity.converted_at is None:
        convert(tx, opportunity)
        if opportunity.stage != stage:  # it had been skipped past
            stages.enter(tx, opportunity, target)
        return opportunity
    if flow.behind(opportunity.stage, stage):
        refuse_for(stages.missing(tx, opportunity, stage), _cannot(opportunity, f"enter {stage}"))
    stages.enter(tx, opportunity, target)
    return opportunity


def convert(tx: Tx, opportunity: Opportunity) -> Opportunity:
    """Ready for a price: an estimate is drafted. Raises Conflict with all that is missing."""
    opportunity.demand(OpportunityAction.CONVERT)
    if opportunity.converted_at is not None:
        raise Conflict(f"opportunity {opportunity.number} was converted before; draft a further estimate instead")
    refuse_for(stages.missing(tx, opportunity, CONVERTED), _cannot(opportunity, "be converted"))
    opportunity.convert(at=tx.now)
    stages.advance(tx, opportunity, CONVERTED, gated=False)
    tx.publish(
        OpportunityConverted(
            **facts.head(opportunity),
            **facts.substance(opportunity),
            prospect=facts.prospect(opportunity),
            converted_at=tx.now,
            bill_to=facts.bill_to(opportunity),
            qualified=opportunity.qualified,
        ),
        of=opportunity,
    )
    return opportunity


def lose(
    tx: Tx, opportunity: Opportunity, *, reason: str, note: str | None = None, void_offers: bool = False
) -> Opportunity:
    """Came to nothing, for a reason of the branch's list. An offer that the customer could still accept forbids it,
    unless it is to be withdrawn with it."""
    opportunity.demand(OpportunityAction.LOSE)
    known = {one["code"]: one for one in PREFERENCES.read(tx, opportunity.branch)["lost_reasons"]}
    if reason not in known:
        raise Invalid(f"{reason} is no reason here", errors=[Fault("/reason", f"is none of {', '.join(known)}")])
    if known[reason].get("note_required") and not (note or "").strip():
        raise Invalid("this reason needs a note", errors=[Fault("/note", f"say more about the reason {reason}")])
    if not void_offers:
        refuse_for(stages.live_offers(tx, opportunity), _cannot(opportunity, "be lost"))
    return _lose(tx, opportunity, reason=reason, note=note or "", void_offers=void_offers)


def lose_by_decline(tx: Tx, opportunity: Opportunity, *, estimate_id: UUID, reason: str, note: str) -> None:
    """The customer declined the last offer. A reason that is none of the list is kept in the note."""
    settings = PREFERENCES.read(tx, opportunity.branch)
    if not opportunity.is_open or not settings["lose_on_decline"]:
        return
    if reason not in [one["code"] for one in settings["lost_reasons"]]:
        reason, note = OTHER, ": ".join(part for part in (reason, note) if part)
    _lose(tx, opportunity, reason=reason, note=note, estimate_id=estimate_id)


def reopen(tx: Tx, opportunity: Opportunity, *, note: str | None = None) -> Opportunity:
    """A lost opportunity is worked again, from where it was."""
    opportunity.demand(OpportunityAction.REOPEN)
    flow = flows.of(tx, opportunity.branch)
    was, reason = opportunity.stage, (opportunity.lost or {}).get("reason", "")
    opportunity.reopen(flow.stage(opportunity.last_open_stage) or flow.first, at=tx.now)
    told: dict[str, Any] = {"previous_stage": was, "probability": opportunity.probability, "previous_reason": reason}
    tx.publish(OpportunityReopened(**facts.head(opportunity), **told, note=note or ""), of=opportunity)
    return opportunity


def _lose(
    tx: Tx,
    opportunity: Opportunity,
    *,
    reason: str,
    note: str,
    void_offers: bool = False,
    estimate_id: UUID | None = None,
) -> Opportunity:
    was = opportunity.stage
    opportunity.lose(flows.of(tx, opportunity.branch).end(StageType.LOST), reason=reason, note=note, at=tx.now)
    told: dict[str, Any] = {"reason": reason, "note": note, "lost_in": was, "lost_at": tx.now}
    about: dict[str, Any] = {"void_offers": void_offers, "estimate_id": estimate_id, **facts.origin(opportunity)}
    tx.publish(OpportunityLost(**facts.head(opportunity), **told, **about), of=opportunity)
    appointments.call_off(tx, opportunity, reason="the opportunity was lost")
    return opportunity


def _cannot(opportunity: Opportunity, what: str) -> str:
    return f"opportunity {opportunity.number} cannot {what} yet"
