"""The independent services. Each is a package of the same rooms; none imports another."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libs.common.service import Service

NAMES = ("staff", "leads", "opportunities", "estimates", "bookings", "notifications", "console")


def spec(name: str) -> "Service":
    """One service's SPEC, imported only when asked for: an image holds only its own service."""
    service: Service = import_module(f"services.{name}.service").SPEC
    return service


def every() -> tuple["Service", ...]:
    """All of them, for the embedded mode, the tools and the documents."""
    return tuple(spec(name) for name in NAMES)
