"""The console service, put together."""

from pathlib import Path
from typing import TYPE_CHECKING

from libs.common.service import Service
from services.console.handlers import READ_MODEL, subscriptions
from services.console.model import TABLES, Base

if TYPE_CHECKING:
    from flask import Blueprint


def blueprints() -> "tuple[Blueprint, ...]":
    """Loaded where HTTP is answered; the worker has no use for it."""
    from services.console.api import BLUEPRINTS

    return BLUEPRINTS


SPEC = Service(
    name="console",
    title="Console: the whole funnel as one picture, told by everybody's facts",
    metadata=Base.metadata,
    tables=TABLES,
    migrations=Path(__file__).parent / "migrations",
    blueprints=blueprints,
    subscriptions=subscriptions,
    read_models=(READ_MODEL,),
    prefixes=("/api/v1/pipeline/", "/"),
)
