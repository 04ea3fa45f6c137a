"""An enquiry is taken in, through whichever door, and corrected later."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.common import people, workhours
from libs.common.attempts import yet_to_ask
from libs.common.auth import Caller, Scope
from libs.common.contracts.leads import LeadAssigned, LeadCaptured, LeadChanged, LeadValidated
from libs.common.contracts.opportunities import OpportunityOpened
from libs.common.errors import Fault, Invalid
from libs.common.parties import from_anywhere
from libs.common.prospects import checked_fit
from libs.common.tx import Tx
from services.leads.model import Lead
from services.leads.settings import PREFERENCES
from services.leads.states import LeadAction, LeadState
from services.leads.usecases import duplicates, facts, giving, turns, typed
from services.leads.usecases.scoring import recompute

EDITABLE = (
    "person_name", "company", "phones", "emails", "address", "source", "campaign", "request", "trade",
    "service_interest", "interest_level", "consent", "do_not_contact", "urgent", "next_action_at",
)  # fmt: skip

HISTORY = timedelta(days=30)  #: who asked longer ago waits for no first answer any more


def capture(tx: Tx, *, by: Caller | None = None, ident: UUID | None = None, **given: Any) -> Lead:
    """A new lead with its number, clock, score and duplicates; created and, if an owner is named or the branch has a
    rule for who gets it, assigned in one act.

    It belongs to the branch named, else to the one that serves the address, else to the caller's own. ``by`` is none
    for a system's act. Raises Invalid naming every field that the company requires and that is missing.
    """
    roles: Collection[str] = by.roles if by else ()
    given = {name: value for name, value in given.items() if value is not None}
    fit, given["consent"] = given.pop("fit", {}), _known(given.get("consent", {}))
    people.demand_branch(tx, given.get("branch"))
    if faults := yet_to_ask(given.get("received_at"), "/received_at", now=tx.now):
        raise Invalid("nobody has asked yet then", errors=faults)
    branch = given.pop("branch", None) or people.home_branch(tx, given.get("address")) or (by.home if by else None)
    if missing := required(tx, branch, "create", roles, given):
        faults = [Fault(f"/{name}", "your company requires this") for name in missing]
        raise Invalid("some required fields are missing", errors=faults)
    if "owner_id" in given:
        giving.demand_may_give(tx, given["owner_id"], roles, of=branch)
    elif not _keeps(by) and (owner := turns.whose(tx, branch, given)) is not None:
        given["owner_id"] = owner
    given["generated_by"] = _author(tx, by, given)
    given["phones"] = _dialled(tx, branch, given.get("phones", ()))
    received = min(given.pop("received_at", tx.now), tx.now)
    record = people.branch(tx, branch)
    lead = tx.new(Lead, ident, number=f"L-{tx.number('lead'):05d}", branch=branch, received_at=received, **given)
    lead.fit = _fit(lead, fit, record)
    lead.first_response_due_at = _respond_by(tx, lead, record)
    recompute(tx, lead)
    lead.duplicates = found = duplicates.found(tx, lead)
    tx.publish(
        LeadCaptured(
            **facts.head(lead),
            prospect=facts.prospect(lead),
            received_at=lead.received_at,
            first_response_due_at=lead.first_response_due_at,
            score=lead.score,
            duplicate_ids=tuple(one.id for one in found),
            next_action_at=lead.next_action_at,
            external_id=lead.details.get("external_id", ""),
        ),
        of=lead,
    )
    if lead.owner_id is not None:
        _tell_owner(tx, lead)
    typed.judge(tx, lead)
    duplicates.keep(tx, lead)
    return lead


def capture_from_opportunity(tx: Tx, opened: OpportunityOpened) -> Lead:
    """The lead of an opportunity that was entered first: it is valid from the start, under the id minted there.

    One that comes with nobody's name is given to somebody by the branch's rule, as at the other door.
    """
    known = tx.session.get(Lead, opened.lead_id)
    if known is not None:
        return known
    asked = opened.prospect
    address, interest = _address(asked.address), asked.service_interest or opened.product_interest or None
    wanted = {"address": address, "trade": asked.trade, "service_interest": interest}
    lead = tx.new(
        Lead,
        opened.lead_id,
        number=f"L-{tx.number('lead'):05d}",
        branch=opened.branch,
        person_name=asked.person_name or None,
        company=asked.company or None,
        phones=[phone.typed or phone.e164 for phone in asked.phones],
        emails=list(asked.emails),
        address=address,
        channel=asked.channel,
        source=asked.source or None,
        campaign=asked.campaign or None,
        request=asked.request or None,
        trade=asked.trade or None,
        service_interest=interest,
        interest_level=asked.interest_level or None,
        consent=dict(asked.consent),
        do_not_contact=asked.do_not_contact,
        owner_id=opened.salesperson_id or turns.whose(tx, opened.branch, wanted),
        generated_by=asked.generated_by,
        received_at=opened.received_at,
        urgent=opened.urgent,
        state=LeadState.VALID,
        validity={"decision": "valid", "by": tx.actor, "at": tx.now.isoformat(), "reason": None, "note": None},
    )
    record = people.branch(tx, lead.branch)
    lead.fit = _fit(lead, {name: None if said == "" else said for name, said in vars(asked.fit).items()}, record)
    lead.first_response_due_at = _respond_by(tx, lead, record)
    recompute(tx, lead)
    found = duplicates.found(tx, lead)
    told: dict[str, Any] = {
        "prospect": facts.prospect(lead),
        "received_at": lead.received_at,
        "opportunity_id": opened.subject,
    }
    tx.publish(
        LeadCaptured(
            **facts.head(lead),
            **told,
            first_response_due_at=lead.first_response_due_at,
            score=lead.score,
            duplicate_ids=tuple(one.id for one in found),
        ),
        of=lead,
    )
    tx.publish(
        LeadValidated(
            **facts.head(lead),
            **told,
            decided_by=tx.actor,
            decided_at=tx.now,
            score=lead.score,
            first_response_due_at=facts.clock(lead),
        ),
        of=lead,
    )
    if lead.owner_id != opened.salesperson_id:
        _tell_owner(tx, lead)
    typed.judge(tx, lead)
    duplicates.keep(tx, lead)
    return lead


def _tell_owner(tx: Tx, lead: Lead) -> None:
    told: dict[str, Any] = {"first_response_due_at": facts.clock(lead), "score": lead.score}
    tx.publish(LeadAssigned(**facts.head(lead), **told, request=lead.request or ""), of=lead)


def edit(tx: Tx, lead: Lead, *, roles: Collection[str] = (), **given: Any) -> Lead:
    """Corrections and additions by hand; score, fit, a clock that runs and what it is recognised by follow.

    Raises Invalid for taking away what the company requires; what was never there may be added later.
    """
    lead.demand(LeadAction.EDIT)
    fit = given.pop("fit", None)
    if "consent" in given:
        given["consent"] = _known({**lead.consent, **given["consent"]})
    if "phones" in given:
        given["phones"] = _dialled(tx, lead.branch, given["phones"])
    changed = [name for name in EDITABLE if name in given and getattr(lead, name) != given[name]]
    for name in changed:
        setattr(lead, name, given[name])
    if emptied := set(changed).intersection(required(tx, lead.branch, "create", roles, vars(lead))):
        faults = [Fault(f"/{name}", "your company requires this") for name in sorted(emptied)]
        raise Invalid("some required fields would be missing", errors=faults)
    if not (lead.person_name or lead.company):
        raise Invalid("a lead needs a name", errors=[Fault("/person_name", "give a person's name or a company")])
    record = people.branch(tx, lead.branch)
    before = dict(lead.fit)
    lead.fit = _fit(lead, before if fit is None else {**before, **fit}, record)
    if lead.fit != before:
        changed.append("fit")
    hurried = "urgent" in changed and lead.first_responded_at is None
    if hurried:
        lead.first_response_due_at = _respond_by(tx, lead, record)
    recompute(tx, lead)
    if duplicates.RECOGNISED_BY & set(changed):
        duplicates.keep_anew(tx, lead)
    if changed:
        tx.publish(
            LeadChanged(
                **facts.head(lead),
                prospect=facts.prospect(lead),
                changed=tuple(changed),
                score=lead.score,
                next_action_at=lead.next_action_at,
                first_response_due_at=lead.first_response_due_at if hurried else None,
            ),
            of=lead,
        )
        typed.judge(tx, lead)
    return lead


def _dialled(tx: Tx, branch: UUID | None, phones: Iterable[str]) -> list[str]:
    """Numbers that say no country are the branch's."""
    return [from_anywhere(typed, people.country(tx, branch)) for typed in phones]


