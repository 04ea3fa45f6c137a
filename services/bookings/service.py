"""The bookings service, put together."""

from pathlib import Path
from typing import TYPE_CHECKING

from libs.common import mail
from libs.common.service import Service
from services.bookings.handlers import subscriptions
from services.bookings.model import TABLES, Base
from services.bookings.settings import PREFERENCES
from services.bookings.usecases import TIMERS

if TYPE_CHECKING:
    from flask import Blueprint


def blueprints() -> "tuple[Blueprint, ...]":
    """Loaded where HTTP is answered; the worker has no use for it."""
    from services.bookings.api import BLUEPRINTS

    return BLUEPRINTS


SPEC = Service(
    name="bookings",
    title="Bookings: customers, jobs, and sold work on its way through operations",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=blueprints,
    subscriptions=subscriptions,
    timers=TIMERS,
    jobs=(mail.JOB,),
    preferences=PREFERENCES,
)
