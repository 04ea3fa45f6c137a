"""Everything a person can do in the console, by key; a module for each service that is asked."""

from services.console.api.acts import bookings, estimates, leads, notifications, operators, opportunities, prices, staff
from services.console.api.acts.act import Act, Field

EVERY: dict[str, Act] = {}
for _module in (leads, opportunities, estimates, bookings, notifications, staff, prices, operators):
    for _act in _module.ACTS:
        if _act.key in EVERY:
            raise TypeError(f"there are two acts {_act.key}")
        EVERY[_act.key] = _act

__all__ = ["EVERY", "Act", "Field"]
