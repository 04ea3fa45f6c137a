"""Programs that tests start and Debian has: fetched before the first test begins, whose time it would be taken from."""

import contextlib
from collections.abc import Iterable, Mapping

import pytest

from libs.local import NotReady, chromium, provide
from libs.local.debian import unpacked

#: by the fixture that starts it: the package, and what may name another
PROGRAMS: Mapping[str, tuple[str, str]] = {
    "postgres": ("postgresql", provide.DATABASE_URL),
    "rabbit": ("rabbitmq-server", provide.AMQP_URL),
    "browser": (chromium.PACKAGE, chromium.GIVEN),
    "prometheus": ("prometheus", ""),
}


def fetch(items: Iterable[pytest.Item]) -> None:
    """What these tests ask for. What is not to be had is said by the fixture, where it is missed."""
    asked = {name for item in items for name in getattr(item, "fixturenames", ())}
    for fixture in PROGRAMS.keys() & asked:
        package, given = PROGRAMS[fixture]
        if provide.route(package, given) == provide.FETCHED:
            with contextlib.suppress(NotReady):
                unpacked(package)
