"""The calendar: a week of visits and booked work; on a phone one day after the other."""

from datetime import datetime, time, timedelta
from uuid import UUID

from flask import Blueprint, Response, request

from libs.common.web import reading
from services.console.adapters.words import typed_day
from services.console.api.screens import choices
from services.console.api.screens.frame import me, page, place, screen
from services.console.api.screens.week import CLOSES, OPENS, now_row, week
from services.console.usecases import calendar

bp = Blueprint("console_calendar", __name__)


@bp.get("/calendar")
@screen(may="pipeline.read")
def shown() -> Response:
    """Who is where, where is room?"""
    here = place()
    asked_day = typed_day(request.args.get("week", "")) or here.today
    monday = asked_day - timedelta(days=asked_day.weekday())
    since = datetime.combine(monday, time(), here.zone)
    until = datetime.combine(monday + timedelta(days=7), time(), here.zone)
    asked = {name: _id(request.args.get(name, "")) for name in ("person", "team")}
    whose = {name: str(value) for name, value in asked.items() if value is not None}
    with reading() as tx:
        entries = calendar(tx, me(), since, until, asked)
    days = week(entries, monday, here)
    return page(
        "calendar.html",
        nav="/calendar",
        days=days,
        many=len(entries),
        monday=monday,
        last=days[-1].day,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        hours=range(OPENS + 1, CLOSES),
        now=now_row(here),
        this_week=monday <= here.today < monday + timedelta(days=7),
        asked=whose,
        people=choices.of("people", {})[1:],
        teams=choices.of("teams", {}),
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
