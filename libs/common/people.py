"""This service's copy of staff: people, teams and branches, as staff last told."""

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common.auth import Caller, Role, reach, roles_of
from libs.common.contracts.staff import BranchChanged, PersonChanged, TeamChanged
from libs.common.errors import Fault, Invalid
from libs.common.parties import country_of
from libs.common.prospects import lies_in
from libs.common.service import Subscriptions
from libs.common.tx import Tx

if TYPE_CHECKING:
    from libs.common.store import Store


def subscribe(subscriptions: Subscriptions) -> None:
    """Keeps the copy from now on: the three handlers that every service has."""
    subscriptions.on(PersonChanged)(remember_person)
    subscriptions.on(TeamChanged)(remember_team)
    subscriptions.on(BranchChanged)(remember_branch)


def remember_person(tx: Tx, event: PersonChanged) -> None:
    """Keeps the person as the fact has them; ``details`` is the whole record."""
    person = event.person
    row = {
        "name": person.name,
        "email": person.email,
        "roles": list(person.roles),
        "branch": person.branch,
        "teams": [str(team) for team in person.team_ids],
        "details": msgspec.to_builtins(person),
        "active": person.active,
    }
    _keep(tx, tx.tables.people, event.subject, row)


def remember_team(tx: Tx, event: TeamChanged) -> None:
    """Keeps the team. A dissolved one is kept without members, for the names of what it did."""
    team = event.team
    row = {
        "name": team.name,
        "kind": team.kind,
        "branch": team.branch,
        "lead_id": team.lead_id if team.active else None,
        "members": [str(member) for member in team.member_ids] if team.active else [],
        "acknowledge_minutes": team.acknowledge_minutes,
    }
    _keep(tx, tx.tables.teams, event.subject, row)


def remember_branch(tx: Tx, event: BranchChanged) -> None:
    branch = event.branch
    _keep(tx, tx.tables.branches, event.subject, {"name": branch.name, "details": msgspec.to_builtins(branch)})


def _keep(tx: Tx, table: sa.Table, ident: UUID, row: dict[str, Any]) -> None:
    tx.forget_known()
    tx.keep(table, {"id": ident, **row}, "id")


def found(tx: Tx, idents: Iterable[UUID]) -> dict[UUID, sa.Row[Any]]:
    """Those of these whom staff has told of, as rows of the copy."""
    return _rows(tx, tx.tables.people, idents)


def person(tx: Tx, ident: UUID | None) -> Mapping[str, Any] | None:
    """The person's record as their fact carries it, or None when nobody told of them yet."""
    return _details(tx, tx.tables.people, ident)


def branch(tx: Tx, ident: UUID | None) -> Mapping[str, Any] | None:
    """The branch's record as its fact carries it (contracts.staff.Branch, as JSON values)."""
    return _details(tx, tx.tables.branches, ident)


def seat(tx: Tx, home: UUID | None) -> Mapping[str, Any] | None:
    """The branch by whose clock somebody reads: their own or, for who is of the whole company, its first."""
    if home is not None:
        return branch(tx, home)
    every = tx.tables.branches
    first: Mapping[str, Any] | None = tx.execute(sa.select(every.c.details).order_by(every.c.id).limit(1)).scalar()
    return first


def has_several_clocks(tx: Tx, among: Collection[UUID] = ()) -> bool:
    """Whether a time of one branch is another at another, and so is said with its zone; ``among`` these, if any."""
    clocks = tx.known("clocks", lambda: _clocks(tx))
    return len({clock for ident, clock in clocks.items() if not among or ident in among}) > 1


def _clocks(tx: Tx) -> dict[UUID, str | None]:
    every = sa.select(tx.tables.branches.c.id, tx.tables.branches.c.details)
    return {row.id: row.details.get("time_zone") for row in tx.execute(every)}


def team(tx: Tx, ident: UUID | None) -> Mapping[str, Any] | None:
    """The team: id, name, kind, branch, lead_id, members, acknowledge_minutes."""
    row = None if ident is None else _rows(tx, tx.tables.teams, [ident]).get(ident)
    return None if row is None else dict(row._mapping)


