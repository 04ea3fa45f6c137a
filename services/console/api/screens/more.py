"""Everything there is to open, and who sits here: the phone's way to what its bottom bar has no room for."""

from flask import Blueprint, Response

from services.console.api.screens.frame import doors, page, screen

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
