"""Refuses changes while too much waits to be told to the other services: they would only wait longer."""

from collections.abc import Callable

from flask import Flask, request

from libs.common.dberrors import persistent
from libs.common.errors import Unavailable
from libs.common.outbox import Gauge
from libs.common.store import Store

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
OPEN = ("parked.admin",)  #: what helps an operator out of it; signing in (never kept under a key) is open as well
AGAIN_S = "10"


class Backlogged(Unavailable):
    slug, title = "outbox-backlog", "Too much waits to be told"


def watch(app: Flask, store: Store) -> None:
    """Looks before each changing request, at no cost: the database is asked once a second at most."""
    app.before_request(_refusing(app, Gauge(store)))


def _refusing(app: Flask, gauge: Gauge) -> Callable[[], None]:
    def refuse() -> None:
        if request.method not in CHANGING or _open(app):
            return
        # A database that is away is told here: to wait for it twice would be too long.
        if said := persistent(gauge.said):
            detail = f"{said}; nothing was changed, and the same request may be sent again under the same key"
            raise Backlogged(detail, headers={"Retry-After": AGAIN_S})

    return refuse


def _open(app: Flask) -> bool:
    rule = getattr(app.view_functions.get(request.endpoint or ""), "rule", None)
    return rule is None or rule.may in OPEN or not rule.idempotent
