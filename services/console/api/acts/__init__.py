"""Everything a person can do in the console, by key; a module for each service that is asked."""

from services.console.api.acts import (
    bookings,
    catalogue,
    estimates,
    leads,
    notifications,
    operators,
    opportunities,
    staff,
    webhooks,
)
from services.console.api.acts.act import Act, Field

EVERY: dict[str, Act] = {}
for _module in (leads, opportunities, estimates, catalogue, bookings, notifications, staff, operators, webhooks):
    for _act in _module.ACTS:
        if _act.key in EVERY:
            raise TypeError(f"there are two acts {_act.key}")
        EVERY[_act.key] = _act

__all__ = ["EVERY", "Act", "Field"]
