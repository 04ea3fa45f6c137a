"""What the business does with estimates, divided by act. Each function is one act inside one transaction."""

from services.estimates.usecases.approval import approve, refuse, submit
from services.estimates.usecases.catalogue import add_book, book_named, change_book, put_tax_code
from services.estimates.usecases.decide import accept, decline, record, request_changes, totals, view
from services.estimates.usecases.draft import correct, correct_opportunity, create, draft_for, edit, follow, select
from services.estimates.usecases.importing import import_file
from services.estimates.usecases.links import estimate_of, revoke
from services.estimates.usecases.offer import end_with, extend, reopen, send, share, withdraw
from services.estimates.usecases.revise import record_round, revise
from services.estimates.usecases.sale import join, move, move_back
from services.estimates.usecases.timers import TIMERS

__all__ = [
    "TIMERS", "accept", "add_book", "approve", "book_named", "change_book", "correct", "correct_opportunity",
    "create", "decline", "draft_for", "edit", "end_with", "estimate_of", "extend", "follow", "import_file", "join",
    "move", "move_back", "put_tax_code", "record", "record_round", "refuse", "reopen", "request_changes", "revise",
    "revoke", "select", "send", "share", "submit", "totals", "view", "withdraw",
]  # fmt: skip
