"""A lead's score: a table of weighted rules, each rule's part shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from libs.common.parties import at_home, e164, folded
from libs.common.tx import Tx
from services.leads.model import Lead
from services.leads.settings import PREFERENCES


def recompute(tx: Tx, lead: Lead) -> None:
    """The score by the company's rules, and the text that a search looks through."""
    rules = PREFERENCES.read(tx, lead.branch)["score_rules"]
    lead.score, lead.score_parts = score(lead, rules)
    numbers = [number for typed in lead.phones if (number := e164(typed))]
    words = [lead.number, lead.person_name, lead.company, *lead.emails, *numbers, *map(at_home, numbers), *lead.phones]
    lead.search = folded(" ".join(word for word in words if word))


def score(lead: Lead, rules: Sequence[Mapping[str, Any]]) -> tuple[int, list[Any]]:
    """The sum of the rules that hold, kept in 0–100, and what each of them gave."""
    parts = [
        {"field": rule["field"], "equals": rule.get("equals"), "points": rule["points"]}
        for rule in rules
        if _holds(_value(lead, rule["field"]), rule)
    ]
    return max(0, min(100, sum(part["points"] for part in parts))), parts


def _value(lead: Lead, path: str) -> Any:
    name, _, inner = path.partition(".")
    value = getattr(lead, name, None)
    return (value or {}).get(inner) if inner else value


def _holds(value: Any, rule: Mapping[str, Any]) -> bool:
    wanted = rule.get("equals")
    return bool(value) if wanted is None else value == wanted
