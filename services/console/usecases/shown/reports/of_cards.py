"""Reports that count cards: the funnel, close rates, response times, reasons for losing."""

from typing import Any

import sqlalchemy as sa

from libs.common.auth import Caller
from libs.common.tx import Tx
from services.console.usecases.shown.asking import Asked, C, asking, in_scope, names
from services.console.usecases.shown.cards import money
from services.console.usecases.shown.reports.report import Row, minutes, only, seconds, share

ALSO = ("branch", "trade", "source", "campaign", "channel", "person", "team")
DIVIDED: dict[str, Any] = {
    "source": C.source,
    "campaign": C.campaign,
    "channel": C.channel,
    "trade": C.trade,
    "branch": C.branch,
    "person": C.owner_id,
}


def _in_time(asked: Asked, column: Any) -> list[Any]:
    bounds = [column >= asked["since"]] if asked.get("since") else []
    return bounds + ([column < asked["until"]] if asked.get("until") else [])


def _ask(asked: Asked, time: str, **more: Any) -> Row:
    """The question for the cards behind a row: what was asked, the row's own, and the time under its name on a card."""
    bounds = {f"{time}_from": asked.get("since"), f"{time}_until": asked.get("until")}
    return only(asked, *ALSO) | {name: value for name, value in (bounds | more).items() if value is not None}


def _grouped(tx: Tx, who: Caller, asked: Asked, by: str, time: Any, numbers: list[Any], *where: Any) -> list[Any]:
    column = DIVIDED[by].label("by")
    statement = in_scope(sa.select(column, *numbers), who, "report.read")
    statement = statement.where(*asking(tx, asked), *_in_time(asked, time), *where)
    return list(tx.execute(statement.group_by(DIVIDED[by])))


def _many(condition: Any) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _called(tx: Tx, by: str, rows: list[Row]) -> list[Row]:
    """Rows by what their group is called, the largest first."""
    called = names(tx, rows, "by") if by == "person" else {}
    for row in rows:
        row["label"] = called.get(row["by"], str(row["by"]) if row["by"] is not None else "")
        row["by"] = None if row["by"] is None else str(row["by"])
    return rows


def _own(by: str, value: Any) -> Row:
    """What is asked of a row's cards for its own group, which may be of those that say nothing."""
    return {"without": "owner_id" if by == "person" else by} if value is None else {by: value}


def funnel(tx: Tx, who: Caller, asked: Asked, by: str) -> list[Row]:
    numbers = [
        sa.func.count().label("leads"),
        _many(C.outcome == "invalid").label("invalid"),
        _many(C.opportunity_id.is_not(None)).label("opportunities"),
        _many(C.priced_from.is_not(None)).label("priced"),
        _many(C.won_at.is_not(None)).label("won"),
        _many(C.phase == "booking").label("booked"),
        _many(sa.and_(C.phase == "booking", C.assigned_at.is_not(None))).label("handed_over"),
    ]
    rows: list[Row] = []
    sold = _sold(tx, who, asked, by, C.received_at)
    for one in _grouped(tx, who, asked, by, C.received_at, numbers, C.outcome != "merged"):
        counts = {name: int(value) for name, value in one._mapping.items() if name != "by"}
        ask = _ask(asked, "received", merged=False, **_own(by, one.by))
        rate = share(counts["won"], counts["leads"])
        rows.append({"by": one.by, **counts, "rate": rate, "value": sold.get(one.by, []), "cards": ask})
    return _called(tx, by, sorted(rows, key=lambda row: -row["leads"]))


def _sold(tx: Tx, who: Caller, asked: Asked, by: str, time: Any) -> dict[Any, list[dict[str, Any]]]:
    """What was won in each group, a sum for every currency."""
    column = DIVIDED[by].label("by")
    statement = in_scope(sa.select(column, C.currency, sa.func.sum(C.value).label("value")), who, "report.read")
    statement = statement.where(*asking(tx, asked), *_in_time(asked, time), C.won_at.is_not(None), C.value.is_not(None))
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in tx.execute(statement.group_by(DIVIDED[by], C.currency).order_by(C.currency)):
        found.setdefault(row.by, []).append({"currency": row.currency, "amount": money(int(row.value), row.currency)})
    return found


def close_rate(tx: Tx, who: Caller, asked: Asked, by: str) -> list[Row]:
    numbers = [_many(C.stage_type == "won").label("won"), _many(C.stage_type == "lost").label("lost")]
    there = C.stage_type.in_(("won", "lost"))
    sold = _sold(tx, who, asked, by, C.closed_at)
    rows: list[Row] = []
    for one in _grouped(tx, who, asked, by, C.closed_at, numbers, there):
        won, lost = int(one.won), int(one.lost)
        row = {"by": one.by, "won": won, "lost": lost, "rate": share(won, won + lost), "value": sold.get(one.by, [])}
        rows.append(row | {"cards": _ask(asked, "closed", decided=True, **_own(by, one.by))})
    return _called(tx, by, sorted(rows, key=lambda row: (-row["won"], -row["lost"])))


def response_time(tx: Tx, who: Caller, asked: Asked, by: str) -> list[Row]:
    taken = seconds(tx, C.responded_at, C.received_at)
    numbers = [
        sa.func.count().label("leads"),
        sa.func.count(C.responded_at).label("answered"),
        _many(C.responded_at <= C.response_due_at).label("in_time"),
        _many(C.responded_at > C.response_due_at).label("late"),
        sa.func.sum(taken).label("taken"),
    ]
    rows: list[Row] = []
    there = (C.response_due_at.is_not(None), C.outcome != "merged")
    for one in _grouped(tx, who, asked, by, C.received_at, numbers, *there):
        counts = {name: int(getattr(one, name)) for name in ("leads", "answered", "in_time", "late")}
        average = minutes(float(one.taken) / counts["answered"]) if counts["answered"] else None
        rate = share(counts["in_time"], counts["in_time"] + counts["late"])
        ask = _ask(asked, "received", clocked=True, merged=False, **_own(by, one.by))
        rows.append({"by": one.by, **counts, "rate": rate, "average": average, "cards": ask})
    return _called(tx, by, sorted(rows, key=lambda row: -row["leads"]))


def lost_reasons(tx: Tx, who: Caller, asked: Asked, _by: str) -> list[Row]:
    many, value = sa.func.count().label("many"), sa.func.sum(C.value).label("value")
    statement = in_scope(sa.select(C.lost_in, C.lost_reason, C.currency, many, value), who, "report.read")
    statement = statement.where(C.stage_type == "lost", *asking(tx, asked), *_in_time(asked, C.closed_at))
    found: dict[tuple[str, str], Row] = {}
    for one in tx.execute(statement.group_by(C.lost_in, C.lost_reason, C.currency).order_by(C.currency)):
        key = (one.lost_in or "", one.lost_reason or "")
        ask = _ask(asked, "closed", lost=True, lost_in=one.lost_in, lost_reason=one.lost_reason)
        row = found.setdefault(key, {"stage": key[0], "reason": key[1], "lost": 0, "value": [], "cards": ask})
        row["lost"] += one.many
        if one.value is not None and one.currency:
            row["value"].append({"currency": one.currency, "amount": money(int(one.value), one.currency)})
    return sorted(found.values(), key=lambda row: (-row["lost"], row["stage"], row["reason"]))
