"""What is known of a prospect: as typed, as told to others, as searched for, and whether it fits the branch."""

from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.contracts.parts import Prospect
from libs.common.parties import e164, folded
from services.opportunities.model import Opportunity


def checked_fit(given: Mapping[str, Any], branch: Mapping[str, Any] | None) -> dict[str, Any]:
    """Area and trade as somebody said or, where nobody did, as the branch's record has it; the unknown is left out."""
    fit = dict(given.get("fit") or {})
    area, trades = (branch or {}).get("service_area"), (branch or {}).get("trades")
    postal_code, trade = (given.get("address") or {}).get("postal_code"), given.get("trade")
    if fit.get("in_service_area") is None and area and postal_code:
        fit["in_service_area"] = str(postal_code)[:5] in area
    if fit.get("trade_offered") is None and trades and trade:
        fit["trade_offered"] = trade in trades
    return {name: value for name, value in fit.items() if value is not None}


def recall(opportunity: Opportunity) -> None:
    """The text that a search looks through."""
    asked = opportunity.prospect
    words = [opportunity.number, opportunity.lead_number, opportunity.title, asked.get("person_name")]
    words += [asked.get("company"), *(asked.get("emails") or ())]
    words += [phone.get("e164") or phone.get("typed") for phone in asked.get("phones") or ()]
    opportunity.search = folded(" ".join(word for word in words if word))


def as_told(given: Mapping[str, Any]) -> Prospect:
    """What was typed, as others are told it: numbers to dial, addresses to compare."""
    plain = {name: value for name, value in given.items() if name not in ("phones", "emails", "owner_id")}
    phones = [{"e164": e164(typed) or "", "typed": typed} for typed in given.get("phones") or ()]
    emails = [email.lower() for email in given.get("emails") or ()]
    return msgspec.convert({**plain, "phones": phones, "emails": emails}, Prospect, strict=False)


def plain_address(prospect: Prospect) -> dict[str, Any] | None:
    plain: dict[str, Any] | None = msgspec.to_builtins(prospect.address)
    return plain
