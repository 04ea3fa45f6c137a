"""Reports: a sentence, four numbers, and each report as a picture and a table with the cards behind its numbers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from libs.common import formatting, people
from libs.common.csvwriting import BEGIN
from libs.common.web import reading
from libs.common.workhours import zone
from services.console import usecases
from services.console.adapters.words import said, typed_day
from services.console.api.acts import leads
from services.console.api.screens import cards, choices
from services.console.api.screens.frame import doors, me, page, place, screen
from services.console.schemas.asked import ReportQuery
from services.console.usecases import Report

bp = Blueprint("console_reports", __name__)

Row = Mapping[str, Any]
ON_THE_FIRST_PAGE = ("close-rate", "lost-reasons", "response-time")
DAYS = 90  #: what is shown unless somebody asks otherwise
FILTERS = ("since", "until", "branch", "person", "team", "channel", "source", "campaign", "trade", "by")
#: also those that nobody chooses
CHANNELS = (*leads.CHANNELS, *((code, formatting.plain(code)) for code in ("import", "api", "bus")))
#: the column that a report's picture draws
DRAWN = {
    "funnel": "leads", "close-rate": "rate", "response-time": "rate", "time-in-stage": "average",
    "lost-reasons": "lost", "estimate-ageing": "offers", "discounts": "rate", "hand-over": "until_handed_over",
    "campaign-return": "won",
}  # fmt: skip
#: the funnel's steps, which its report counts beside each other
STEPS = ("leads", "opportunities", "priced", "won", "booked", "handed_over")


@bp.get("/reports")
@screen(may="report.read")
def overview() -> Response:
    """Where do we lose them?"""
    typed, asked = _asked()
    with reading() as tx:
        every = {name: usecases.report(tx, me(), name, asked) for name in ("funnel", *ON_THE_FIRST_PAGE)}
    funnel, closed, answers = every["funnel"], every["close-rate"], every["response-time"]
    steps = _steps(funnel)
    return page(
        "reports.html",
        nav="/reports",
        steps=steps,
        sentence=_sentence(steps),
        numbers={
            "won": _total(closed, "won"),
            "decided": _total(closed, "won") + _total(closed, "lost"),
            "sold": _money(closed, "value"),
            "in_time": _total(answers, "in_time"),
            "answered": _total(answers, "answered"),
            "handed_over": _total(funnel, "handed_over"),
        },
        shown=[(every[name], _bars(every[name])) for name in ON_THE_FIRST_PAGE],
        **_around(typed),
    )


@bp.get("/reports/<name>")
@screen(may="report.read")
def report(name: str) -> Response:
    """One report: picture, table, and what its numbers mean."""
    typed, asked = _asked()
    with reading() as tx:
        shown = usecases.report(tx, me(), name, asked)
    if request.args.get("format") == "csv":
        named = {"Content-Disposition": f'attachment; filename="{shown.name}.csv"'}
        return Response(BEGIN + usecases.csv_of(shown), content_type="text/csv; charset=utf-8", headers=named)
    divided = next(one["by"] for one in usecases.titles(me()) if one["name"] == name)
    return page("report.html", nav="/reports", report=shown, bars=_bars(shown), divided=divided, **_around(typed))


def _asked() -> tuple[dict[str, str], dict[str, Any]]:
    """What stands in the filters, and what it asks: days, the last one included, by the clock of the branch asked for,
    else of the reader's own."""
    typed = {name: request.args.get(name, "") for name in FILTERS}
    since = typed_day(typed["since"]) or place().today - timedelta(days=DAYS)
    days = {"since": since, "until": typed_day(typed["until"])}
    typed |= {name: day.isoformat() if day else "" for name, day in days.items()}  # what counts is what is shown
    asked = cards.asked_of(ReportQuery, {name: text for name, text in typed.items() if name not in days})
    there = _zone(asked.get("branch"))
    moments = {"since": _midnight(days["since"], there), "until": _midnight(days["until"], there, 1)}
    return typed, asked | {name: at for name, at in moments.items() if at}


def _zone(branch: UUID | None) -> ZoneInfo:
    with reading() as tx:
        asked = people.branch(tx, branch)
    return zone(asked) if asked else place().zone


def _midnight(day: date | None, there: ZoneInfo, later: int = 0) -> datetime | None:
    return datetime.combine(day + timedelta(days=later), time(), there) if day else None