def names(tx: Tx, idents: Sequence[UUID | None]) -> dict[UUID, str]:
    """What these people are called; who is not known is left out."""
    rows = found(tx, (ident for ident in idents if ident is not None))
    return {ident: row.name for ident, row in rows.items()}


def answers_go_to(tx: Tx, ident: UUID | None, at: UUID | None) -> str:
    """The address for answers to what was written for this person: theirs or, while they are away or have left, their
    branch's. Blank where there is neither."""
    who, there = person(tx, ident) or {}, str((branch(tx, at) or {}).get("email") or "")
    theirs = str(who.get("email") or "") if who.get("active", True) else ""
    return there or theirs if _is_away(who, tx.now) else theirs or there


def absence(tx: Tx, ident: UUID) -> tuple[datetime | None, datetime | None]:
    """From when until when somebody is away; without an end, until they say so; (None, None) for who is here."""
    return _absence(person(tx, ident) or {})


def is_away(tx: Tx, ident: UUID) -> bool:
    return _is_away(person(tx, ident) or {}, tx.now)


def _is_away(record: Mapping[str, Any], now: datetime) -> bool:
    begins, ends = _absence(record)
    return begins is not None and begins <= now and (ends is None or now < ends)


def _absence(record: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    begins, ends = (record.get(name) for name in ("absent_from", "absent_until"))
    return _instant(begins), _instant(ends)


def with_role(tx: Tx, role: Role, branch: UUID | None) -> dict[UUID, Mapping[str, Any]]:
    """The records of everybody who works here and has the role, of one branch or of any."""
    table = tx.tables.people
    active = sa.select(table).where(table.c.active).order_by(table.c.id)
    rows = tx.known("active people", lambda: tx.execute(active).all())
    return {row.id: dict(row.details) for row in rows if role in row.roles and branch in (None, row.branch)}


def demand_active(tx: Tx, ident: UUID, pointer: str, may: str | None = None, *, of: UUID | None = None) -> None:
    """Refuses work for somebody who is not known here, has left, or lacks the permission. Raises Invalid."""
    if faults := unfit(tx, ident, pointer, may, of=of):
        raise Invalid("work can only be given to somebody who works here and may do it", errors=faults)


@dataclass(frozen=True)
class Said:
    """What makes somebody a caller, by the copy or by their token."""

    name: str
    roles: Sequence[str]
    branch: UUID | None
    teams: Collection[UUID]


def said(row: sa.Row[Any]) -> Said:
    return Said(row.name, row.roles, row.branch, [UUID(team) for team in row.teams])


def caller(tx: Tx, ident: UUID, who: Said, *, fresh: bool = False) -> Caller:
    """What somebody sees and may do: as they are, with the teams they are in or lead, and whom they stand in for.

    Teams and absences are as of a second ago at most (``Tx.known``), or ``fresh``.
    """
    crews = _teams(tx) if fresh else tx.known("whose teams", lambda: _teams(tx))
    covers = _covers(tx) if fresh else tx.known("covers", lambda: _covers(tx))
    colleagues, teams = {ident}, set(who.teams)
    for team_id, lead_id, members in crews:
        if team_id in teams or lead_id == ident or ident in members:
            teams.add(team_id)
            colleagues |= members
    return Caller(
        person_id=ident,
        roles=roles_of(who.roles),
        branches=frozenset({who.branch} if who.branch else ()),
        every_branch=who.branch is None,
        teams=frozenset(teams),
        colleagues=frozenset(colleagues),
        stands_in_for=_covered(ident, covers, tx.now),
        name=who.name,
    )


def _teams(tx: Tx) -> list[tuple[UUID, UUID | None, frozenset[UUID]]]:
    teams = tx.tables.teams.c
    every = tx.execute(sa.select(teams.id, teams.lead_id, teams.members))
    return [(row.id, row.lead_id, frozenset(UUID(one) for one in row.members)) for row in every]


Cover = tuple[UUID, UUID, Any]  #: who named a cover, whom, and their record


def _covers(tx: Tx) -> list[Cover]:
    table = tx.tables.people.c
    by = table.details["cover_id"].as_string()
    named = sa.select(table.id, by.label("by"), table.details).where(table.active, by.is_not(None))
    return [(row.id, UUID(row.by), row.details) for row in tx.execute(named)]


def _covered(ident: UUID, covers: Sequence[Cover], now: datetime) -> frozenset[UUID]:
    """Those who are away now and named them, and whom those stand in for in turn."""
    away = {who: by for who, by, record in covers if _is_away(record, now)}
    found: set[UUID] = set()
    waiting = {ident}
    while waiting:
        waiting = {who for who, by in away.items() if by in waiting and who not in found}
        found |= waiting
    return frozenset(found - {ident})


def unfit(tx: Tx, ident: UUID | None, pointer: str, may: str | None = None, *, of: UUID | None = None) -> list[Fault]:
    """Why somebody cannot be given work: what their roles have no permission for, they would not even see.

    ``of`` is the branch of what they are given. Who sells sees what is theirs, wherever it is; of another branch's
    records whoever works all of their own sees none.
    """
    if ident is None:
        return []
    row = found(tx, [ident]).get(ident)
    if row is None:
        return [Fault(pointer, "is nobody who is known here")]
    if not row.active:
        return [Fault(pointer, "is somebody who no longer works here")]
    if may is not None and reach(roles_of(row.roles), may)[0] is None:
        return [Fault(pointer, "is somebody whose roles do not let them work it")]
    there = Caller(ident, roles_of(row.roles), frozenset({row.branch}), every_branch=row.branch is None)
    if may is not None and not there.reaches(may, of, [ident]):
        return [Fault(pointer, "is somebody of another branch, who would not see it")]
    return []


def unknown_branch(tx: Tx, ident: UUID | None, pointer: str) -> list[Fault]:
    """What is wrong with a branch that somebody names: a record of one that is not there is seen by nobody."""
    if ident is None or _rows(tx, tx.tables.branches, [ident]):
        return []
    return [Fault(pointer, "is no branch that is known here")]


def demand_branch(tx: Tx, ident: UUID | None, pointer: str = "/branch") -> None:
    """Raises Invalid at ``pointer`` for a branch that nobody told of; none at all is the company."""
    if faults := unknown_branch(tx, ident, pointer):
        raise Invalid("there is no such branch", errors=faults)


def country(tx: Tx, ident: UUID | None) -> str:
    """Where a branch's numbers are dialled that say no country; without a branch, where the company's are."""
    here = countries(tx)
    return country_of(branch(tx, ident)) if ident is not None or len(here) != 1 else here[0]


def countries(tx: Tx) -> list[str]:
    """Where the company has branches."""
    every = sa.select(tx.tables.branches.c.details)
    found = tx.known("countries", lambda: sorted({country_of(row.details) for row in tx.execute(every)}))
    return found or ["US"]


def countries_at(store: "Store") -> list[str]:
    """The same, outside of any act."""
    with store.reading() as tx:
        return countries(tx)


def home_branch(tx: Tx, address: Mapping[str, Any] | None) -> UUID | None:
    """The branch that serves an address, or the only branch there is; None when that leaves a choice."""
    branches = tx.tables.branches
    every = sa.select(branches.c.id, branches.c.details).order_by(branches.c.id)
    rows = tx.known("branches", lambda: tx.execute(every).all())
    active = [row for row in rows if row.details.get("active", True)]
    code = str((address or {}).get("postal_code") or "")
    serving = [row.id for row in active if lies_in(code, row.details.get("service_area") or ())]
    if len(serving) == 1:
        return UUID(str(serving[0]))
    return UUID(str(active[0].id)) if len(active) == 1 else None


def _details(tx: Tx, table: sa.Table, ident: UUID | None) -> Mapping[str, Any] | None:
    row = None if ident is None else _rows(tx, table, [ident]).get(ident)
    return None if row is None else dict(row.details)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _rows(tx: Tx, table: sa.Table, idents: Iterable[UUID]) -> dict[UUID, sa.Row[Any]]:
    def find(unknown: Collection[UUID]) -> dict[UUID, sa.Row[Any]]:
        return {row.id: row for row in tx.execute(_these(table), {"idents": list(unknown)})}

    return tx.known_of(table.name, idents, find)


@functools.cache
def _these(table: sa.Table) -> sa.Select[Any]:
    return sa.select(table).where(table.c.id.in_(sa.bindparam("idents", expanding=True)))
