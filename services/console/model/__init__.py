"""What the console shows, as everybody's facts told it."""

from typing import Any

from services.console.model.base import TABLES, Base
from services.console.model.card import Card
from services.console.model.presence import Presence
from services.console.model.records import Appointment, Booking, Estimate, OrderCard, Stage
from services.console.model.told import Told, Word

#: the tables that facts fill
READ: tuple[Any, ...] = tuple(
    one.__table__ for one in (Card, Estimate, Booking, OrderCard, Appointment, Stage, Told, Word)
)

__all__ = [
    "READ", "TABLES", "Appointment", "Base", "Booking", "Card", "Estimate", "OrderCard", "Presence", "Stage", "Told",
    "Word",
]  # fmt: skip
