"""The board: a lane a step of the funnel, with how many there are, what they are worth, and the newest of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.amounts import exponent
from libs.common.auth import Caller
from libs.common.tx import Tx
from services.console.states import LANES, Phase
from services.console.usecases.shown.asking import Asked, C, asking, cursor, scanned
from services.console.usecases.shown.cards import BRIEFLY, CardShown, dressed, money

CLOSED_DAYS = 30  #: what came to its end is on the board so long
NOT_SHOWN = {"lead.invalid", "lead.merged", "lead.valid", "lead.converted"}


@dataclass(frozen=True)
class Sum:
    """``weighted`` is the value times the probability, exactly."""

    currency: str
    count: int
    value: str | None
    weighted: str | None


@dataclass
class Lane:
    key: str  #: phase and state, such as opportunity.qualified
    count: int = 0
    sums: list[Sum] = field(default_factory=list)
    cards: list[CardShown] = field(default_factory=list)
    next: str | None = None  #: the cursor with which ``cards(lane=key)`` goes on


@dataclass(frozen=True)
class Board:
    lanes: list[Lane]


def board(tx: Tx, who: Caller, asked: Asked) -> Board:
    """Every lane there is to show, in the order of the funnel; empty ones too."""
    since = tx.now - timedelta(days=asked.get("closed_days") or CLOSED_DAYS)
    kinds = ((C.open_lane, C.open_lane.is_not(None)), (C.closed_lane, C.closed_at >= since))
    lanes: dict[str, Lane] = {key: Lane(key) for key in _wanted(asked)}
    steps: dict[str, int] = {}
    where: dict[str, tuple[Any, Any]] = {}
    for name, there in kinds:
        summed = scanned(sa.select(name.label("lane"), C.currency, *SUMS), who)
        summed = summed.where(name.is_not(None), there, *asking(tx, asked)).group_by(name, C.currency)
        for row in tx.execute(summed):
            if row.lane not in NOT_SHOWN:
                lane = lanes.setdefault(row.lane, Lane(row.lane))
                where[row.lane] = (name, there)
                steps[row.lane] = max(steps.get(row.lane, 0), row.step or 0)
                _add(lane, row)
    ordered = [lanes[key] for key in sorted(lanes, key=lambda key: (LANES.get(key, steps.get(key, 0)), key))]
    _fill(tx, who, ordered, where, asked)
    return Board(ordered)


SUMS = (
    sa.func.count().label("many"),
    sa.func.sum(C.value).label("value"),
    sa.func.sum(C.value * sa.func.coalesce(C.probability, 0)).label("weighted"),
    sa.func.max(C.probability).label("step"),
)


def _add(lane: Lane, row: Any) -> None:
    lane.count += row.many
    if row.currency and row.value is not None:
        weighted = format(Decimal(int(row.weighted or 0)).scaleb(-2 - exponent(row.currency)), "f")
        lane.sums.append(Sum(row.currency, row.many, money(int(row.value), row.currency), weighted))


def _wanted(asked: Asked) -> Iterable[str]:
    """The lanes that are shown even where they are empty."""
    if asked.get("lane"):
        return [asked["lane"]]
    phase = asked.get("phase")
    kind = "opportunity" if phase == Phase.ESTIMATE else phase
    return [key for key in LANES if kind is None or key.startswith(f"{kind}.")]


def _fill(tx: Tx, who: Caller, lanes: list[Lane], where: Mapping[str, tuple[Any, Any]], asked: Asked) -> None:
    """The newest cards of each lane: their ids together, then they themselves together."""
    full, limit, here = [lane for lane in lanes if lane.count], asked.get("limit") or 20, asking(tx, asked)
    if not full:
        return
    of_lane = [
        scanned(sa.select(C.id, name.label("lane")), who)
        .where(name == lane.key, there, *here)
        .order_by(C.received_at.desc(), C.id.desc())
        .limit(limit + 1)
        .subquery()
        for lane in full
        for name, there in [where[lane.key]]
    ]
    ids: dict[str, list[UUID]] = {}
    for row in tx.execute(sa.union_all(*(sa.select(one) for one in of_lane))):
        ids.setdefault(row.lane, []).append(row.id)
    wanted = [ident for some in ids.values() for ident in some[:limit]]
    rows = tx.execute(sa.select(*BRIEFLY).where(C.id.in_(wanted)))
    shown = {row["id"]: row for row in dressed(tx, [dict(row._mapping) for row in rows])}
    for lane in full:
        mine = ids.get(lane.key, [])
        lane.cards = [shown[ident] for ident in mine[:limit] if ident in shown]
        if len(mine) > limit and lane.cards:
            lane.next = cursor(lane.cards[-1]["received_at"], lane.cards[-1]["id"])
