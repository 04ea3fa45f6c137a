"""The leads service, put together."""

from pathlib import Path

from libs.common.service import Service
from services.leads.api import BLUEPRINTS
from services.leads.handlers import commands, subscriptions
from services.leads.model import TABLES, Base
from services.leads.settings import PREFERENCES

SPEC = Service(
    name="leads",
    title="Leads: enquiries and what becomes of them",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=BLUEPRINTS,
    subscriptions=subscriptions,
    preferences=PREFERENCES,
    commands=commands,
)
