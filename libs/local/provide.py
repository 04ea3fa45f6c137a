"""Where a broker and a database come from on this machine.

In this order: addresses given in the environment, a container engine, what is installed, Debian's packages unpacked
into a cache folder; else NotReady with the line that installs it. Nothing is ever skipped for want of one.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from libs.local import broker, containers, postgres, rabbit
from libs.local.broker import Broker
from libs.local.database import DatabaseServer
from libs.local.debian import cache, is_installed

AMQP_URL = "PLUMBLINE_TEST_AMQP_URL"
MANAGEMENT_URL = "PLUMBLINE_TEST_RABBIT_MANAGEMENT_URL"
DATABASE_URL = "PLUMBLINE_TEST_DATABASE_URL"
FETCHED = "Debian's packages, fetched when first needed"


@contextlib.contextmanager
def database_server(directory: Path) -> Iterator[DatabaseServer]:
    """For tests: not durable. The folder is used where the server is our own."""
    if url := os.environ.get(DATABASE_URL):
        parts = urlsplit(url)
        yield DatabaseServer(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 5432,
            user=unquote(parts.username or "postgres"),
            password=unquote(parts.password or ""),
        )
    elif containers.engine_answers():
        with containers.database_server() as server:
            yield server
    else:
        with postgres.running(directory, durable=False) as own:
            yield own


@contextlib.contextmanager
def message_broker(directory: Path) -> Iterator[Broker]:
    """For tests. The folder is used where the broker is our own."""
    if url := os.environ.get(AMQP_URL):
        yield broker.given(url, os.environ.get(MANAGEMENT_URL))
    elif containers.engine_answers():
        with containers.message_broker() as contained:
            yield contained
    else:
        with rabbit.running(directory, durable=False) as own:
            yield own


def route(package: str, given: str | None = None) -> str:
    """In words, for people: which of the ways would be taken."""
    ways: dict[str, Callable[[], bool]] = {
        f"given in {given}": lambda: bool(given and os.environ.get(given)),
        "a container engine": lambda: given in (AMQP_URL, DATABASE_URL) and containers.engine_answers(),
        "installed on this system": lambda: is_installed(package),
        f"unpacked in {cache() / 'debian'}": (cache() / "debian" / package).exists,
    }
    return next((way for way, holds in ways.items() if holds()), FETCHED)
