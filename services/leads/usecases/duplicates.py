"""Recognising a prospect again: found at every door, warned about, never dropped."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.parties import hashed, match_keys
from libs.common.tx import Tx
from services.leads.model import Lead, MatchKey
from services.leads.states import LeadState

AT_MOST = 10
STRENGTH = ("email", "phone", "name_and_address", "company_domain")  #: strongest first
RECOGNISED_BY = {"person_name", "company", "phones", "emails", "address"}

# Built once, since every act on a lead asks them: building a statement costs more than running it.
LEADS: Any = Lead.__table__
KEYS: Any = MatchKey.__table__
LONGEST = KEYS.c.value.type.length
KEPT = sa.select(KEYS.c.why, KEYS.c.value).where(KEYS.c.lead_id == sa.bindparam("lead"))
FORGET = sa.delete(KEYS).where(
    KEYS.c.lead_id == sa.bindparam("lead"),
    sa.tuple_(KEYS.c.why, KEYS.c.value).in_(sa.bindparam("gone", expanding=True)),
)


@functools.cache
def with_keys(count: int) -> "sa.CompoundSelect[Any]":
    """Those who have one of so many: ``value0`` with ``why0``, and so on; of each key the newest.

    Each key is asked for by itself: of a domain or an address that thousands share, ten are read, and they hide nobody
    who has the same number.
    """
    return sa.union_all(*(sa.select(_with_key(at).subquery()) for at in range(count)))


def _with_key(at: int) -> "sa.Select[Any]":
    return (
        sa.select(KEYS.c.lead_id, KEYS.c.why, LEADS.c.number)
        .select_from(KEYS)
        .join(LEADS, LEADS.c.id == KEYS.c.lead_id)
        .where(KEYS.c.value == sa.bindparam(f"value{at}"), KEYS.c.why == sa.bindparam(f"why{at}"))
        .where(LEADS.c.state != LeadState.MERGED, KEYS.c.lead_id != sa.bindparam("lead"))
        .order_by(KEYS.c.lead_id.desc())  # ids grow with time
        .limit(sa.literal_column(str(AT_MOST)))  # said, not given: the planner is to know that it is few
    )


@dataclass(frozen=True)
class Duplicate:
    """Another lead that may be the same prospect, and by what."""

    id: UUID
    number: str
    why: str


def found(tx: Tx, lead: Lead) -> list[Duplicate]:
    """The leads that share something with this one, which need not be written yet."""
    tx.written(KEYS)  # others may have been taken in by this very act
    keys = keys_of(lead)
    if not keys:
        return []
    given = {
        name: said for at, (why, value) in enumerate(keys) for name, said in ((f"value{at}", value), (f"why{at}", why))
    }
    return _strongest(tx.execute(with_keys(len(keys)), {"lead": lead.id, **given}))


def of(tx: Tx, lead: Lead) -> list[Duplicate]:
    """The same for a lead that is there, as of now."""
    tx.session.flush()  # another one may just have been merged
    return found(tx, lead)


def keep(tx: Tx, lead: Lead) -> None:
    """Keeps what a new lead can be recognised by."""
    _put(tx, lead, keys_of(lead))


def keep_anew(tx: Tx, lead: Lead) -> None:
    """The same for a lead that was corrected; what it is no longer recognised by is forgotten."""
    tx.written(KEYS)
    keys = keys_of(lead)
    kept = {(row.why, row.value) for row in tx.execute(KEPT, {"lead": lead.id})}
    if gone := kept.difference(keys):
        tx.execute(FORGET, {"lead": lead.id, "gone": sorted(gone)})
    _put(tx, lead, [key for key in keys if key not in kept])


def _put(tx: Tx, lead: Lead, keys: list[tuple[str, str]]) -> None:
    tx.put(KEYS, [{"lead_id": lead.id, "why": why, "value": value} for why, value in keys])


def _strongest(matches: Iterable[Any]) -> list[Duplicate]:
    """At most ten leads, strongest match first."""
    best: dict[UUID, Duplicate] = {}
    for row in sorted(matches, key=lambda row: STRENGTH.index(row.why)):
        best.setdefault(row.lead_id, Duplicate(row.lead_id, row.number, row.why))
    return list(best.values())[:AT_MOST]


def keys_of(lead: Lead) -> list[tuple[str, str]]:
    """As they are kept: a long name at a long address is longer than the column, and some letters grow when folded."""
    keys = match_keys(
        person_name=lead.person_name,
        company=lead.company,
        phones=lead.phones,
        emails=lead.emails,
        address=lead.address,
    )
    return [(why, value if len(value) <= LONGEST else hashed(value)) for why, value in keys]
