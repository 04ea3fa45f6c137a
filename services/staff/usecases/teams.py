"""Teams are formed, changed, and people join and leave them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.tx import Tx
from services.staff.model import Person, Team
from services.staff.usecases import checks, facts

PLAIN = ("name", "kind", "branch", "lead_id", "acknowledge_minutes")


def form_team(tx: Tx, *, ident: UUID | None = None, kind: str, member_ids: Sequence[UUID] = (), **given: Any) -> Team:
    """A new team, with its members if they are named."""
    checks.demand_new_id(tx, ident)
    people = [(given.get("lead_id"), "/lead_id"), *_pointed(member_ids, "/member_ids")]
    checks.demand_known(tx, branch=given.get("branch"), people=people)
    team = tx.new(Team, ident, member_ids=[], **given)
    team.kind = kind
    _exchange(tx, team, member_ids)
    facts.tell_team(tx, team)
    return team


def change_team(tx: Tx, team: Team, **given: Any) -> Team:
    """Corrections by hand; who is in it is changed by ``replace_members``."""
    before = [getattr(team, name) for name in PLAIN]
    new_lead = given.get("lead_id") if given.get("lead_id") != team.lead_id else None
    checks.demand_known(tx, branch=given.get("branch"), people=[(new_lead, "/lead_id")])
    for name in PLAIN:
        if name in given:
            setattr(team, name, given[name])
    if [getattr(team, name) for name in PLAIN] != before:
        facts.tell_team(tx, team)
    return team


def replace_members(tx: Tx, team: Team, *, person_ids: Sequence[UUID]) -> Team:
    """Exactly these people are in the team from now on. Who left the company may stay, but not join."""
    named = _pointed(person_ids, "/person_ids")
    checks.demand_known(tx, people=[one for one in named if str(one[0]) not in team.member_ids])
    if _exchange(tx, team, person_ids):
        facts.tell_team(tx, team)
    return team


def _exchange(tx: Tx, team: Team, person_ids: Sequence[UUID]) -> bool:
    """Both sides of the membership change together; each person concerned is told anew. Whether anything changed."""
    after = list(dict.fromkeys(str(ident) for ident in person_ids))
    before, team.member_ids = list(team.member_ids), after
    concerned = [UUID(one) for one in sorted(set(before) ^ set(after))]
    locked = sa.select(Person).where(Person.id.in_(concerned)).order_by(Person.id).with_for_update()
    for person in tx.all(locked.execution_options(populate_existing=True)) if concerned else ():
        (person.leave if str(person.id) in before else person.join)(team.id)
        facts.tell_person(tx, person)
    return before != after


def _pointed(idents: Sequence[UUID], at: str) -> list[tuple[UUID, str]]:
    return [(ident, f"{at}/{place}") for place, ident in enumerate(idents)]
