"""Reports that count cards: the funnel, close rates, response times, reasons for losing."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from libs.common import people
from libs.common.amounts import rounded
from libs.common.auth import Caller
from libs.common.tx import Tx
from services.console.states import Step
from services.console.usecases.queries import withheld
from services.console.usecases.queries.asking import Asked, C, asking, in_scope, names
from services.console.usecases.queries.cards import added, money
from services.console.usecases.queries.reports.report import Row, minutes, only, seconds, share

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


def _grouped(tx: Tx, who: Caller, asked: Asked, by: str, time: Any, numbers: list[Any], *where: Any) -> list[Row]:
    """A row a group, the numbers added up over currencies; with ``won_value`` among them a sum for each of those."""
    column, sums = DIVIDED[by].label("by"), any(one.name == "won_value" for one in numbers)
    groups = [DIVIDED[by], C.currency] if sums else [DIVIDED[by]]
    selected = [column, *numbers, *([C.currency] if sums else [])]
    statement = in_scope(sa.select(*selected), who, "report.read")
    statement = statement.where(*asking(tx, asked), *_in_time(asked, time), *where)
    found: dict[Any, Row] = {}
    for one in tx.execute(statement.group_by(*groups).order_by(*groups)):
        row = found.setdefault(one.by, {"by": one.by, "value": []})
        for name, value in one._mapping.items():
            if name not in ("by", "currency", "won_value"):
                row[name] = row.get(name, 0) + (value or 0)
        if sums and one.won_value is not None and one.currency:
            row["value"].append({"currency": one.currency, "amount": money(one.won_value, one.currency)})
    return list(found.values())


def _many(condition: Any) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _come_to(step: Step) -> Any:
    return C.steps.op("&")(int(step)) > 0


def _called(tx: Tx, by: str, rows: list[Row]) -> list[Row]:
    """Rows by what their group is called, the largest first."""
    called = names(tx, rows, "by") if by == "person" else _branches(tx, rows) if by == "branch" else {}
    for row in rows:
        row["label"] = called.get(row["by"], str(row["by"]) if row["by"] is not None else "")
        row["by"] = None if row["by"] is None else str(row["by"])
    return rows


def _branches(tx: Tx, rows: list[Row]) -> dict[Any, str]:
    found = {row["by"]: people.branch(tx, row["by"]) for row in rows}
    return {ident: str(branch["name"]) for ident, branch in found.items() if branch}


def _own(by: str, value: Any) -> Row:
    """What is asked of a row's cards for its own group, which may be of those that say nothing."""
    return {"without": "owner_id" if by == "person" else by} if value is None else {by: value}


def _won_value(who: Caller, won: Any) -> Any:
    return added(sa.case((won, withheld.worth(who)))).label("won_value")


FUNNEL = [
    sa.func.count().label("leads"),
    _many(C.outcome == "invalid").label("invalid"),
    *(
        _many(_come_to(step)).label(name)
        for name, step in (
            ("opportunities", Step.OPPORTUNITY),
            ("priced", Step.PRICED),
            ("won", Step.WON),
            ("booked", Step.BOOKED),
            ("handed_over", Step.HANDED_OVER),
        )
    ),
]
SETTLED = [_many(C.stage_type == "won").label("won"), _many(C.stage_type == "lost").label("lost")]


def funnel(tx: Tx, who: Caller, asked: Asked, by: str) -> list[Row]:
    numbers = [*FUNNEL, _won_value(who, _come_to(Step.WON))]
    rows = _grouped(tx, who, asked, by, C.received_at, numbers, C.outcome != "merged")
    for row in rows:
        row["rate"] = share(row["won"], row["leads"])
        row["cards"] = _ask(asked, "received", merged=False, **_own(by, row["by"]))
    return _called(tx, by, sorted(rows, key=lambda row: -row["leads"]))


def campaign_return(tx: Tx, who: Caller, asked: Asked, by: str) -> list[Row]:
    """The funnel's figures for what was paid for; what each enquiry brought says which of it to pay for again."""
    rows = funnel(tx, who, asked, by)
    for row in rows:
        each = ((one["currency"], Decimal(one["amount"]) / row["leads"]) for one in row["value"])
        row["each"] = [{"currency": code, "amount": format(rounded(amount, code), "f")} for code, amount in each]
    return rows


def close_rate(tx: Tx, who: Caller, asked: Asked, by: str) -> list[Row]:
    numbers = [*SETTLED, _won_value(who, C.stage_type == "won")]
    rows = _grouped(tx, who, asked, by, C.settled_at, numbers, C.settled_at.is_not(None))
    for row in rows:
        row["rate"] = share(row["won"], row["won"] + row["lost"])
        row["cards"] = _ask(asked, "settled", settled=True, **_own(by, row["by"]))
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
    there = (C.response_due_at.is_not(None), C.outcome != "merged")
    rows = _grouped(tx, who, asked, by, C.received_at, numbers, *there)
    for row in rows:
        row["rate"] = share(row["in_time"], row["in_time"] + row["late"])
        row["average"] = minutes(float(row.pop("taken")) / row["answered"]) if row["answered"] else None
        row["cards"] = _ask(asked, "received", clocked=True, merged=False, **_own(by, row["by"]))
    return _called(tx, by, sorted(rows, key=lambda row: -row["leads"]))


def lost_reasons(tx: Tx, who: Caller, asked: Asked, _by: str) -> list[Row]:
    many, value = sa.func.count().label("many"), added(withheld.worth(who)).label("value")
    statement = in_scope(sa.select(C.lost_in, C.lost_reason, C.currency, many, value), who, "report.read")
    statement = statement.where(
        C.settled_at.is_not(None), C.stage_type == "lost", *asking(tx, asked), *_in_time(asked, C.settled_at)
    )
    found: dict[tuple[str, str], Row] = {}
    for one in tx.execute(statement.group_by(C.lost_in, C.lost_reason, C.currency).order_by(C.currency)):
        key = (one.lost_in or "", one.lost_reason or "")
        ask = _ask(asked, "settled", lost=True, lost_in=one.lost_in, lost_reason=one.lost_reason)
        row = found.setdefault(key, {"stage": key[0], "reason": key[1], "lost": 0, "value": [], "cards": ask})
        row["lost"] += one.many
        if one.value is not None and one.currency:
            row["value"].append({"currency": one.currency, "amount": money(one.value, one.currency)})
    return sorted(found.values(), key=lambda row: (-row["lost"], row["stage"], row["reason"]))
