"""What acts of the funnel leave to SQLAlchemy's unit of work, and why; all else goes with an act's one statement."""

from typing import Any

import pytest

from libs.common import standalone

LEFT_TO_IT = {
    "bookings: changed Part": "is known by its booking and its acceptance, and by no id",
    "estimates: changed Version": "its options are taken away where a draft is written anew",
    "opportunities: changed Appointment": "several are locked by one query, which does not tell the act so",
    "opportunities: changed Sale": "is known by its acceptance, and by no id",
}


def watch(patch: pytest.MonkeyPatch) -> set[str]:
    """Gathers from here on what an act left to it. Somebody who forgot to name what a part hangs on is among them."""
    left = set[str]()

    def watched(what: str, stands: Any) -> Any:
        def ask(record: Any, *more: Any) -> bool:
            if stands(record, *more):
                return True
            left.add(f"{type(record).__module__.split('.')[1]}: {what} {type(record).__name__}")
            return False

        return ask

    patch.setattr(standalone, "_whole", watched("new", standalone._whole))
    patch.setattr(standalone, "_held", watched("changed", standalone._held))
    return left
