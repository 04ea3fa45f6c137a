"""What the console does with facts, and what it is asked to show."""

from services.console.usecases.heard import hear
from services.console.usecases.shown.board import CLOSED_DAYS, Board, Lane, Sum, board
from services.console.usecases.shown.calendar import calendar
from services.console.usecases.shown.cards import CardShown, Page, called, card, cards, found
from services.console.usecases.shown.reports import REPORTS, Report, csv_of, report, titles
from services.console.usecases.shown.search import search
from services.console.usecases.shown.timeline import timeline
from services.console.usecases.shown.today import Today, Waiting, today

__all__ = [
    "CLOSED_DAYS", "REPORTS", "Board", "CardShown", "Lane", "Page", "Report", "Sum", "Today", "Waiting", "board",
    "calendar", "called", "card", "cards", "csv_of", "found", "hear", "report", "search", "timeline", "titles", "today",
]  # fmt: skip
