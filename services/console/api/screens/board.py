"""The board: where everything stands, stage by stage, and moves from one to the next."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from libs.common.amounts import rounded
from libs.common.web import reading
from services.console import usecases
from services.console.adapters.words import said
from services.console.api.screens import cards, choices, sheets
from services.console.api.screens.frame import me, page, place, screen
from services.console.schemas.cards import BoardQuery
from services.console.usecases import Lane

bp = Blueprint("console_board", __name__)

CARDS_A_LANE = 20
#: where a card may be moved by hand, and by which act: a stage that means more has an act of its own
ACTS = {"converted": "opportunity.convert"}
DONE = "booking.completed"
AGES = (("", said("Any age")), ("overdue", said("Overdue")), ("7", said("Older than 7 days")),
        ("30", said("Older than 30 days")), ("90", said("Older than 90 days")))  # fmt: skip


@bp.get("/board")
@screen(may="opportunity.read")
def board() -> Response:
    """Where does everything stand?"""
    typed = {name: request.args.get(name, "") for name in ("person", "trade", "source", "age")}
    if sheets.wanted():
        return sheets.file_of("/opportunities", {"salesperson": typed["person"]})
    overdue = typed["age"] == "overdue"
    asked = cards.asked_of(BoardQuery, typed | ({"age": ""} if overdue else {}))
    with reading() as tx:
        lanes = usecases.board(tx, me(), {**asked, "overdue": overdue, "limit": CARDS_A_LANE}, _of_stage).lanes
    stages, ends = _in_order([one for one in lanes if _of_stage(one.key)]), _ends()
    return page(
        "board.html",
        nav="/board",
        lanes=stages,
        before=[one for one in lanes if one.key.startswith("lead.")],
        after=[one for one in lanes if one.key.startswith("booking.")],
        ends={kind: one for one in lanes for kind, key in ends.items() if one.key == key},
        total=_summed(stages),
        many=sum(one.count for one in stages),
        moves=me().may("opportunity.work"),
        act_of=lambda code: ACTS.get(code, "opportunity.stage"),
        asked=typed,
        people=choices.of("whoever_sold", {}),
        trades=choices.of("trades", {})[1:],
        sources=sorted({one["source"] for lane in lanes for one in lane.cards if one["source"]}),
        ages=AGES,
        behind=lambda lane: _behind(lane, typed),
    )


def _in_order(lanes: list[Lane]) -> list[Lane]:
    """The branch's own stages as it has them, empty ones too; before them what stands in others, or in a gone one.

    While the service of stages is away, as the read model knows them.
    """
    found = {one.key: one for one in lanes}
    own = [f"opportunity.{stage['code']}" for stage in cards.flow() if stage["type"] == "open"]
    if not own:
        return lanes
    return [one for one in lanes if one.key not in own and one.count] + [found.get(key) or Lane(key) for key in own]


def _ends() -> dict[str, str]:
    """The lanes of what was won and lost, as the branch calls those stages."""
    usual = {"won": "opportunity.won", "lost": "opportunity.lost"}
    return usual | {one["type"]: f"opportunity.{one['code']}" for one in cards.flow() if one["type"] in usual}


def _behind(lane: str, typed: Mapping[str, str]) -> str:
    """The list of the cards that a lane's number counts."""
    asked = {name: text for name, text in typed.items() if text}
    if asked.get("age") == "overdue":
        asked = {name: text for name, text in asked.items() if name != "age"} | {"overdue": "true"}
    if lane in (_ends()["lost"], DONE):  # of which only the last month's are on the board
        asked["closed_from"] = (place().now - timedelta(days=usecases.CLOSED_DAYS)).isoformat()
    return f"/cards?{urlencode({'lane': lane, **asked})}"


def _of_stage(key: str) -> bool:
    """Whether the lane is drawn with its cards; of what is before and after, the page says how many."""
    return key.startswith("opportunity.") and key not in _ends().values()


def _summed(lanes: Iterable[Lane]) -> list[dict[str, Any]]:
    """All open ones together, a sum for each currency."""
    totals: dict[str, list[Decimal]] = {}
    for lane in lanes:
        for one in lane.sums:
            total = totals.setdefault(one.currency, [Decimal(0), Decimal(0)])
            total[0] += Decimal(one.value or 0)
            total[1] += Decimal(one.weighted or 0)
    return [
        {"currency": unit, "value": value, "weighted": rounded(weighted, unit)}
        for unit, (value, weighted) in totals.items()
        if value
    ]
