"""What the business does with leads, divided by act. Each function is one act inside one transaction."""

from services.leads.usecases.capture import capture, capture_from_opportunity, edit
from services.leads.usecases.decide import convert, invalidate, merge, reopen, unconvert, unmerge, validate
from services.leads.usecases.work import assign, log_contact, note_response, nurture, set_type

__all__ = [
    "assign",
    "capture",
    "capture_from_opportunity",
    "convert",
    "edit",
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
]
