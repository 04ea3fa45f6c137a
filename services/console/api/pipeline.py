"""The funnel as one picture: board, cards, timeline, search, calendar, what to do today, reports."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from flask import Blueprint, request

from libs.common.errors import Fault, Invalid
from libs.common.web import Answer, Given, caller, endpoint, reading
from services.console import usecases
from services.console.schemas.asked import (
    CalendarOut,
    CalendarQuery,
    FoundOut,
    ReportOut,
    ReportQuery,
    SearchQuery,
    TimelineQuery,
    TitlesOut,
    TodayOut,
    TodayQuery,
    ToldOut,
)
from services.console.schemas.cards import BoardOut, BoardQuery, CardOut, CardQuery, WholeCardOut

bp = Blueprint("pipeline", __name__, url_prefix="/api/v1/pipeline")

LONGEST = timedelta(days=100)
NAMES = tuple(usecases.REPORTS)


@bp.get("/board")
@endpoint(may="pipeline.read", query=BoardQuery, answer=BoardOut)
def board(asked: Given) -> Answer:
    """Every lane with how many cards there are, what they are worth, and the newest of them."""
    with reading() as tx:
        return plain(usecases.board(tx, caller(), asked))


@bp.get("/cards")
@endpoint(may="pipeline.read", query=CardQuery, answer=CardOut, many=True)
def cards(asked: Given) -> Answer:
    """Funnels from lead to booking, newest first; ``sort`` names another column, always downwards."""
    with reading() as tx:
        return paged(usecases.cards(tx, caller(), asked))


@bp.get("/cards/<uuid:correlation_id>")
@endpoint(may="pipeline.read", answer=WholeCardOut)
def card(correlation_id: UUID) -> Answer:
    """One funnel with its estimates, booking orders and appointments."""
    with reading() as tx:
        return plain(usecases.card(tx, caller(), correlation_id))


@bp.get("/timeline")
@endpoint(may="pipeline.read", query=TimelineQuery, answer=ToldOut, many=True)
def timeline(asked: Given) -> Answer:
    """Everything that was said of a funnel, newest first."""
    with reading() as tx:
        return paged(usecases.timeline(tx, caller(), asked["correlation_id"], asked))


@bp.get("/search")
@endpoint(may="pipeline.read", query=SearchQuery, answer=FoundOut)
def search(asked: Given) -> Answer:
    """Funnels by name, company, phone, mail address, street or number; every word given begins one of theirs."""
    with reading() as tx:
        return plain({"items": usecases.search(tx, caller(), asked["q"], limit=asked["limit"])})


@bp.get("/calendar")
@endpoint(may="pipeline.read", query=CalendarQuery, answer=CalendarOut)
def calendar(asked: Given) -> Answer:
    """Appointments and booked work between two times."""
    since, until = asked["from"], asked["to"]
    if not since < until <= since + LONGEST:
        raise Invalid("the calendar shows 1 to 100 days", errors=[Fault("?to", "is not within 100 days after from")])
    with reading() as tx:
        return plain({"items": usecases.calendar(tx, caller(), since, until, asked)})


@bp.get("/today")
@endpoint(may="pipeline.read", query=TodayQuery, answer=TodayOut)
def today(asked: Given) -> Answer:
    """What waits for the caller: the next best steps, and the day's appointments."""
    with reading() as tx:
        return plain(usecases.today(tx, caller(), asked))


@bp.get("/reports")
@endpoint(may="report.read", answer=TitlesOut)
def reports() -> Answer:
    """What there is, with definitions."""
    return plain({"items": usecases.titles(caller())})


@bp.get("/reports/<name>")
@endpoint(may="report.read", query=ReportQuery, answer=ReportOut, kinds=("application/json", "text/csv"), names=NAMES)
def report(name: str, asked: Given) -> Answer:
    """A report in the caller's scope; ``cards`` in a row are what to ask ``/cards`` for. With format=csv as a file."""
    with reading() as tx:
        shown = usecases.report(tx, caller(), name, asked)
    if asked.get("format") != "csv":
        return plain(shown)
    named = {"Content-Disposition": f'attachment; filename="{shown.name}.csv"'}
    return usecases.csv_of(shown).encode(), 200, {"Content-Type": "text/csv; charset=utf-8", **named}


def plain(shown: Any) -> Answer:
    """As JSON without a schema's pass over it: rows of this size are mostly passed on."""
    return msgspec.json.encode(shown), 200, {"Content-Type": "application/json"}


def paged(page: usecases.Page) -> Answer:
    body, status, headers = plain({"items": page.items, "next": page.next})
    if page.next:
        where = urlencode({**request.args.to_dict(), "cursor": page.next})
        headers = {**headers, "Link": f'<{request.path}?{where}>; rel="next"'}
    return body, status, headers
