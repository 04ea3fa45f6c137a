"""What type of lead it is, marketing, sales or product qualified: as somebody says, or by the company's rules."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from libs.common.contracts.leads import LeadTyped
from libs.common.parties import folded
from libs.common.tx import Tx
from services.leads.model import Lead
from services.leads.settings import CONDITIONS, CONTACTED, PREFERENCES, VALIDATED
from services.leads.states import WORKED, LeadAction, LeadType
from services.leads.usecases import facts
from services.leads.usecases.scoring import recompute

RULE = "rule"
#: how it came is one thing, what became of it says more; a rule takes nothing back
SAYS = {LeadType.NONE: 0, LeadType.MQL: 1, LeadType.PQL: 1, LeadType.SQL: 2}


def set_type(tx: Tx, lead: Lead, *, lead_type: str, evidence: str) -> Lead:
    """A person's word, with what shows it. No rule says otherwise from then on."""
    lead.demand(LeadAction.TYPE)
    return _give(tx, lead, lead_type, evidence, by=tx.actor)


def judge(tx: Tx, lead: Lead) -> None:
    """Of the company's rules that hold the one that says most gives it its type, if that is more than it was."""
    if lead.state not in WORKED or (lead.lead_type_at is not None and lead.lead_type_by != RULE):
        return
    rules = PREFERENCES.read(tx, lead.branch)["type_rules"]
    more = [rule for rule in rules if SAYS[rule["lead_type"]] > SAYS[LeadType(lead.lead_type)]]
    met = [(rule["lead_type"], evidence) for rule in more if (evidence := _evidence(lead, rule))]
    if met:
        lead_type, evidence = max(met, key=lambda one: SAYS[one[0]])  # of several the first
        _give(tx, lead, lead_type, evidence, by=RULE)


def _give(tx: Tx, lead: Lead, lead_type: str, evidence: str, *, by: str) -> Lead:
    previous, lead.lead_type = lead.lead_type, lead_type
    lead.lead_type_at, lead.lead_type_evidence, lead.lead_type_by = tx.now, evidence, by
    recompute(tx, lead)
    said: dict[str, Any] = {"previous_type": previous, "evidence": evidence, "at": tx.now, "score": lead.score}
    tx.publish(LeadTyped(**facts.head(lead), lead_type=lead_type, by_rule=by == RULE, **said), of=lead)
    return lead


#: what a rule goes by → what of the lead meets it, in words; nothing when it does not
MET: Mapping[str, Callable[[Lead, Collection[str]], str]] = {
    "channels": lambda lead, wanted: _among("channel", lead.channel, wanted),
    "sources": lambda lead, wanted: _among("source", lead.source, wanted),
    "campaigns": lambda lead, wanted: _among("campaign", lead.campaign, wanted),
    "interest": lambda lead, wanted: _among("interest", lead.interest_level, wanted),
    "after": lambda lead, wanted: ", ".join(wanted) if _done(lead).issuperset(wanted) else "",
}


def _evidence(lead: Lead, rule: Mapping[str, Any]) -> str:
    """Why the rule holds; nothing when it does not."""
    parts = [MET[name](lead, rule[name]) for name in CONDITIONS if rule.get(name)]
    return f"by rule: {', '.join(parts)}" if all(parts) else ""


def _among(what: str, value: str | None, wanted: Collection[str]) -> str:
    return f"{what} {value}" if value and folded(value) in {folded(one) for one in wanted} else ""


def _done(lead: Lead) -> set[str]:
    so_far = {CONTACTED: lead.first_responded_at, VALIDATED: (lead.validity or {}).get("decision") == "valid"}
    return {what for what, done in so_far.items() if done}
