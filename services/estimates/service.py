"""The estimates service, put together."""

from pathlib import Path

from libs.common import mail
from libs.common.service import Service
from services.estimates.api import BLUEPRINTS
from services.estimates.handlers import subscriptions
from services.estimates.model import TABLES, Base
from services.estimates.settings import PREFERENCES
from services.estimates.usecases import TIMERS

SPEC = Service(
    name="estimates",
    title="Estimates: prices, offers and their one acceptance",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=BLUEPRINTS,
    subscriptions=subscriptions,
    timers=TIMERS,
    jobs=(mail.JOB,),
    preferences=PREFERENCES,
    prefixes=("/api/v1/shared", "/e"),
)
