"""Everything there is to open, and who sits here: the phone's way to what its bottom bar has no room for."""

from flask import Blueprint, Response, current_app, request

from libs.common.errors import NotFound
from libs.common.web import PUBLIC, problem
from services.console.api.screens.frame import doors, go, page, screen

bp = Blueprint("console_more", __name__)


@bp.get("/more")
@screen()
def more() -> Response:
    """All there is to open."""
    return page("more.html", nav="/more")


@bp.get("/me")
@screen()
def mine() -> Response:
    """Who sits here, and the way out."""
    return page("me.html", nav="/me", who=doors().get("/staff/me"))


@bp.get("/<path:address>")
@screen(may=PUBLIC)
def nothing(address: str) -> Response:
    """An address that nobody has; programs are told in their own way.

    One that only forms are sent to stands in the browser after a refusal: it is opened again, and it is led back to.
    """
    if address.partition("/")[0] in ("api", "e"):
        return problem(404, "not-found", "Not found", "there is nothing at this address")
    if current_app.url_map.bind("").test(request.path, "POST"):
        return go(request.path.rpartition("/")[0] or "/")
    raise NotFound("")
