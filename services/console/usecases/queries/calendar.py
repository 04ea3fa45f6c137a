"""Appointments and the windows of booked work between two times."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Caller, Scope
from libs.common.tx import Tx
from services.console.model import Appointment, Booking
from services.console.usecases.queries.asking import Asked, C, names, scanned

LONGEST_VISIT, LONGEST_WORK = timedelta(days=2), timedelta(days=366)  #: what began earlier than that is over
A: Any = Appointment.__table__.c
B: Any = Booking.__table__.c
Entry = dict[str, Any]

#: what is shown of booked work, and of whose it is; what else the order says is its own page's
WORK = (
    *(B.id, B.card_id, B.number, B.title, B.state, B.scheduling, B.site, B.branch, C.who, C.what),
    *(B.window_starts_at.label("starts_at"), B.window_ends_at.label("ends_at")),
    *(B.salesperson_id, B.team_id, B.assignee_id),
)
#: what only the one kind has
A_VISITS = dict.fromkeys(("opportunity_id", "phone", "note"))
A_WORKS = dict.fromkeys(("scheduling", "team_id", "assignee_id"))


def calendar(tx: Tx, who: Caller, since: datetime, until: datetime, asked: Asked) -> list[Entry]:
    """What is in somebody's, a team's or everybody's days, in order. Cancelled appointments are left out."""
    whose = _whose(tx, asked)
    entries = [*_appointments(tx, who, since, until, whose, asked), *_work(tx, who, since, until, whose, asked)]
    called = names(tx, entries, "salesperson_id", "assignee_id")
    going = people.names(tx, [UUID(one) for entry in entries for one in entry["people"]])
    for entry in entries:
        entry["salesperson"] = called.get(entry["salesperson_id"])
        entry["people"] = [{"id": one, "name": going.get(UUID(one))} for one in entry["people"]]
    return sorted(entries, key=lambda entry: (entry["starts_at"], str(entry["id"])))


def _whose(tx: Tx, asked: Asked) -> set[UUID] | None:
    """Whose days are asked for; None for everybody's."""
    if asked.get("person") is not None:
        return {asked["person"]}
    if asked.get("team") is None:
        return None
    team = people.team(tx, asked["team"])
    return {UUID(str(one)) for one in team["members"]} if team else set()


def _appointments(
    tx: Tx, who: Caller, since: datetime, until: datetime, whose: set[UUID] | None, asked: Asked
) -> list[Entry]:
    statement = sa.select(Appointment.__table__, C.who, C.what).join_from(Appointment, C.id.table, C.id == A.card_id)
    statement = statement.where(
        A.starts_at.between(since - LONGEST_VISIT, until),
        A.starts_at < until,
        A.ends_at > since,
        A.state != "cancelled",
    )
    going = _in_my_days(who)
    mine = scanned(statement, who) if going is None else statement.where(going)
    if whose is not None:
        mine = mine.where(sa.or_(sa.false(), *(A.people.contains(f" {one} ") for one in whose)))
    if asked.get("branch") is not None:
        mine = mine.where(A.branch == asked["branch"])
    return [
        {**A_WORKS, **row._mapping, "entry": "appointment", "people": row.people.split()} for row in tx.execute(mine)
    ]


def _in_my_days(who: Caller) -> sa.ColumnElement[bool] | None:
    """Whoever goes there sees it, whosever the opportunity is; None for who sees all of a branch's opportunities."""
    scope = who.scope("opportunity.read")
    if scope is Scope.ALL:
        return None
    whose = sorted(who.whose(scope))
    theirs = [] if scope is None else [C.salesperson_id.in_(whose), C.inside_rep_id.in_(whose)]
    return sa.or_(*theirs, *(A.people.contains(f" {one} ") for one in whose))


def _work(tx: Tx, who: Caller, since: datetime, until: datetime, whose: set[UUID] | None, asked: Asked) -> list[Entry]:
    if not who.may("booking.read"):
        return []
    statement = sa.select(*WORK).join_from(Booking, C.id.table, C.id == B.card_id)
    ends = sa.func.coalesce(B.window_ends_at, B.window_starts_at)
    statement = statement.where(
        B.window_starts_at.between(since - LONGEST_WORK, until),
        B.window_starts_at < until,
        ends >= since,
        B.state != "cancelled",
    )
    mine = scanned(statement, who)
    if asked.get("team") is not None:
        mine = mine.where(B.team_id == asked["team"])
    elif whose is not None:
        mine = mine.where(B.assignee_id.in_(whose))
    if asked.get("branch") is not None:
        mine = mine.where(B.branch == asked["branch"])
    return [
        {
            **A_VISITS,
            **row._mapping,
            "entry": "work",
            "type": "work",
            "people": [str(row.assignee_id)] if row.assignee_id else [],
        }
        for row in tx.execute(mine)
    ]
