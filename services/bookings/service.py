"""The bookings service, put together."""

from pathlib import Path

from libs.common.service import Service
from services.bookings.api import BLUEPRINTS
from services.bookings.handlers import subscriptions
from services.bookings.model import TABLES, Base
from services.bookings.settings import PREFERENCES
from services.bookings.usecases import TIMERS

SPEC = Service(
    name="bookings",
    title="Bookings: customers, jobs, and sold work on its way through operations",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=BLUEPRINTS,
    subscriptions=subscriptions,
    timers=TIMERS,
    preferences=PREFERENCES,
)
