"""What the console does with facts, and what it is asked to show."""

from services.console.usecases.heard import hear
from services.console.usecases.shown.board import Board, Lane, Sum, board
from services.console.usecases.shown.calendar import calendar
from services.console.usecases.shown.cards import CardShown, Page, card, cards, found
from services.console.usecases.shown.search import search
from services.console.usecases.shown.timeline import timeline

__all__ = [
    "Board", "CardShown", "Lane", "Page", "Sum", "board", "calendar", "card", "cards", "found", "hear", "search",
    "timeline",
]  # fmt: skip
