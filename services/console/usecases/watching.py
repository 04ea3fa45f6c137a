"""Who looks at the same record, and what somebody else has made of it since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from libs.common import people
from libs.common.auth import Caller
from libs.common.scoping import scoped
from libs.common.store import Store
from libs.common.tx import Tx
from services.console.model import Booking, Estimate, Presence, Told
from services.console.usecases.queries.asking import C, in_scope
from services.console.usecases.queries.withheld import theirs

P: Any = Presence.__table__
T: Any = Told.__table__.c


def _theirs(cards: sa.Select[Any], who: Caller, permission: str) -> sa.Select[Any]:
    """Of these the cards whose opportunity is theirs: whoever handed the enquiry in has the card alone."""
    mine = theirs(who)
    return in_scope(cards if mine is None else cards.where(mine), who, permission)


#: who may see a record of a kind → the card that it is on
OF: dict[str, Callable[[Caller, UUID], sa.Select[Any]]] = {
    "lead.read": lambda who, record: in_scope(sa.select(C.id).where(C.id == record), who, "lead.read"),
    "opportunity.read": lambda who, record: _theirs(
        sa.select(C.id).where(C.opportunity_id == record), who, "opportunity.read"
    ),
    "estimate.read": lambda who, record: _theirs(
        sa.select(C.id).where(C.id.in_(sa.select(Estimate.card_id).where(Estimate.id == record))), who, "estimate.read"
    ),
    "booking.read": lambda who, record: scoped(
        sa.select(Booking.card_id).where(Booking.id == record), Booking, who, "booking.read"
    ),
}
HERE_FOR = timedelta(seconds=40)  #: a browser that polls says every 20 s that it is still there
FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Watched:
    """``changes`` counts what others did to the record, ``by`` who did the last of it; ``others`` look at it now."""

    changes: int = 0
    by: str = ""
    others: tuple[str, ...] = ()


def card_of(tx: Tx, who: Caller, record: UUID) -> UUID | None:
    """The card that a lead, opportunity, estimate or booking is on, if the caller may see that."""
    for permission, of in OF.items():
        if who.may(permission):
            found: UUID | None = tx.execute(of(who, record)).scalar()
            if found is not None:
                return found
    return None


def watched(tx: Tx, who: Caller, record: UUID, card: UUID) -> Watched:
    theirs = (T.card_id == card, T.subject == record, T.actor != str(who.person_id))
    many = tx.execute(sa.select(sa.func.count()).select_from(Told).where(*theirs)).scalar() or 0
    last = tx.execute(sa.select(T.actor).where(*theirs).order_by(T.at.desc(), T.id.desc()).limit(1)).scalar()
    here = sa.select(P.c.person).where(
        P.c.record == record, P.c.person != who.person_id, P.c.seen_at > tx.now - HERE_FOR
    )
    looking = list(tx.execute(here).scalars())
    actor = _id(last)
    called = people.names(tx, [*looking, *([actor] if actor else [])])
    others = tuple(sorted(called[one] for one in looking if one in called))
    return Watched(many, called.get(actor, "") if actor else "", others)


def look_in(store: Store, record: UUID, person: UUID) -> None:
    """This person looks at it. Past audit: it is nobody's act."""
    insert = (sqlite if store.database.sqlite else postgresql).insert(P)
    now = store.clock()
    row = {"record": record, "person": person, "seen_at": now}
    keep = insert.values(row).on_conflict_do_update(index_elements=["record", "person"], set_={"seen_at": now})
    with store.alone() as connection:
        connection.execute(sa.delete(P).where(P.c.seen_at < now - FORGOTTEN_AFTER))
        connection.execute(keep)


def _id(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
