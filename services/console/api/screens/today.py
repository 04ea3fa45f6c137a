"""Today: the one next step, what is late, what waits for the customer, and the day."""

from flask import Blueprint, Response

from services.console.api.screens.frame import page, screen

bp = Blueprint("console_today", __name__)


@bp.get("/")
@screen()
def today() -> Response:
    """What do I do next?"""
    return page("today.html", nav="/")
