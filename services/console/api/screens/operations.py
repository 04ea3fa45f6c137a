"""Operations' inbox: what wants an answer, overdue first; the work taken over; who is busy, what is still to come."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from libs.common.auth import Caller
from libs.common.web import reading
from services.console.api.acts import EVERY
from services.console.api.screens import crew
from services.console.api.screens.crew import Crew
from services.console.api.screens.frame import allowed, doors, me, names, page, place, screen
from services.console.api.screens.offers import Offers
from services.console.usecases import calendar

bp = Blueprint("console_operations", __name__)

Row = Mapping[str, Any]
#: what can be done in each state that an inbox shows; whether it can, the owner says when it is asked
OPEN = {"assigned": ("accept", "reassign", "return"), "accepted": ("start", "reassign"), "in_progress": ("complete",)}
COMING = ("to_order", "ordered")
EVERYBODY = "all"


@bp.get("/operations")
@screen(may="booking.read")
def operations() -> Response:
    """Do we take this job?"""
    crews = crew.crews()
    asked = request.args.get("team", "")
    team = asked or _mine(me(), crews)
    rows = [row for state in OPEN for row in _in(state, team)]
    waiting = sorted((one for one in rows if one["state"] == "assigned"), key=_by_when)
    taken = sorted((one for one in rows if one["state"] != "assigned"), key=_from_when)
    late = [one for one in waiting if _by_when(one) < place().now.isoformat()]
    return page(
        "operations.html",
        nav="/operations",
        team=team,
        everybody=EVERYBODY,
        crews=crews,
        title=next((one.name for one in crews if one.ident == team), ""),
        waiting=[(one, _offers(one)) for one in waiting],
        late=len(late),
        taken=[(one, _offers(one)) for one in taken],
        coming=[(one, _offers(one)) for one in (*waiting, *taken) if one["ordering_status"] in COMING],
        busy=_busy([one for one in crews if team in (one.ident, EVERYBODY)]),
        who=names(*(one[name] for one in rows for name in ("assigned_by", "assignee_id"))),
        teams=crew.called(),
    )


def _mine(who: Caller, crews: Sequence[Crew]) -> str:
    """The reader's own team where they are in one; who is in none, or in several, sees them all."""
    mine = [one.ident for one in crews if UUID(one.ident) in who.teams]
    return mine[0] if len(mine) == 1 else EVERYBODY


def _in(state: str, team: str) -> list[dict[str, Any]]:
    return doors().every("/bookings", state=state, team="" if team == EVERYBODY else team)


def _by_when(row: Row) -> str:
    return str(row["acknowledge_by"] or "9")


def _from_when(row: Row) -> str:
    return str(row["window_starts_at"] or "9")


def _offers(row: Row) -> Offers:
    open_now = [
        {"action": action, "ok": True, "missing": []}
        for action in OPEN[row["state"]]
        if allowed(EVERY[f"booking.{action}"].may)
    ]
    return Offers({**row, "allowed": open_now}, (row["id"],))


def _busy(crews: Sequence[Crew]) -> list[tuple[str, int]]:
    """How many visits and jobs of this week each person has."""
    if not crews or not me().may("pipeline.read"):
        return []
    monday = place().today - timedelta(days=place().today.weekday())
    since = datetime.combine(monday, time(), place().zone)
    with reading() as tx:
        entries = calendar(tx, me(), since, since + timedelta(days=7), {})
    many = Counter(one["id"] for entry in entries for one in entry["people"])
    return sorted({name: many[ident] for one in crews for ident, name in one.members}.items())
