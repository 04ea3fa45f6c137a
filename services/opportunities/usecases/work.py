"""Working an opportunity: who has it, who spoke to the prospect, what was found out about it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import people
from libs.common.amounts import LARGEST, exponent, number_faults
from libs.common.attempts import attempted_at
from libs.common.contracts.leads import LeadAssigned
from libs.common.contracts.opportunities import OpportunityAssigned, OpportunityContacted
from libs.common.errors import Fault, Invalid
from libs.common.tx import Tx
from services.opportunities.model import ContactAttempt, Opportunity
from services.opportunities.settings import CONTACTED, PREFERENCES
from services.opportunities.states import STANDING, OpportunityAction, StageType
from services.opportunities.usecases import appointments, facts, opening, prospects, stages

AT_ONCE = 200  #: opportunities an act: each is told of, and all are held until it is done


def assign(tx: Tx, opportunity: Opportunity, *, salesperson_id: UUID, reason: str | None = None) -> Opportunity:
    """Gives it to a salesperson, who is alerted. What was arranged with the customer stays with whom it was."""
    opportunity.demand(OpportunityAction.ASSIGN)
    people.demand_active(tx, salesperson_id, "/salesperson_id", may="opportunity.work", of=opportunity.branch)
    _give(tx, opportunity, salesperson_id, reason=reason or "")
    return opportunity


def worked_by(salesperson_id: UUID) -> "sa.Select[Opportunity]":
    """What somebody sells and is open, the oldest enquiry first: in the order in which a batch of facts takes them."""
    mine = (Opportunity.salesperson_id == salesperson_id, Opportunity.stage_type == StageType.OPEN)
    return sa.select(Opportunity).where(*mine).order_by(Opportunity.lead_id)


def hand_over(
    tx: Tx, theirs: "sa.Select[Opportunity]", *, salesperson_id: UUID, reason: str | None = None
) -> dict[str, int]:
    """Gives these to somebody, so many at once, each as if it were given by itself. Says how many, and what is left."""
    people.demand_active(tx, salesperson_id, "/salesperson_id", may="opportunity.work")
    others = theirs.where(Opportunity.salesperson_id != salesperson_id)
    held = tx.all(others.limit(AT_ONCE).with_for_update())
    many = tx.session.scalar(sa.select(sa.func.count()).select_from(others.order_by(None).subquery())) or 0
    for opportunity in held:
        tx.has_locked(opportunity)
        assign(tx, opportunity, salesperson_id=salesperson_id, reason=reason)
    return {"given": len(held), "left": max(0, many - len(held))}


def follow_owner(tx: Tx, lead: LeadAssigned) -> None:
    """The lead was given to somebody: so is what is worked for it, but for what was given to another here since.

    Whom the lead brought to a seat is remembered: between them and the next for it, it may be with one for the other.
    """
    opportunity = opening.of_lead(tx, lead.subject)
    if opportunity is None:
        return
    if (before := lead.previous_owner_id) is not None:
        brought = {seat: str(before) for seat in SEATS if getattr(opportunity, seat) == before}
        opportunity.brought = {**opportunity.brought, **brought}
    if not opportunity.is_open:
        return
    for seat, owner in opening.hands(tx, lead.owner_id).items():
        sits = getattr(opportunity, seat)
        if sits is None or str(sits) == opportunity.brought.get(seat):
            SEATS[seat](tx, opportunity, owner, told_with_lead=(owner, *([before] if before else [])))


def log_contact(
    tx: Tx,
    opportunity: Opportunity,
    *,
    channel: str,
    direction: str,
    outcome: str,
    note: str | None = None,
    at: datetime | None = None,
) -> Opportunity:
    """Somebody tried to reach the prospect. The first attempt stops the response clock and moves the stage."""
    opportunity.demand(OpportunityAction.CONTACT)
    moment = attempted_at(at, received_at=opportunity.received_at, now=tx.now)
    first = opportunity.first_contacted_at is None
    opportunity.first_contacted_at = opportunity.first_contacted_at or moment
    how: dict[str, Any] = {"channel": channel, "direction": direction, "outcome": outcome}
    attempt = ContactAttempt(id=tx.store.ids(), opportunity_id=opportunity.id, note=note, at=moment, by=tx.actor, **how)
    tx.session.add(attempt)
    told = OpportunityContacted(**facts.head(opportunity), **how, at=moment, first=first, note=note or "")
    tx.publish(told, of=opportunity)
    if first:
        stages.advance(tx, opportunity, CONTACTED)
    return opportunity


def edit(tx: Tx, opportunity: Opportunity, **given: Any) -> Opportunity:
    """Corrections and additions by hand. Raises Invalid naming every value that is none here."""
    opportunity.demand(OpportunityAction.EDIT)
    changed = [name for name, value in given.items() if getattr(opportunity, name) != value]
    _check(tx, opportunity, {name: given[name] for name in changed})
    site = opportunity.site
    for name in changed:
        setattr(opportunity, name, given[name])
    if "inside_rep_id" in changed:
        _hand_appointments_over(tx, opportunity)
    prospects.recall(opportunity)
    if changed:
        facts.tell_change(tx, opportunity, *changed)
    if {"site", "title"} & set(changed):
        appointments.follow(tx, opportunity, site=site)
    return opportunity


def _check(tx: Tx, opportunity: Opportunity, given: dict[str, Any]) -> None:
    faults = []
    known = PREFERENCES.read(tx, opportunity.branch)["financing_activities"]
    if given.get("financing_activity") not in (None, *known):
        faults.append(Fault("/financing_activity", f"is none of {', '.join(known)}"))
    beside, here = given.get("inside_rep_id"), opportunity.branch
    faults += people.unfit(tx, beside, "/inside_rep_id", may="opportunity.appoint", of=here)
    faults += number_faults("/expected_value", given.get("expected_value"), LARGEST, exponent(opportunity.currency))
    if faults:
        raise Invalid("some values are none that your company uses", errors=faults)


def _give(tx: Tx, opportunity: Opportunity, salesperson_id: UUID, **told: Any) -> None:
    previous, opportunity.salesperson_id = opportunity.salesperson_id, salesperson_id
    if previous != salesperson_id:
        _hand_appointments_over(tx, opportunity)
        about = facts.head(opportunity) | told
        tx.publish(OpportunityAssigned(**about, previous_salesperson_id=previous), of=opportunity)


def _put_beside(tx: Tx, opportunity: Opportunity, inside_rep_id: UUID, **_: Any) -> None:
    previous, opportunity.inside_rep_id = opportunity.inside_rep_id, inside_rep_id
    if previous != inside_rep_id:
        _hand_appointments_over(tx, opportunity)
        facts.tell_change(tx, opportunity, "inside_rep_id")


#: how somebody comes to work an opportunity: sell it, or stand beside who does
SEATS: Mapping[str, Callable[..., None]] = {"salesperson_id": _give, "inside_rep_id": _put_beside}


def _hand_appointments_over(tx: Tx, opportunity: Opportunity) -> None:
    """Whose the opportunity is, its appointments are; each is touched under its own lock."""
    for one in appointments.held(tx, opportunity):
        before = one.salesperson_id
        one.salesperson_id, one.inside_rep_id = opportunity.salesperson_id, opportunity.inside_rep_id
        if one.salesperson_id != before and one.state in STANDING:
            appointments.tell_change(tx, one, "salesperson_id")
