"""An opportunity begins: out of a valid lead, or by the second door with its lead to be made."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common import files, formatting, people
from libs.common.attempts import yet_to_ask
from libs.common.auth import Caller, Scope
from libs.common.contracts.leads import LeadChanged, LeadValidated
from libs.common.contracts.opportunities import OpportunityAssigned, OpportunityOpened
from libs.common.contracts.parts import Prospect
from libs.common.errors import Fault, Forbidden, Invalid, NotYet
from libs.common.parties import from_anywhere
from libs.common.prospects import checked_fit, missing_to_be_valid
from libs.common.tx import Tx
from services.opportunities.model import SHELF, Opportunity
from services.opportunities.usecases import appointments, facts, flows, prospects, stages

SALESPERSON = "salesperson"
OF_LEAD = sa.select(Opportunity).where(Opportunity.lead_id == sa.bindparam("lead")).with_for_update()


def open_from_lead(tx: Tx, lead: LeadValidated) -> Opportunity:
    """A valid lead becomes one opportunity, however often that is said; a second door's lead has its own already."""
    known = of_lead(tx, lead.subject)
    if known is not None:
        known.lead_number = known.lead_number or lead.number
        known.first_response_due_at = known.first_response_due_at or lead.first_response_due_at
        files.refer(tx, SHELF, known.id, lead.files)
        return known
    asked = lead.prospect
    opened = _open(
        tx,
        lead_id=lead.subject,
        lead_number=lead.number,
        door="lead",
        prospect=asked,
        branch=lead.branch,
        received_at=lead.received_at,
        first_response_due_at=lead.first_response_due_at,
        product_interest=asked.service_interest or asked.trade or asked.request,
        **hands(tx, lead.owner_id),
    )
    files.refer(tx, SHELF, opened.id, lead.files)
    return opened


def enter(
    tx: Tx,
    *,
    prospect: dict[str, Any],
    product_interest: str,
    salesperson_id: UUID | None = None,
    title: str | None = None,
    by: Caller,
) -> Opportunity:
    """The second door: somebody asks for a thing we sell, so the lead is made valid behind it.

    It belongs to the branch that a lead would belong to. Raises Invalid naming all that a valid lead would need, and
    the gates of the first stage. A salesperson enters it for themselves; who would lose sight of it stays beside it,
    and is its lead's author.
    """
    given = {name: value for name, value in prospect.items() if value is not None}
    faults = people.unknown_branch(tx, given.get("branch"), "/prospect/branch")
    branch = given.pop("branch", None) or people.home_branch(tx, given.get("address")) or by.home
    given["fit"] = checked_fit(given, people.branch(tx, branch))
    given["phones"] = [from_anywhere(typed, people.country(tx, branch)) for typed in given.get("phones", ())]
    faults += yet_to_ask(given.get("received_at"), "/prospect/received_at", now=tx.now)
    faults += [Fault(f"/prospect/{one.field}", one.text) for one in missing_to_be_valid(given)]
    scope = by.scope("opportunity.create")
    mine = None if scope is Scope.ALL else by.person_id
    salesperson = salesperson_id or given.pop("owner_id", None) or (mine if scope is Scope.OWN else None)
    if salesperson not in (None, by.person_id) and not by.may("opportunity.assign"):
        raise Forbidden("your roles do not let you enter one for somebody else; name nobody or yourself")
    seen = by.colleagues | {by.person_id} if scope is Scope.TEAM else {by.person_id}
    given.setdefault("generated_by", mine)
    faults += people.unfit(tx, salesperson, "/salesperson_id", may="opportunity.work", of=branch)
    faults += people.unfit(tx, given["generated_by"], "/prospect/generated_by")
    told = {**given, "site": given.get("address"), "description": given.get("request"), "salesperson_id": salesperson}
    faults += stages.missing_at_the_door(tx, branch, {"title": True, "product_interest": product_interest, **told})
    if faults:
        raise Invalid("this cannot be an opportunity yet", errors=faults)
    received = min(given.pop("received_at", tx.now), tx.now)
    return _open(
        tx,
        lead_id=tx.store.ids(),
        lead_number=None,
        door="opportunity",
        prospect=prospects.as_told(given),
        branch=branch,
        received_at=received,
        product_interest=product_interest,
        title=title,
        salesperson_id=salesperson,
        inside_rep_id=None if salesperson in seen else mine,
    )


