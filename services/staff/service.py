"""The staff service, put together. It listens to nobody: everyone else listens to it."""

from pathlib import Path

from libs.common.service import Service
from services.staff.api import BLUEPRINTS
from services.staff.model import TABLES, Base

SPEC = Service(
    name="staff",
    title="Staff: people, teams, branches and sign-in",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=BLUEPRINTS,
)
