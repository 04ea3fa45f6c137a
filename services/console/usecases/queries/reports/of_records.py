"""Reports that look at the records behind cards: stays in stages, offers, discounts, the hand-over to operations."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Caller, Scope
from libs.common.noindex import as_read
from libs.common.scoping import scoped
from libs.common.tx import Tx
from services.console.model import Booking, Card, Estimate, Stage
from services.console.states import LANES
from services.console.usecases.queries import withheld
from services.console.usecases.queries.asking import LIVE, Asked, B, C, E, S, asking, in_scope
from services.console.usecases.queries.cards import added, money
from services.console.usecases.queries.reports.of_cards import ALSO
from services.console.usecases.queries.reports.report import Row, days, only, seconds, share

#: an offer's age in days, from … until
AGES: tuple[tuple[str, int, int | None], ...] = (
    ("up to 3 days", 0, 3),
    ("4 to 7 days", 3, 7),
    ("8 to 14 days", 7, 14),
    ("15 to 30 days", 14, 30),
    ("more than 30 days", 30, None),
)

#: when that was accepted which an order was made of: an opportunity may be sold to more than once
SOLD_BEFORE = (
    sa.select(sa.func.max(E.decided_at))
    .where(E.card_id == B.card_id, E.accepted_total.is_not(None), E.decided_at <= B.made_at)
    .correlate(Booking.__table__)
    .scalar_subquery()
)


def _in_time(asked: Asked, column: Any) -> list[Any]:
    bounds = [column >= asked["since"]] if asked.get("since") else []
    return bounds + ([column < asked["until"]] if asked.get("until") else [])


def _of(kind: Any, column: Any, tx: Tx, who: Caller, asked: Asked, *selected: Any) -> sa.Select[Any]:
    """Records with their cards, in the caller's scope; without the cards' rows where nothing is asked of them.

    Of estimates their own, for who sees those of nobody else.
    """
    joined = sa.select(*selected).join_from(kind, C.id.table, C.id == column)
    scope = who.scope("estimate.read") if kind is Estimate else None
    mine = [] if scope in (None, Scope.ALL) else [E.salesperson_id.in_(who.whose(scope))]
    return in_scope(joined, who, "report.read").where(*asking(tx, asked), *mine)


def _ask(asked: Asked, time: str, **more: Any) -> Row:
    bounds = {f"{time}_from": asked.get("since"), f"{time}_until": asked.get("until")}
    return only(asked, *ALSO) | {name: value for name, value in (bounds | more).items() if value is not None}


def _of_group(name: str, whose: Any) -> Row:
    """What is asked of a row's cards for its own group, which may be of nobody."""
    return {f"{name}_nobody": True} if whose is None else {name: whose}


def time_in_stage(tx: Tx, who: Caller, asked: Asked, _by: str) -> list[Row]:
    left, lasted = sa.func.count(S.seconds).label("left"), sa.func.sum(S.seconds).label("lasted")
    stays, longest = sa.func.count().label("stays"), sa.func.max(S.seconds).label("longest")
    statement = sa.select(S.stage, stays, left, lasted, longest)
    statement = statement.where(S.stage_type == "open", *_in_time(asked, S.entered_at))
    if asked.get("branch"):
        statement = statement.where(S.branch == asked["branch"])  # a stay's is its card's, and in the index
    everybodys = who.scope("report.read") is Scope.ALL
    if everybodys:
        statement = scoped(statement, Stage, who, "report.read")
    of_card = only(asked, *(name for name in ALSO if name != "branch"))
    if of_card or not everybodys:  # whose it is, its card knows: the stay, whose it was as it began
        cards = sa.select(C.id).where(*asking(tx, of_card))
        mine = withheld.theirs(who)
        cards = cards if mine is None else cards.where(mine)
        cards = cards if everybodys else in_scope(cards, who, "report.read")
        which = cards.whereclause
        if which is not None and not of_card and who.scope("report.read") is Scope.TEAM:
            cards = sa.select(C.id).where(as_read(Card, which))  # so many that an index of all cards is read faster
        statement = statement.where(S.card_id.in_(cards))
    rows: list[Row] = []
    for one in tx.execute(statement.group_by(S.stage)):
        average = days(float(one.lasted) / one.left) if one.left else None
        row = {"stage": one.stage, "stays": one.stays, "there": one.stays - one.left, "average": average}
        ask = _ask(asked, "entered", been_in=one.stage)
        rows.append(row | {"longest": days(one.longest), "cards": ask})
    return sorted(rows, key=lambda row: (LANES.get(f"opportunity.{row['stage']}", 99), row["stage"]))


