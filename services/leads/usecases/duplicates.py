"""Recognising a prospect again: found at every door, warned about, never dropped."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from libs.common.parties import match_keys
from libs.common.tx import Tx
from services.leads.model import Lead, MatchKey
from services.leads.states import LeadState

AT_MOST = 10
STRENGTH = ("email", "phone", "name_and_address", "company_domain")  #: strongest first


@dataclass(frozen=True)
class Duplicate:
    """Another lead that may be the same prospect, and by what."""

    id: UUID
    number: str
    why: str


def remember(tx: Tx, lead: Lead) -> list[Duplicate]:
    """Keeps what the lead can be recognised by, and says which others share any of it."""
    keys = _keys(lead)
    with tx.session.no_autoflush:  # one INSERT of the lead, when everything about it is known
        found = find(tx, keys, but=lead.id)
        new = lead in tx.session.new
        kept = [] if new else tx.all(sa.select(MatchKey).where(MatchKey.lead_id == lead.id))
    before = {(one.why, one.value): one for one in kept}
    for key in before.keys() - set(keys):
        tx.session.delete(before[key])
    tx.session.add_all(
        MatchKey(lead_id=lead.id, why=why, value=value) for why, value in keys if (why, value) not in before
    )
    return found


def of(tx: Tx, lead: Lead) -> list[Duplicate]:
    """The leads that share something with this one, as of now."""
    return find(tx, _keys(lead), but=lead.id)


def find(tx: Tx, keys: list[tuple[str, str]], *, but: UUID | None = None) -> list[Duplicate]:
    """At most ten leads that have one of these keys, strongest match first. One indexed query."""
    if not keys:
        return []
    pair = sa.tuple_(MatchKey.value, MatchKey.why)
    matches = (
        sa.select(MatchKey.lead_id, MatchKey.why, Lead.number)
        .join(Lead, Lead.id == MatchKey.lead_id)
        .where(pair.in_([(value, why) for why, value in keys]), Lead.state != LeadState.MERGED)
        .order_by(Lead.created_at.desc())
        .limit(200)
    )
    if but is not None:
        matches = matches.where(MatchKey.lead_id != but)
    best: dict[UUID, Duplicate] = {}
    for row in sorted(tx.session.execute(matches), key=lambda row: STRENGTH.index(row.why)):
        best.setdefault(row.lead_id, Duplicate(row.lead_id, row.number, row.why))
    return list(best.values())[:AT_MOST]


def _keys(lead: Lead) -> list[tuple[str, str]]:
    return match_keys(
        person_name=lead.person_name,
        company=lead.company,
        phones=lead.phones,
        emails=lead.emails,
        address=lead.address,
    )