def _keeps(by: Caller | None) -> bool:
    """Whether it is theirs, whoever's name it comes with: who sells takes in their own."""
    return by is not None and by.scope("lead.create") is Scope.OWN and not by.may("lead.assign")


def _author(tx: Tx, by: Caller | None, given: Mapping[str, Any]) -> UUID | None:
    """The employee who handed it in: named or, when they see nothing but their own or their team's, who enters it.

    Raises Invalid for somebody who does not work here, and for a caller who would not see what they enter.
    """
    named: UUID | None = given.get("generated_by")
    if named is not None:
        people.demand_active(tx, named, "/generated_by")
    scope = by.scope("lead.create") if by else Scope.ALL
    if by is None or scope is Scope.ALL:
        return named
    author = named or by.person_id
    if scope is Scope.OWN and by.person_id not in (author, given.get("owner_id")):
        fault = Fault("/generated_by", "is somebody else; leave it out, or name yourself")
        raise Invalid("you hand an enquiry in under your own name", errors=[fault])
    return author


def _fit(lead: Lead, said: Mapping[str, Any], branch: Mapping[str, Any] | None) -> dict[str, Any]:
    return checked_fit({"fit": said, "address": lead.address, "trade": lead.trade}, branch)


def _respond_by(tx: Tx, lead: Lead, branch: Mapping[str, Any] | None) -> datetime | None:
    """When the branch wants the first attempt made; None for one of long ago, as out of another program's file: no
    answer to it can be in time, and a thousand of them would hide those that still can."""
    if tx.now - lead.received_at > HISTORY:
        return None
    minutes = PREFERENCES.read(tx, lead.branch)["response_minutes"]
    return workhours.after_working_minutes(lead.received_at, minutes["urgent" if lead.urgent else "normal"], branch)


def required(tx: Tx, branch: UUID | None, stage: str, roles: Collection[str], given: Mapping[str, Any]) -> list[str]:
    """The fields that the company wants filled in at this stage, by these roles, and that are not."""
    rules = PREFERENCES.read(tx, branch)["required_fields"]
    wanted = [rule["fields"] for rule in rules if rule["stage"] == stage and rule.get("role") in (None, *roles)]
    return sorted({name for names in wanted for name in names if not given.get(name)})


def _address(address: Any) -> dict[str, Any] | None:
    return None if address is None else {k: v for k in address.__dataclass_fields__ if (v := getattr(address, k))}


def _known(consent: Mapping[str, bool | None]) -> dict[str, bool]:
    """What they said, by channel; null is that nobody knows."""
    return {channel: said for channel, said in consent.items() if said is not None}
