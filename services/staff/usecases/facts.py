"""How staff is told to others: the whole record at every change, and to this service's own copy in the same act."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from uuid import UUID

import msgspec

from libs.common import people
from libs.common.contracts import staff
from libs.common.contracts.parts import Address
from libs.common.tx import Tx
from services.staff.model import Branch, Person, Team


def tell_person(tx: Tx, person: Person) -> None:
    told = staff.Person(
        name=person.name,
        email=person.email,
        roles=tuple(person.roles),
        phone=person.phone or "",
        branch=person.branch,
        team_ids=tuple(UUID(team) for team in person.team_ids),
        skills=tuple(person.skills),
        territory=tuple(person.territory),
        calendar=_calendar(person.calendar) if person.calendar is not None else None,
        active=person.active,
        absent_from=person.absent_from,
        absent_until=person.absent_until,
        cover_id=person.cover_id,
    )
    fact = staff.PersonChanged(subject=person.id, person=told)
    tx.publish(fact, of=person)
    people.remember_person(tx, fact)


def tell_team(tx: Tx, team: Team) -> None:
    told = staff.Team(
        name=team.name,
        kind=team.kind,
        branch=team.branch,
        lead_id=team.lead_id,
        member_ids=tuple(UUID(member) for member in team.member_ids),
        acknowledge_minutes=team.acknowledge_minutes,
    )
    fact = staff.TeamChanged(subject=team.id, team=told)
    tx.publish(fact, of=team)
    people.remember_team(tx, fact)


def tell_branch(tx: Tx, branch: Branch) -> None:
    told = staff.Branch(
        name=branch.name,
        time_zone=branch.time_zone,
        currency=branch.currency,
        locale=branch.locale,
        address=msgspec.convert(branch.address, Address) if branch.address is not None else None,
        phone=branch.phone or "",
        email=branch.email or "",
        calendar=_calendar(branch.calendar),
        service_area=tuple(branch.service_area),
        trades=tuple(branch.trades),
    )
    fact = staff.BranchChanged(subject=branch.id, branch=told)
    tx.publish(fact, of=branch)
    people.remember_branch(tx, fact)


def _calendar(kept: Mapping[str, Any]) -> staff.Calendar:
    hours = {day: tuple(_hours(span) for span in spans) for day, spans in (kept.get("hours") or {}).items()}
    free = kept.get("holidays") or ()
    holidays = tuple(staff.Holiday(day=date.fromisoformat(one["day"]), name=one.get("name") or "") for one in free)
    return staff.Calendar(hours=hours, holidays=holidays)


def _hours(span: Mapping[str, str]) -> staff.Hours:
    return staff.Hours(opens=time.fromisoformat(span["opens"]), closes=time.fromisoformat(span["closes"]))
