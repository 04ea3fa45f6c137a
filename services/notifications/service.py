"""The notifications service, put together."""

from pathlib import Path
from typing import TYPE_CHECKING

from libs.common import mail
from libs.common.service import Job, Service
from services.notifications import usecases
from services.notifications.adapters import SENDERS
from services.notifications.handlers import subscriptions
from services.notifications.model import TABLES, Base
from services.notifications.settings import PREFERENCES

if TYPE_CHECKING:
    from flask import Blueprint


def blueprints() -> "tuple[Blueprint, ...]":
    """Loaded where HTTP is answered; the worker has no use for it."""
    from services.notifications.api import BLUEPRINTS

    return BLUEPRINTS


SPEC = Service(
    name="notifications",
    title="Notifications: who is told of what, and what waits for whom",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=blueprints,
    subscriptions=subscriptions,
    timers=usecases.TIMERS,
    jobs=(
        mail.JOB,
        mail.RETENTION,
        *SENDERS,
        Job("outgoing", usecases.follow_up, every_s=2.0),
        Job("news retention", usecases.forget_news, every_s=600.0),
        Job("webhook retention", usecases.webhooks.prune, every_s=600.0),
    ),
    preferences=PREFERENCES,
    prefixes=("/api/v1/status-bar",),
)
