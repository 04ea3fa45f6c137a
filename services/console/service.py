"""The console service, put together."""

from pathlib import Path

from libs.common.service import Service
from services.console.api import BLUEPRINTS
from services.console.handlers import subscriptions
from services.console.model import TABLES, Base

SPEC = Service(
    name="console",
    title="Console: the whole funnel as one picture, told by everybody's facts",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=BLUEPRINTS,
    subscriptions=subscriptions,
    prefixes=("/api/v1/pipeline/", "/"),
)
