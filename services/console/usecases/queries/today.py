"""What somebody should do next: the few things that wait, the most urgent first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import people, workhours
from libs.common.auth import Caller, Scope
from libs.common.noindex import as_read
from libs.common.tx import Tx
from services.console.model import Card
from services.console.usecases.queries.asking import AWAITED, Asked, C, asking, scanned
from services.console.usecases.queries.calendar import Entry, calendar
from services.console.usecases.queries.cards import BRIEFLY, CardShown, brief, dressed
from services.console.usecases.queries.withheld import theirs

EXPIRING = timedelta(days=3)
AT = {
    "not_taken_over": "booking.read",
    "to_hand_over": "booking.read",
    "expiring_offer": "estimate.read",
    "with_the_customer": "estimate.read",
}  #: at whose record a step waits, where that is not the enquiry's own


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
    """The next best steps in the caller's scope, or of one ``person`` in it; today by the branch's clock.

    A card may wait for several things at once.
    """
    limit, here = asked.get("limit") or 10, asking(tx, asked)
    waiting: dict[str, Waiting] = {}
    due: dict[str, list[tuple[UUID, datetime]]] = {}
    for key, (condition, at) in _steps(tx, who).items():
        many = tx.execute(scanned(sa.select(sa.func.count()), who, here).where(condition)).scalar_one()
        first = scanned(sa.select(C.id, at.label("due")), who, here).where(condition).order_by(at, C.id).limit(limit)
        waiting[key], due[key] = Waiting(key, many), [(row.id, row.due) for row in tx.execute(first)] if many else []
    ids = {ident for some in due.values() for ident, _ in some}
    rows = tx.execute(sa.select(*BRIEFLY).where(C.id.in_(ids)))
    shown = {row["id"]: row for row in dressed(tx, who, brief(rows))}
    for key, some in due.items():
        waiting[key].cards = [{**shown[ident], "due_at": at} for ident, at in some if ident in shown]
    since, until = day(tx, who)
    return Today(list(waiting.values()), calendar(tx, who, since, until, asked))


def _steps(tx: Tx, who: Caller) -> Mapping[str, tuple[sa.ColumnElement[bool], Any]]:
    """Each kind of next step: which cards, and since or until when. A card waits for the first that holds.

    Not what waits at a record that the caller does not see.
    """
    now, soon = tx.now, tx.now + EXPIRING
    every: dict[str, tuple[sa.ColumnElement[bool], Any]] = {
        "late_answer": (sa.and_(C.answer_due_at < now, AWAITED), C.answer_due_at),
        "answer": (sa.and_(C.answer_due_at >= now, AWAITED), C.answer_due_at),
        "overdue_follow_up": (C.follow_up_at < now, C.follow_up_at),
        "not_taken_over": (C.take_over_by < now, C.take_over_by),
        "expiring_offer": (C.offer_ends_at.between(now, soon), C.offer_ends_at),
        "to_hand_over": (C.open_lane.in_(("booking.draft", "booking.ready", "booking.returned")), C.booking_made_at),
        "with_the_customer": (C.offer_ends_at > soon, C.offer_ends_at),
    }
    return {
        key: (sa.and_(condition, *_for(who, AT.get(key, ""))), at)
        for key, (condition, at) in every.items()
        if who.may(AT.get(key, ("lead.read", "opportunity.read")))
    }


def _for(who: Caller, at: str) -> list[sa.ColumnElement[bool]]:
    """For whom something waits: an offer, for whoever sells it; an answer, for whoever has the enquiry, too. Who merely
    handed that in has nothing to do."""
    mine, scope = theirs(who), who.scope("lead.read")
    if at == "booking.read" or (mine is None and (at or scope is Scope.ALL)):
        return []
    owns = [] if at else [C.lead_owner_id.in_(who.whose(scope))]
    whose = sa.or_(*owns, *([] if mine is None else [mine]))
    return [as_read(Card, whose)]  # it is found by when it is due


def day(tx: Tx, who: Caller) -> tuple[datetime, datetime]:
    """Midnight to midnight, by the clock that the caller reads."""
    now = tx.now.astimezone(workhours.zone(people.seat(tx, who.home)))
    begins = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return begins, (begins + timedelta(hours=36)).replace(hour=0)
