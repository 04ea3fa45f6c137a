"""Search: everything there is by name, company, phone, mail address, street or number."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from libs.common import formatting
from libs.common.web import reading
from services.console import usecases
from services.console.api.screens import cards
from services.console.api.screens.frame import me, page, screen

bp = Blueprint("console_search", __name__)

MANY, FEW = 50, 8


def _found(limit: int) -> list[dict[str, Any]]:
    asked = request.args.get("q", "").strip()[:200]
    with reading() as tx:
        return usecases.search(tx, me(), asked, limit=limit) if asked else []


@bp.get("/search")
@screen(may="pipeline.read")
def search() -> Response:
    """Who or what was that?"""
    return page("search.html", nav="", q=request.args.get("q", "").strip()[:200], found=_found(MANY), many=MANY)


@bp.get("/search.json")
@screen(may="pipeline.read")
def search_json() -> Response:
    """The same, briefly, for the palette and the entry."""
    found = ((one, cards.href(one)) for one in _found(FEW))
    return jsonify([{"text": one["who"], "about": _about(one), "href": where} for one, where in found if where])


def _about(one: dict[str, Any]) -> str:
    what = formatting.plain(one["what"]) if one["what"] == one["trade"] else one["what"]
    parts = (what, cards.label(one["lane"]), one["opportunity_number"] or one["lead_number"], one["city"])
    return ", ".join(str(part) for part in parts if part)
