"""What the business does with leads, divided by act. Each function is one act inside one transaction."""

from services.leads.usecases.capture import capture, capture_from_opportunity, edit
from services.leads.usecases.decide import convert, invalidate, merge, reopen, unconvert, unmerge, validate
from services.leads.usecases.typed import set_type
from services.leads.usecases.work import (
    assign,
    attempts,
    hand_over,
    log_contact,
    note_response,
    nurture,
    worked_by,
)

__all__ = [
    "assign",
    "attempts",
    "capture",
    "capture_from_opportunity",
    "convert",
    "edit",
    "hand_over",
    "invalidate",
    "log_contact",
    "merge",
    "note_response",
    "nurture",
    "reopen",
    "set_type",
    "unconvert",
    "unmerge",
    "validate",
    "worked_by",
]
