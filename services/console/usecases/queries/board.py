"""The board: a lane a step of the funnel, with how many there are, what they are worth, and the newest of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.amounts import exponent
from libs.common.auth import Caller
from libs.common.noindex import as_read
from libs.common.tx import Tx
from services.console.model import Card
from services.console.states import LANES, Phase
from services.console.usecases.queries import withheld
from services.console.usecases.queries.asking import Asked, C, asking, cursor, scanned
from services.console.usecases.queries.cards import BRIEFLY, CardShown, added, brief, dressed, money

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


def board(tx: Tx, who: Caller, asked: Asked, filled: Callable[[str], bool] = bool) -> Board:
    """Every lane there is to show, in the order of the funnel; empty ones too. The cards of those ``filled`` says."""
    since = tx.now - timedelta(days=asked.get("closed_days") or CLOSED_DAYS)
    here, most = asking(tx, asked), asked.get("limit") or 20
    lanes: dict[str, Lane] = {key: Lane(key) for key in _wanted(asked)}
    steps: dict[str, int] = {}
    newest: dict[str, list[UUID]] = {}
    for name, there, first in ((C.open_lane, sa.true(), _by_lane), (C.closed_lane, C.closed_at >= since, _at_once)):
        every = scanned(sa.select(name.label("lane")), who, here).where(name.is_not(None), there)
        full = set()
        for row in tx.execute(every.add_columns(C.currency, *_sums(who)).group_by(name, C.currency)):
            if row.lane not in NOT_SHOWN:
                full |= {row.lane} if filled(row.lane) else set()
                steps[row.lane] = max(steps.get(row.lane, 0), row.step or 0)
                _add(lanes.setdefault(row.lane, Lane(row.lane)), row)
        for row in tx.execute(first(every.add_columns(C.id), name, sorted(full), most + 1)) if full else ():
            newest.setdefault(row.lane, []).append(row.id)
    _fill(tx, who, lanes, newest, most)
    if withheld.leads_alone(who):
        for lane in lanes.values():
            lane.sums = []
    return Board([lanes[key] for key in sorted(lanes, key=lambda key: (LANES.get(key, steps.get(key, 0)), key))])


NEWEST = (C.received_at.desc(), C.id.desc())


def _sums(who: Caller) -> tuple[Any, ...]:
    worth = withheld.worth(who)
    return (
        sa.func.count().label("many"),
        added(worth).label("value"),
        added(worth, sa.func.coalesce(C.probability, 0)).label("weighted"),
        sa.func.max(C.probability).label("step"),
    )


def _add(lane: Lane, row: Any) -> None:
    lane.count += row.many
    if row.currency and row.value is not None:
        weighted = format(Decimal(row.weighted or 0).scaleb(-2 - exponent(row.currency)), "f")
        lane.sums.append(Sum(row.currency, row.many, money(row.value, row.currency), weighted))


def _wanted(asked: Asked) -> Iterable[str]:
    """The lanes that are shown even where they are empty."""
    if asked.get("lane"):
        return [asked["lane"]]
    phase = asked.get("phase")
    kind = "opportunity" if phase == Phase.ESTIMATE else phase
    return [key for key in LANES if kind is None or key.startswith(f"{kind}.")]


def _by_lane(every: sa.Select[Any], name: Any, lanes: list[str], most: int) -> Any:
    """The newest of each lane of what is open: the index has each lane in this order, and is left after so many."""
    of_lane = [every.where(name == lane).order_by(*NEWEST).limit(most).subquery() for lane in lanes]
    return sa.union_all(*(sa.select(one) for one in of_lane))


def _at_once(every: sa.Select[Any], name: Any, lanes: list[str], most: int) -> Any:
    """The newest of each lane of what has ended of late: all of that is numbered. Asked for in the order of their
    coming, a lane with few of them would be looked for among all the cards there are."""
    order = [as_read(Card, one) for one in NEWEST]
    place = sa.func.row_number().over(partition_by=as_read(Card, name), order_by=order).label("place")
    one = every.add_columns(place).where(name.in_(lanes)).subquery()
    return sa.select(one.c.id, one.c.lane).where(one.c.place <= most).order_by(one.c.lane, one.c.place)


def _fill(tx: Tx, who: Caller, lanes: Mapping[str, Lane], newest: Mapping[str, list[UUID]], most: int) -> None:
    """The cards of all lanes, together."""
    wanted = [ident for some in newest.values() for ident in some[:most]]
    if not wanted:
        return
    rows = tx.execute(sa.select(*BRIEFLY).where(C.id.in_(wanted)))
    shown = {row["id"]: row for row in dressed(tx, who, brief(rows))}
    for key, mine in newest.items():
        lane = lanes[key]
        lane.cards = [shown[ident] for ident in mine[:most] if ident in shown]
        if len(mine) > most and lane.cards:
            lane.next = cursor(lane.cards[-1]["received_at"], lane.cards[-1]["id"])
