"""The opportunities service, put together."""

from pathlib import Path

from libs.common.service import Service
from services.opportunities.api import BLUEPRINTS
from services.opportunities.handlers import subscriptions
from services.opportunities.model import TABLES, Base
from services.opportunities.settings import PREFERENCES

SPEC = Service(
    name="opportunities",
    title="Opportunities: valid leads being worked until they are won or lost",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=BLUEPRINTS,
    subscriptions=subscriptions,
    preferences=PREFERENCES,
)
