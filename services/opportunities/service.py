"""The opportunities service, put together."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from libs.common import mail
from libs.common.service import Service
from services.opportunities.handlers import subscriptions
from services.opportunities.model import TABLES, Base
from services.opportunities.settings import PREFERENCES
from services.opportunities.usecases.stages import dead_gates

if TYPE_CHECKING:
    from flask import Blueprint


def blueprints() -> "tuple[Blueprint, ...]":
    """Loaded where HTTP is answered; the worker has no use for it."""
    from services.opportunities.api import BLUEPRINTS

    return BLUEPRINTS


SPEC = Service(
    name="opportunities",
    title="Opportunities: valid leads being worked until they are won or lost",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=blueprints,
    subscriptions=subscriptions,
    jobs=(mail.JOB,),
    preferences=replace(PREFERENCES, check=dead_gates),
)
