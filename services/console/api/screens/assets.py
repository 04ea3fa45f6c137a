"""The console's own style, scripts and drawings, at an address that changes with them, so that browsers keep them."""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request

from libs.common.errors import NotFound
from libs.common.web import PUBLIC, endpoint, theme

SCRIPTS = Path(__file__).parents[2] / "pages" / "js"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
FOR_EVER = "public, max-age=31536000, immutable"

bp = Blueprint("console_assets", __name__)


@cache
def files() -> dict[str, bytes]:
    """Every file by its name; read once a process."""
    drawings = {name: theme.drawing(name) for name in ("icons.svg", "favicon.svg")}
    scripts = {one.name: theme.script(one.read_text()) for one in sorted(SCRIPTS.glob("*.js"))}
    return {"plumbline.css": theme.stylesheet(), **drawings, **scripts}


@cache
def _edition() -> str:
    return hashlib.sha256(b"\0".join(files().values())).hexdigest()[:12]


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(files()[name], mtime=0)


def address(name: str) -> str:
    """Where a file is. Raises KeyError for one that is not there, so that a page with a wrong name fails its test."""
    files()[name]
    return f"/assets/{_edition()}/{name}"


@bp.get("/assets/<edition>/<name>")
@endpoint(may=PUBLIC, page=True)
def asset(edition: str, name: str) -> Response:
    """A file of the console's; one of an older edition is answered with today's."""
    content = files().get(name)
    if content is None:
        raise NotFound("there is nothing at this address")
    packed = bool(request.accept_encodings["gzip"])
    answer = Response(_packed(name) if packed else content, content_type=KINDS[Path(name).suffix])
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Cache-Control"] = FOR_EVER if edition == _edition() else "no-cache"
    return answer
