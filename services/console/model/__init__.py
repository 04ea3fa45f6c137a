"""What the console shows, as everybody's facts told it."""

from services.console.model.base import TABLES, Base
from services.console.model.card import Card
from services.console.model.records import Appointment, Booking, Estimate, Stage
from services.console.model.told import Told, Word

__all__ = ["TABLES", "Appointment", "Base", "Booking", "Card", "Estimate", "Stage", "Told", "Word"]
