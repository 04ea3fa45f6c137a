"""What the console does with facts, and what it is asked to show."""

from services.console.usecases.projections import hear
from services.console.usecases.queries.board import CLOSED_DAYS, Board, Lane, Sum, board
from services.console.usecases.queries.calendar import calendar
from services.console.usecases.queries.cards import CardShown, Page, called, card, cards, found
from services.console.usecases.queries.reports import REPORTS, Report, csv_of, report, titles
from services.console.usecases.queries.search import search
from services.console.usecases.queries.timeline import timeline
from services.console.usecases.queries.today import Today, Waiting, today

__all__ = [
    "CLOSED_DAYS", "REPORTS", "Board", "CardShown", "Lane", "Page", "Report", "Sum", "Today", "Waiting", "board",
    "calendar", "called", "card", "cards", "csv_of", "found", "hear", "report", "search", "timeline", "titles", "today",
]  # fmt: skip