def of_lead(tx: Tx, lead_id: UUID) -> Opportunity | None:
    found = tx.session.scalars(OF_LEAD, {"lead": lead_id}).one_or_none()
    if found is not None:
        tx.has_locked(found)
    return found


def follow_lead(tx: Tx, lead: LeadChanged) -> None:
    """The lead was corrected: so is what is known here of the prospect, but for what was changed here since."""
    opportunity = of_lead(tx, lead.subject)
    if opportunity is None:
        return  # not valid yet: what counts comes with that
    opportunity.first_response_due_at = lead.first_response_due_at or opportunity.first_response_due_at
    before, now = facts.prospect(opportunity), lead.prospect
    if before == now:
        return
    changed, site = ["prospect"], opportunity.site
    opportunity.prospect = msgspec.to_builtins(now)
    if facts.address(opportunity.site) == before.address:
        opportunity.site = prospects.plain_address(now)
        changed += ["site"] if before.address != now.address else []
    for name in ("source", "campaign", "trade"):
        was, is_ = getattr(before, name), getattr(now, name)
        if was != is_ and (getattr(opportunity, name) or "") == was:
            setattr(opportunity, name, is_ or None)
            changed.append(name)
    prospects.recall(opportunity)
    facts.tell_change(tx, opportunity, *changed, prospect=now)
    appointments.follow(tx, opportunity, site=site)


def _open(
    tx: Tx,
    *,
    prospect: Prospect,
    received_at: datetime,
    branch: UUID | None,
    title: str | None = None,
    **more: Any,
) -> Opportunity:
    first = flows.of(tx, branch).first
    name = prospect.person_name or prospect.company
    interest = more.pop("product_interest")
    wanted = formatting.plain(interest) if interest == prospect.trade else interest
    record = people.branch(tx, branch)
    opportunity = tx.new(
        Opportunity,
        number=f"O-{tx.number('opportunity'):05d}",
        branch=branch,
        title=title or f"{name}: {wanted}"[:200].rstrip(": "),
        prospect=msgspec.to_builtins(prospect),
        site=prospects.plain_address(prospect),
        source=prospect.source or None,
        campaign=prospect.campaign or None,
        trade=prospect.trade or None,
        product_interest=interest,
        description=prospect.request or None,
        stage=first.code,
        stage_type=str(first.type),
        stage_since=tx.now,
        last_open_stage=first.code,
        probability=first.probability,
        currency=(record or {}).get("currency") or "USD",
        received_at=received_at,
        **more,
    )
    prospects.recall(opportunity)
    tx.publish(
        OpportunityOpened(
            **facts.head(opportunity),
            **facts.substance(opportunity),
            door=opportunity.door,
            prospect=prospect,
            received_at=received_at,
            lead_number=opportunity.lead_number or "",
            first_response_due_at=opportunity.first_response_due_at,
            urgent=prospect.urgent,
        ),
        of=opportunity,
    )
    if opportunity.salesperson_id is not None:
        tx.publish(OpportunityAssigned(**facts.head(opportunity)), of=opportunity)
    return opportunity


def hands(tx: Tx, owner_id: UUID | None) -> dict[str, Any]:
    """The lead's owner works on: as its salesperson or, selling nothing, beside one who is still to be named."""
    if owner_id is None:
        return {}
    owner = people.person(tx, owner_id)
    if owner is None:
        raise NotYet(f"nobody told of the lead's owner {owner_id} yet")
    return {"salesperson_id" if SALESPERSON in owner["roles"] else "inside_rep_id": owner_id}
