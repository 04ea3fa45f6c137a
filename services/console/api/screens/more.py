"""Everything there is to open, and who sits here: the phone's way to what its bottom bar has no room for."""

from flask import Blueprint, Response, current_app, request

from libs.common.errors import NotFound
from libs.common.web import PUBLIC, problem
from services.console.api.screens.frame import doors, go, page, screen

bp = Blueprint("console_more", __name__)

NOTHING = "there is nothing at this address"


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
    posted_to = current_app.url_map.bind("").test(request.path, "POST")
    if address.partition("/")[0] in ("api", "e"):
        return _not_for_get() if posted_to else problem(404, "not-found", "Not found", NOTHING)
    if posted_to:
        return go(request.path.rpartition("/")[0] or "/")
    raise NotFound("")


def _not_for_get() -> Response:
    """As every other service says it of its own."""
    told = "this address does not know that method; see Allow"
    return problem(405, "method-not-allowed", "Not possible here", told, headers={"Allow": "POST, OPTIONS"})
