"""The staff service, put together. It listens to nobody: everyone else listens to it."""

from pathlib import Path
from typing import TYPE_CHECKING

from libs.common.service import Service
from services.staff.model import TABLES, Base

if TYPE_CHECKING:
    from flask import Blueprint


def blueprints() -> "tuple[Blueprint, ...]":
    """Loaded where HTTP is answered; the worker has no use for it."""
    from services.staff.api import BLUEPRINTS

    return BLUEPRINTS


SPEC = Service(
    name="staff",
    title="Staff: people, teams, branches and sign-in",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=blueprints,
)
