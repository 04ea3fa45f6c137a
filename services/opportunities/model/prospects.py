"""The rule of 2-domain, "Lead", for a prospect who comes in by the second door."""

from collections.abc import Mapping
from typing import Any

from services.opportunities.model.base import Missing


def missing_to_be_valid(prospect: Mapping[str, Any]) -> list[Missing]:
    """Interest, one reachable channel, and no failed fit check; what is unknown passes."""
    missing = []
    fit = prospect.get("fit") or {}
    if prospect.get("interest_level") in (None, "", "none") and not (prospect.get("request") or "").strip():
        missing.append(Missing("interest_level", "say how interested they are, or what was asked for"))
    if not prospect.get("phones") and not prospect.get("emails"):
        missing.append(Missing("phones", "a phone number or an e-mail address is needed to reach them"))
    if fit.get("in_service_area") is False:
        missing.append(Missing("fit/in_service_area", "the address is outside the branch's service area"))
    if fit.get("trade_offered") is False:
        missing.append(Missing("fit/trade_offered", "the branch does not offer this trade"))
    return missing
