"""Whom a chain of words reaches, by this service's copy of people and teams. Never nobody: the end is the admins."""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Caller, Role
from libs.common.errors import NotYet
from libs.common.tx import Tx
from services.notifications.usecases.triggers import Chain


@dataclass(frozen=True)
class Colleague:
    id: UUID
    name: str
    email: str
    roles: frozenset[str]
    branch: UUID | None
    teams: frozenset[UUID]
    active: bool
    away: bool
    cover_id: UUID | None
    look: Callable[[], Caller] = field(compare=False)
    instead_of: str = ""  #: whom they stand in for, where that is why they are told

    @property
    def caller(self) -> Caller:
        """What they see, worked out where it is asked for: of a role's many people it seldom is."""
        return self.look()


@dataclass(frozen=True)
class Crew:
    id: UUID
    lead_id: UUID | None
    members: tuple[UUID, ...]


class Staff:
    """People and teams, each looked up once an act."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self._known: dict[UUID, Colleague] = {}

    def look_up(self, idents: Iterable[UUID]) -> None:
        """Those of these who are not known here yet."""
        self._remember(people.found(self.tx, {ident for ident in idents if ident not in self._known}).values())

    def name(self, ident: UUID | None) -> str:
        """What somebody is called who was looked up; blank for who is no person here."""
        known = self._known.get(ident) if ident else None
        return known.name if known else ""

    def people(self, idents: Iterable[UUID]) -> list[Colleague]:
        """They, in order. Raises NotYet for somebody staff has not told of."""
        wanted = list(dict.fromkeys(idents))
        self.look_up(wanted)
        if unknown := [str(ident) for ident in wanted if ident not in self._known]:
            raise NotYet(f"staff has not told of {', '.join(unknown)}")
        return [self._known[ident] for ident in wanted]

    def with_role(self, role: Role, branch: UUID | None) -> list[Colleague]:
        """Everybody here who has it, of one branch or of any."""
        table = self.tx.tables.people
        active = sa.select(table).where(table.c.active).order_by(table.c.id)
        found = self._remember(self.tx.known("active people", lambda: self.tx.execute(active).all()))
        return [one for one in found if role in one.roles and branch in (None, one.branch)]

    @cached_property
    def teams(self) -> Mapping[UUID, Crew]:
        every = sa.select(self.tx.tables.teams)
        rows = self.tx.known("every team", lambda: self.tx.execute(every).all())
        return {row.id: Crew(row.id, row.lead_id, tuple(UUID(one) for one in row.members)) for row in rows}

    def members(self, teams: Iterable[UUID]) -> list[UUID]:
        """Everybody of these teams. Raises NotYet for a team staff has not told of."""
        wanted = list(teams)
        if unknown := [str(team) for team in wanted if team not in self.teams]:
            raise NotYet(f"staff has not told of team {', '.join(unknown)}")
        return [member for team in wanted for member in self.teams[team].members]

    def _remember(self, rows: Iterable[Any]) -> list[Colleague]:
        found = [_colleague(self.tx, row) for row in rows]
        self._known |= {one.id: one for one in found}
        return found


def reached(
    staff: Staff, chain: Chain, case: Any, actor: UUID | None, opens: Callable[[Colleague], bool]
) -> list[Colleague]:
    """The first on the chain who work here and can open what they are told of, with the cover of those who are away.

    Where all of them are away and nobody covers, the next on the chain are told as well.
    """
    told: dict[UUID, Colleague] = {}
    for word in chain:
        active = [one for one in staff.people(_asked(staff, word, case, actor)) if one.active]
        here = [one for one in active if opens(one)]
        covers = [one for one in _covers(staff, active) if opens(one)]
        told |= {one.id: one for one in (*here, *covers)}
        if any(not one.away for one in (*here, *covers)):
            break
    return list(told.values())


def _covers(staff: Staff, asked: Collection[Colleague]) -> list[Colleague]:
    """Who stands in, and for them, who stands in for those; nobody twice."""
    seen, found = {one.id for one in asked}, []
    waiting = [one for one in asked if one.away]
    while waiting:
        names = {one.cover_id: one.instead_of or one.name for one in reversed(waiting) if one.cover_id}
        next_ids = names.keys() - seen
        covers = [replace(one, instead_of=names[one.id]) for one in staff.people(sorted(next_ids)) if one.active]
        seen |= next_ids
        found += covers
        waiting = [one for one in covers if one.away]
    return found


def _asked(staff: Staff, word: str, case: Any, actor: UUID | None) -> Sequence[UUID]:
    find = WORDS.get(word)
    if find is None:
        return named(case, word)
    found = find(staff, case)
    if word not in SUPERIORS:
        return found
    passed = {actor, *named(case, "owner_id", "salesperson_id")}  # one does not escalate to oneself
    return [ident for ident in found if ident not in passed]


def named(case: Any, *names: str) -> list[UUID]:
    """The people whom these attributes name, where the case has them: one, several or nobody."""
    found: list[UUID] = []
    for name in names:
        value = getattr(case, name, None)
        several = value if isinstance(value, tuple | list) else () if value is None else (value,)
        found += [one if isinstance(one, UUID) else UUID(one) for one in several]
    return found


def _team_leads(staff: Staff, case: Any) -> list[UUID]:
    """Who leads the team that has it, else the teams of whoever owns it."""
    teams = set(named(case, "team_id"))
    if not teams:
        for owner in staff.people(named(case, "owner_id", "salesperson_id")):
            teams |= owner.teams
    found = (staff.teams[team].lead_id for team in sorted(teams) if team in staff.teams)
    return [lead for lead in found if lead is not None]


def _approvers(staff: Staff, case: Any) -> list[UUID]:
    """Who may approve what their team sells: of its people and whoever leads it, who may at all."""
    teams = {team for owner in staff.people(named(case, "owner_id", "salesperson_id")) for team in owner.teams}
    beside = {one for team in teams if team in staff.teams for one in staff.teams[team].members}
    people = staff.people(sorted(beside.union(_team_leads(staff, case))))
    return [one.id for one in people if one.caller.may("estimate.approve")]


def _operators(staff: Staff, members: Sequence[UUID]) -> list[UUID]:
    """Of a team, who takes work over: a technician in it is told by whoever did."""
    return [one.id for one in staff.people(members) if one.caller.may("booking.operate")]


def _managers(staff: Staff, case: Any) -> list[UUID]:
    return [one.id for one in staff.with_role(Role.MANAGER, case.branch)] if case.branch else []


def _front_desk(staff: Staff, case: Any) -> list[UUID]:
    """Who sees what nobody has, and gives it to somebody; a manager sees their team's only."""
    roles = (Role.CSR, Role.OFFICE)
    return [one.id for role in roles for one in staff.with_role(role, case.branch)] if case.branch else []


