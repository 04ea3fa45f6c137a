"""What the console shows, as everybody's facts told it."""

from services.console.model.base import TABLES, Base

__all__ = ["TABLES", "Base"]
