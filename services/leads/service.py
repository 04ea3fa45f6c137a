"""The leads service, put together."""

from pathlib import Path
from typing import TYPE_CHECKING

from libs.common.service import Service
from services.leads.handlers import commands, subscriptions
from services.leads.model import TABLES, Base
from services.leads.settings import PREFERENCES

if TYPE_CHECKING:
    from flask import Blueprint


def blueprints() -> "tuple[Blueprint, ...]":
    """Loaded where HTTP is answered; the worker has no use for it."""
    from services.leads.api import BLUEPRINTS

    return BLUEPRINTS


SPEC = Service(
    name="leads",
    title="Leads: enquiries and what becomes of them",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=blueprints,
    subscriptions=subscriptions,
    preferences=PREFERENCES,
    commands=commands,
)
