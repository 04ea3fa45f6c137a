"""One address for every service: the same prefixes by which the nginx gateway routes."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from libs.common.web.problems import not_found

if TYPE_CHECKING:
    from embedded.system import System

Start = Callable[..., Any]


class Gateway:
    """A WSGI application that hands each request to the service whose prefix it has; ``/metrics`` stays inside."""

    def __init__(self, system: "System") -> None:
        routes = {f"/api/v1/{name}": part.app for name, part in system.parts.items()}
        for part in system.parts.values():
            routes |= {prefix.rstrip("/"): part.app for prefix in part.service.prefixes}
        self.routes = sorted(routes.items(), key=lambda route: -len(route[0]))

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for prefix, app in self.routes:
            if path == prefix or path.startswith(prefix + "/"):
                if path.endswith("/metrics"):
                    break
                return app(environ, start)
        return not_found(environ, start)
