"""What somebody should do next: the few things that wait, the most urgent first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Caller
from libs.common.tx import Tx
from services.console.usecases.shown.asking import Asked, C, asking, in_scope
from services.console.usecases.shown.calendar import Entry, calendar
from services.console.usecases.shown.cards import BRIEFLY, CardShown, dressed

EXPIRING = timedelta(days=3)


@dataclass
class Waiting:
    """Cards of one kind of next step. ``key`` says which; ``count`` is all of them, ``cards`` the most urgent."""

    key: str
    count: int = 0
    cards: list[CardShown] = field(default_factory=list)


@dataclass(frozen=True)
class Today:
    waiting: list[Waiting]
    appointments: list[Entry]


def today(tx: Tx, who: Caller, asked: Asked) -> Today:
    """The next best steps in the caller's scope, or of one ``person`` in it; today by the branch's clock."""
    steps, limit = _steps(tx), asked.get("limit") or 10
    kind = sa.case(*((condition, key) for key, (condition, _) in steps.items())).label("key")
    due = sa.case(*((condition, at) for condition, at in steps.values())).label("due")
    there = sa.or_(*(condition for condition, _ in steps.values()))
    of_them = in_scope(sa.select(C.id, kind, due), who).where(there, *asking(tx, asked)).subquery()
    place = sa.func.row_number().over(partition_by=of_them.c.key, order_by=(of_them.c.due, of_them.c.id)).label("place")
    many = sa.func.count().over(partition_by=of_them.c.key).label("many")
    ranked = sa.select(of_them.c.id, of_them.c.key, of_them.c.due, place, many).subquery()
    rows = tx.execute(sa.select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.place)).all()
    shown = tx.execute(sa.select(*BRIEFLY).where(C.id.in_([row.id for row in rows])))
    by_id = {row["id"]: row for row in dressed(tx, [dict(one._mapping) for one in shown])}
    waiting = {key: Waiting(key) for key in steps}
    for row in rows:
        waiting[row.key].count = row.many
        waiting[row.key].cards.append({**by_id[row.id], "due_at": row.due})
    since, until = day(tx, who)
    return Today(list(waiting.values()), calendar(tx, who, since, until, asked))


def _steps(tx: Tx) -> Mapping[str, tuple[sa.ColumnElement[bool], Any]]:
    """Each kind of next step: which cards, and since or until when. A card waits for the first that holds."""
    now, soon = tx.now, tx.now + EXPIRING
    return {
        "late_answer": (C.answer_due_at < now, C.answer_due_at),
        "answer": (C.answer_due_at >= now, C.answer_due_at),
        "overdue_follow_up": (C.follow_up_at < now, C.follow_up_at),
        "not_taken_over": (C.take_over_by < now, C.take_over_by),
        "expiring_offer": (C.offer_ends_at.between(now, soon), C.offer_ends_at),
        "to_hand_over": (C.open_lane.in_(("booking.draft", "booking.ready", "booking.returned")), C.booking_made_at),
        "with_the_customer": (C.offer_ends_at > soon, C.offer_ends_at),
    }


def day(tx: Tx, who: Caller) -> tuple[datetime, datetime]:
    """Midnight to midnight, by the clock of the caller's branch."""
    home = people.branch(tx, min(who.branches, default=None))
    zone = ZoneInfo(str(home["time_zone"])) if home else ZoneInfo("UTC")
    begins = tx.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return begins, (begins + timedelta(hours=36)).replace(hour=0)
