"""What booking orders and sales carry as JSON, for readers of the document: it is shown as it was kept."""

from typing import TypedDict

from libs.common.contracts.parts import Instant


class Held(TypedDict):
    """What stands in the way for now, and until when, where that is known."""

    reason: str
    note: str
    until: Instant
    by: str
    at: Instant


class Returned(TypedDict):
    """Why operations gave it back."""

    reason: str
    by: str
    at: Instant


class Cancelled(TypedDict):
    """Why it will not be done, and what it was until then."""

    reason: str
    by: str
    at: Instant
    previous_state: str


class Undone(TypedDict):
    """Why a sale was taken back."""

    reason: str
    by: str
    at: Instant
