"""One address for every service: the same prefixes by which the nginx gateway routes."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from libs.common.web.problems import not_found

if TYPE_CHECKING:
    from embedded.system import System

START_PAGE = Path(__file__).parent.parent / "deploy" / "gateway" / "www"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
SAFE = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

Start = Callable[..., Any]


class Gateway:
    """A WSGI application that hands each request to the service whose prefix it has; ``/metrics`` stays inside."""

    def __init__(self, system: "System") -> None:
        routes = {f"/api/v1/{name}": part.app for name, part in system.parts.items()}
        for part in system.parts.values():
            routes |= {prefix.rstrip("/"): part.app for prefix in part.service.prefixes}
        self.routes = sorted(routes.items(), key=lambda route: -len(route[0]))
        self.pages = {f"/{page.name}": page for page in START_PAGE.glob("*") if page.suffix in TYPES}
        self.pages["/"] = START_PAGE / "index.html"

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for prefix, app in self.routes:
            if path == prefix or path.startswith(prefix + "/"):
                if path.endswith("/metrics"):
                    break
                return app(environ, start)
        page = self.pages.get(path)
        if page is not None and page.exists() and environ.get("REQUEST_METHOD") in ("GET", "HEAD"):
            kind = TYPES[page.suffix]
            return Response(page.read_bytes(), content_type=kind, headers=SAFE)(environ, start)
        return not_found(environ, start)
