"""What makes a prospect a valid lead, by whichever door they come in: as typed, by the names that bodies have."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from libs.common.errors import Missing

FIT = ("in_service_area", "trade_offered", "customer_type", "budget_band")


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


def checked_fit(prospect: Mapping[str, Any], branch: Mapping[str, Any] | None) -> dict[str, Any]:
    """Area and trade as somebody said or, where nobody did, as the branch's record has it; None is unknown."""
    fit = {name: (prospect.get("fit") or {}).get(name) for name in FIT}
    area, trades = (branch or {}).get("service_area"), (branch or {}).get("trades")
    postal_code, trade = (prospect.get("address") or {}).get("postal_code"), prospect.get("trade")
    if fit["in_service_area"] is None and area and postal_code:
        fit["in_service_area"] = lies_in(str(postal_code), area)
    if fit["trade_offered"] is None and trades and trade:
        fit["trade_offered"] = trade in trades
    return fit


def lies_in(postal_code: str, area: Iterable[str]) -> bool:
    """Whether a code begins with one of the area's: 37201-1234 lies in 37201, and K1A 0B1 in K1A."""
    code, codes = _plain(postal_code), _codes(tuple(area))
    return any(code[:length] in codes for length in range(1, len(code) + 1))


@functools.lru_cache(maxsize=100)  # a branch may have thousands, and each enquiry asks
def _codes(area: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_plain, area))


def _plain(code: str) -> str:
    return "".join(code.split()).casefold()