def estimate_ageing(tx: Tx, who: Caller, asked: Asked, _by: str) -> list[Row]:
    rows: list[Row] = []
    ages = [
        (label, tx.now - timedelta(days=least), most and tx.now - timedelta(days=most)) for label, least, most in AGES
    ]
    age = sa.case(*((E.sent_at >= oldest if oldest else sa.true(), label) for label, _, oldest in ages)).label("age")
    many, total = sa.func.count().label("many"), added(E.total).label("total")
    statement = _of(Estimate, E.card_id, tx, who, asked, age, E.currency, many, total)
    found = tx.execute(statement.where(E.state.in_(LIVE)).group_by(age, E.currency).order_by(E.currency)).all()
    for label, newest, oldest in ages:
        mine = [one for one in found if one.age == label]
        bounds = {"offered_from": oldest, "offered_until": newest if newest < tx.now else None, "offer_live": True}
        ask = only(asked, *ALSO) | {name: value for name, value in bounds.items() if value}
        value = [{"currency": one.currency, "amount": money(one.total, one.currency)} for one in mine]
        rows.append({"age": label, "offers": sum(one.many for one in mine), "value": value, "cards": ask})
    return rows


def discounts(tx: Tx, who: Caller, asked: Asked, _by: str) -> list[Row]:
    sums = [added(column).label(name) for name, column in (("list_price", E.list_price), ("taken", E.discount))]
    given = sa.func.sum(sa.case((E.discount > 0, 1), else_=0)).label("given")
    selected = (E.salesperson_id, E.currency, sa.func.count().label("many"), given, *sums)
    statement = _of(Estimate, E.card_id, tx, who, asked, *selected)
    statement = statement.where(E.accepted_total.is_not(None), *_in_time(asked, E.decided_at))
    found = tx.execute(statement.group_by(E.salesperson_id, E.currency).order_by(E.currency)).all()
    called = people.names(tx, [one.salesperson_id for one in found])
    rows = [
        {
            "by": None if one.salesperson_id is None else str(one.salesperson_id),
            "label": called.get(one.salesperson_id, ""),
            "currency": one.currency,
            "accepted": one.many,
            "given": int(one.given),
            "list_price": money(one.list_price, one.currency),
            "discount": money(one.taken, one.currency),
            "rate": share(one.taken, one.list_price),
            "cards": _ask(
                asked,
                "accepted",
                accepted=True,
                accepted_in=one.currency,
                **_of_group("accepted_by", one.salesperson_id),
            ),
        }
        for one in found
    ]
    return sorted(rows, key=lambda row: (-row["accepted"], row["label"]))


def hand_over(tx: Tx, who: Caller, asked: Asked, _by: str) -> list[Row]:
    until_handed = seconds(tx, B.handed_over_at, sa.func.coalesce(SOLD_BEFORE, B.made_at))
    until_taken = seconds(tx, B.accepted_at, B.assigned_at)
    selected = (
        B.team_id,
        sa.func.count().label("many"),
        sa.func.avg(until_handed).label("handed"),
        sa.func.count(B.accepted_at).label("accepted"),
        sa.func.avg(until_taken).label("taken"),
        sa.func.sum(sa.func.coalesce(B.returns, 0)).label("returns"),
        sa.func.sum(sa.case((B.returns > 0, 1), else_=0)).label("returned"),
    )
    statement = _of(Booking, B.card_id, tx, who, asked, *selected)
    statement = statement.where(B.handed_over_at.is_not(None), *_in_time(asked, B.handed_over_at))
    found = tx.execute(statement.group_by(B.team_id)).all()
    rows = []
    for one in found:
        team = people.team(tx, one.team_id)
        own = None if one.team_id is None else str(one.team_id)
        row = {"by": own, "label": team["name"] if team else "", "handed_over": one.many}
        row |= {"accepted": one.accepted, "until_handed_over": days(one.handed), "until_accepted": days(one.taken)}
        row |= {"returns": int(one.returns), "rate": share(int(one.returned), one.many)}
        rows.append(
            row | {"cards": _ask(asked, "handed_over", handed_over=True, **_of_group("handed_to", one.team_id))}
        )
    return sorted(rows, key=lambda row: (-row["handed_over"], row["label"]))
