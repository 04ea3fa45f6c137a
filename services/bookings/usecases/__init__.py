"""What the business does with sold work, divided by act. Each function is one act inside one transaction."""

from services.bookings.usecases.amend import follow, retry, undo
from services.bookings.usecases.book import add_change_order, book
from services.bookings.usecases.customers import edit_customer
from services.bookings.usecases.end import cancel
from services.bookings.usecases.handoff import accept, acknowledge, assign, complete, give_back, reassign, start
from services.bookings.usecases.holds import hold, release
from services.bookings.usecases.jobs import FROM_OPPORTUNITY, OF_JOB, close, edit_job, learn, rename
from services.bookings.usecases.naming import preview_name
from services.bookings.usecases.paper import mail, sheet
from services.bookings.usecases.prepare import edit, make_ready
from services.bookings.usecases.sell import make_the_job, sell, step_happened, step_of_opportunity_happened
from services.bookings.usecases.timers import TIMERS

__all__ = [
    "FROM_OPPORTUNITY",
    "OF_JOB",
    "TIMERS",
    "accept",
    "acknowledge",
    "add_change_order",
    "assign",
    "book",
    "cancel",
    "close",
    "complete",
    "edit",
    "edit_customer",
    "edit_job",
    "follow",
    "give_back",
    "hold",
    "learn",
    "mail",
    "make_ready",
    "make_the_job",
    "preview_name",
    "reassign",
    "release",
    "rename",
    "retry",
    "sell",
    "sheet",
    "start",
    "step_happened",
    "step_of_opportunity_happened",
    "undo",
]
