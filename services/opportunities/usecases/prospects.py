"""What is known of a prospect: as typed, as told to others, and as searched for."""

from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.contracts.parts import Prospect
from libs.common.parties import e164, email_key, folded
from services.opportunities.model import Opportunity


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
    emails = [email_key(typed) for typed in given.get("emails") or ()]
    known = {
        part: {name: value for name, value in (given.get(part) or {}).items() if value is not None}
        for part in ("fit", "consent")
    }
    return msgspec.convert({**plain, "phones": phones, "emails": emails, **known}, Prospect, strict=False)


def plain_address(prospect: Prospect) -> dict[str, Any] | None:
    plain: dict[str, Any] | None = msgspec.to_builtins(prospect.address)
    return plain
