"""Every change of a record: who made it, from what to what, when, and through which client."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

import services
from libs.common.errors import NotFound
from services.console.api.screens.frame import doors, names, page, screen

bp = Blueprint("console_changes", __name__)

PAGES = {name: f"/{name}" for name in ("leads", "opportunities", "estimates", "bookings")}  #: where a record is shown


@bp.get("/changes/<service>/<record_id>")
@screen(may="audit.read")
def changes(service: str, record_id: str) -> Response:
    """Who changed what, from what to what?"""
    if service not in services.NAMES:
        raise NotFound("")
    found = doors().get(f"/{service}/audit", subject=record_id, limit=100, cursor=request.args.get("cursor", ""))
    rows = found["items"]
    values = [value for one in rows for pair in one["changes"].values() for value in pair]
    who = names(*(one["actor"] for one in rows), *(value for value in values if isinstance(value, str)))
    here = f"/changes/{service}/{quote(record_id, safe='')}"
    back = f"{PAGES[service]}/{quote(record_id, safe='')}" if service in PAGES else "/settings"
    older = f"{here}?cursor={quote(found['next'])}" if found["next"] else ""
    shown = [{**one, "what": [_said(name, pair, who) for name, pair in one["changes"].items()]} for one in rows]
    return page("changes.html", nav="/settings", rows=shown, who=who, back=back, older=older)


def _said(name: str, pair: list[Any], who: Any) -> tuple[str, str, str]:
    """A field, and what stood in it before and after; people by their names."""
    before, after = ("" if value is None else who.get(str(value), str(value)) for value in pair)
    return name, before, after
