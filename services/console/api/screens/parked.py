"""Parked messages of every service: what could not be applied, why, and what to do about it; and telling again."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

import services
from libs.common.errors import NotFound
from services.console.api.acts import EVERY
from services.console.api.screens.frame import doors, me, page, screen
from services.console.api.screens.offers import Offer, Offers

bp = Blueprint("console_parked", __name__)


@bp.get("/settings/parked")
@screen(may=("parked.read", "parked.admin"))
def parked() -> Response:
    """What stands still?"""  # a service that has more shows its older ones by themselves
    asked = request.args.get("service", "")
    cursor = request.args.get("cursor", "") if asked in services.NAMES else ""
    found: list[dict[str, Any]] = []
    away, older = [], []
    for name in (asked,) if cursor else services.NAMES:
        said = doors().maybe(f"/{name}/parked", None, limit=50, cursor=cursor)
        if said is None:
            away.append(name)
        else:
            found += [{**one, "service": name} for one in said["items"]]
            if said["next"]:
                older.append((name, f"/settings/parked?service={name}&cursor={quote(said['next'])}"))
    found.sort(key=lambda one: one["parked_at"], reverse=True)
    again = [(name, Offer(EVERY[f"told.{name}.again"], ())) for name in services.NAMES if me().may("parked.admin")]
    return page("parked.html", nav="/settings", found=found, away=away, older=older, again=again)


@bp.get("/settings/parked/<service>/<parked_id>")
@screen(may=("parked.read", "parked.admin"))
def parked_one(service: str, parked_id: str) -> Response:
    """One of them, as it came, and how many wait behind it."""
    if service not in services.NAMES:
        raise NotFound("")
    record = doors().get(f"/{service}/parked/{quote(parked_id, safe='')}")
    offers = Offers(record, (str(record["id"]),))
    return page("parked-one.html", nav="/settings", parked=record, service=service,
                acts=offers.several(f"parked.{service}.replay", f"parked.{service}.discard"))  # fmt: skip
