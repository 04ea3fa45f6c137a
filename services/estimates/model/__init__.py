"""The records of the estimates service and what they can do."""

from services.estimates.model.base import TABLES, Base
from services.estimates.model.catalogue import Category, PriceBook, Task, TaxCode
from services.estimates.model.decision import Acceptance, Link, Round
from services.estimates.model.estimate import Estimate
from services.estimates.model.opportunity import Opportunity
from services.estimates.model.version import Line, Option, Version

__all__ = [
    "TABLES", "Acceptance", "Base", "Category", "Estimate", "Line", "Link", "Opportunity", "Option", "PriceBook",
    "Round", "Task", "TaxCode", "Version",
]  # fmt: skip
