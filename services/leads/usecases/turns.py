"""Whose turn it is: an enquiry that comes with nobody's name is given by the branch's rule."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Role
from libs.common.parties import folded
from libs.common.prospects import lies_in
from libs.common.tx import Tx
from services.leads.model import Lead, Selling
from services.leads.settings import PREFERENCES, By
from services.leads.states import WORKED

Person = Mapping[str, Any]  #: a seller's record, as staff told it
Enquiry = Mapping[str, Any]  #: what was said of a lead that is just taken in

#: what a seller is chosen for → whether this one is the right one
AMONG: Mapping[str, Callable[[Person, Enquiry], bool]] = {
    "territory": lambda who, asked: lies_in(
        str((asked.get("address") or {}).get("postal_code") or ""), who["territory"]
    ),
    "trade": lambda who, asked: _can(who, asked.get("trade")),
    "product": lambda who, asked: _can(who, asked.get("service_interest")),
}


def whose(tx: Tx, branch: UUID | None, asked: Enquiry) -> UUID | None:
    """Who of the branch's sellers gets it; None without a rule, or while nobody is here."""
    rules = PREFERENCES.read(tx, branch)
    by = By(rules["assign_by"])
    sellers = _here(tx, branch) if by is not By.NOBODY else {}
    for name in rules["assign_among"]:
        sellers = {ident: who for ident, who in sellers.items() if AMONG[name](who, asked)} or sellers
    if not sellers:
        return None
    turn = tx.count(f"turns {branch or 'company'}")  # who takes in at the same moment sees this turn taken
    last = _last_turns(tx, list(sellers))
    load = _load(tx, list(sellers)) if by is By.LOAD else {}
    chosen = min(sellers, key=lambda ident: (load.get(ident, 0), last.get(ident, 0), ident))
    _take(tx, chosen, turn)
    return chosen


def _here(tx: Tx, branch: UUID | None) -> dict[UUID, Person]:
    """Those who sell in this branch, and are not away."""
    found = people.with_role(tx, Role.SALESPERSON, branch)
    return {ident: who for ident, who in found.items() if not people.is_away(tx, ident)}


def _can(who: Person, skill: str | None) -> bool:
    return folded(skill or "") in {folded(one) for one in who["skills"]}


def _load(tx: Tx, sellers: Sequence[UUID]) -> dict[UUID, int]:
    """How many enquiries each of them still works: what somebody sells is theirs and no longer its owner's."""
    theirs = sa.or_(Selling.salesperson_id.is_not(None), ~Selling.open)
    given = sa.select(Selling.lead_id).where(Selling.lead_id == Lead.id, theirs)
    waiting = sa.select(Lead.owner_id.label("whose")).where(
        Lead.owner_id.in_(sellers), Lead.state.in_(WORKED), ~given.exists()
    )
    sold = sa.select(Selling.salesperson_id).where(Selling.salesperson_id.in_(sellers), Selling.open)
    every = sa.union_all(waiting, sold).subquery().c.whose
    counted = tx.session.execute(sa.select(every, sa.func.count().label("many")).group_by(every))
    return {row.whose: int(row.many) for row in counted}


def _last_turns(tx: Tx, sellers: Sequence[UUID]) -> dict[UUID, int]:
    counters = tx.tables.counters
    names = {f"turn {ident}": ident for ident in sellers}
    rows = tx.session.execute(sa.select(counters.c.name, counters.c.value).where(counters.c.name.in_(names)))
    return {names[row.name]: int(row.value) for row in rows}


def _take(tx: Tx, seller: UUID, turn: int) -> None:
    tx.keep(tx.tables.counters, {"name": f"turn {seller}", "value": turn}, "name")