def _around(typed: Mapping[str, str]) -> dict[str, Any]:
    """The filters with their choices, the way to every report, and links that keep what was chosen."""
    kept = {name: value for name, value in typed.items() if value and name != "by"}
    return {
        "asked": typed,
        "titles": usecases.titles(me()),
        "branches": [(one["id"], one["name"]) for one in doors().maybe_every("/staff/branches")],
        "people": choices.of("whoever_had_it", {}),
        "teams": choices.of("teams", {}),
        "channels": CHANNELS,
        "trades": choices.of("trades", {})[1:],
        "kept": urlencode(kept),
        "behind": behind,
        "row_name": row_name,
        "nameless": nameless,
        "percent_of": percent_of,
    }


def behind(row: Row, column: Any) -> str:
    """The list of the cards that a number counts."""
    if column.kind != "count" or "cards" not in row or not row.get(column.key):
        return ""
    asked = {name: _plainly(value) for name, value in {**row["cards"], **(column.asks or {})}.items()}
    return f"/cards?{urlencode(asked)}"


def _plainly(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def row_name(shown: Report, row: Row) -> str:
    """What a row is about, from all of its columns that are words."""
    said_of_it = ", ".join(_word(row[one.key]) for one in shown.columns if one.kind == "text" and row[one.key])
    return said_of_it or nameless(shown)


def nameless(shown: Report) -> str:
    """What is said in place of a name: that it is nobody's, or that nobody said."""
    return said("Nobody") if shown.by in ("person", "team") else said("Not said")


def _word(value: Any) -> str:
    return formatting.plain(value) if str(value).islower() else str(value)


def _bars(shown: Report) -> list[tuple[str, str, float, str, str]]:
    """The picture: each row's bar as long as its number is beside the largest, with the same number in words."""
    column = next(one for one in shown.columns if one.key == DRAWN[shown.name])
    values = [(row, Decimal(row[column.key] or 0)) for row in shown.rows]
    top = Decimal(100) if column.kind == "percent" else max((value for _, value in values), default=Decimal(0))
    return [
        (row_name(shown, row), str(value), float(value * 100 / top) if top else 0.0, figure(value, column.kind),
         behind(row, column))
        for row, value in values[:12]
    ]  # fmt: skip


UNITS = {"percent": " %", "minutes": " min", "days": " d"}


def figure(value: Any, kind: str) -> str:
    return f"{value}{UNITS.get(kind, '')}"


def _total(shown: Report, key: str) -> int:
    return sum(row[key] or 0 for row in shown.rows)


def _money(shown: Report, key: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for one in (one for row in shown.rows for one in row[key] or ()):
        sums[one["currency"]] = sums.get(one["currency"], Decimal(0)) + Decimal(one["amount"])
    return sums


def _steps(funnel: Report) -> list[dict[str, Any]]:
    """The funnel from the top down: how many came so far, of all, and how many stayed behind."""
    labels = {one.key: one for one in funnel.columns}
    counts = [(labels[key], _total(funnel, key)) for key in STEPS]
    every = counts[0][1]
    asked = _common(row["cards"] for row in funnel.rows)
    found = []
    for n, (column, count) in enumerate(counts):
        before = counts[n - 1][1] if n else count
        share = count * 100 / every if every else 0.0
        percent = percent_of(count, every) if every else 0
        link = behind({"cards": asked, column.key: count}, column)
        found.append({"label": column.label, "count": count, "share": share, "percent": percent, "left": before - count,
                      "link": link})  # fmt: skip
    return found


def percent_of(part: int, whole: int) -> int:
    """Half a percent goes up, as in the reports."""
    return (200 * part + whole) // (2 * whole)


def _common(rows: Iterable[Row]) -> dict[str, Any]:
    """What the questions behind all rows have in common."""
    every = list(rows)
    first = dict(every[0]) if every else {}
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in every)}


def _sentence(steps: Sequence[Mapping[str, Any]]) -> tuple[int, int, str]:
    """Of how many how many were won, and after which step most stayed behind."""
    worst = max(range(1, len(steps)), key=lambda n: steps[n]["left"])
    return steps[0]["count"], steps[3]["count"], steps[worst]["label"] if steps[worst]["left"] else ""


bp.app_template_filter("figure")(figure)
