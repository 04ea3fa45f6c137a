"""The estimates service, put together."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from libs.common import mail
from libs.common.service import Service
from services.estimates.handlers import subscriptions
from services.estimates.model import TABLES, Base
from services.estimates.settings import PREFERENCES
from services.estimates.usecases import TIMERS
from services.estimates.usecases.catalogue import dead_tax_code

if TYPE_CHECKING:
    from flask import Blueprint


def blueprints() -> "tuple[Blueprint, ...]":
    """Loaded where HTTP is answered; the worker has no use for it."""
    from services.estimates.api import BLUEPRINTS

    return BLUEPRINTS


SPEC = Service(
    name="estimates",
    title="Estimates: prices, offers and their one acceptance",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=blueprints,
    subscriptions=subscriptions,
    timers=TIMERS,
    jobs=(mail.JOB, mail.RETENTION),
    preferences=replace(PREFERENCES, check=dead_tax_code),
    prefixes=("/api/v1/shared", "/e"),
)