def _admins(staff: Staff, case: Any) -> list[UUID]:
    """The branch's, else the company's. Raises NotYet while staff has told of none."""
    found = staff.with_role(Role.ADMIN, case.branch) or staff.with_role(Role.ADMIN, None)
    if not found:
        raise NotYet("staff has not told of anybody who could be told")
    return [one.id for one in found]


WORDS: Mapping[str, Callable[[Staff, Any], Sequence[UUID]]] = {
    "assignee": lambda _staff, case: named(case, "assignee_id", "assignee_ids"),
    "owner": lambda _staff, case: named(case, "owner_id", "salesperson_id"),
    "team": lambda staff, case: _operators(staff, staff.members(named(case, "team_id"))),
    "previous_team_id": lambda staff, case: staff.members(named(case, "previous_team_id")),
    "past_team_ids": lambda staff, case: staff.members(named(case, "past_team_ids")),
    "team_lead": _team_leads,
    "approver": _approvers,
    "branch_manager": _managers,
    "front_desk": _front_desk,
    "admin": _admins,
}  #: what is not here is an attribute of the fact that names people
SUPERIORS = ("team_lead", "approver", "branch_manager", "admin")


def _colleague(tx: Tx, row: Any) -> Colleague:
    start, end = (_instant(row.details.get(name)) for name in ("absent_from", "absent_until"))
    said = start is not None or end is not None
    away = said and (start is None or start <= tx.now) and (end is None or tx.now < end)
    return Colleague(
        id=row.id,
        name=row.name,
        email=row.email,
        roles=frozenset(row.roles),
        branch=row.branch,
        teams=frozenset(UUID(team) for team in row.teams),
        active=row.active,
        away=away,
        cover_id=UUID(cover) if (cover := row.details.get("cover_id")) else None,
        look=functools.cache(lambda: people.caller(tx, row.id, people.said(row))),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
