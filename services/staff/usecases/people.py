"""People come, change, are away and leave."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from libs.common.errors import Fault, Forbidden, Invalid
from libs.common.tx import Tx
from services.staff.model import Person
from services.staff.states import PersonState
from services.staff.usecases import checks, facts

PLAIN = ("phone", "branch", "skills", "territory", "calendar")


def add_person(
    tx: Tx, *, name: str, email: str, roles: Sequence[str], ident: UUID | None = None, **given: Any
) -> Person:
    """Somebody starts here. They can sign in once they have a password."""
    checks.demand_new_id(tx, ident)
    checks.demand_known(tx, branch=given.get("branch"))
    checks.demand_free_email(tx, email)
    blank: dict[str, Any] = {"state": PersonState.ACTIVE, "team_ids": [], "skills": [], "territory": []}
    person = tx.new(Person, ident, **blank | _plain(given))
    person.called(name)
    person.reached_at(email)
    person.has_roles(roles)
    person.phone = checks.dialled(tx, person.phone, person.branch)
    facts.tell_person(tx, person)
    return person


def change_person(tx: Tx, person: Person, **given: Any) -> Person:
    """Corrections by hand. Raises Forbidden for somebody who gives roles to themselves, or takes them."""
    before = _known(person)
    checks.demand_known(tx, branch=given.get("branch"))
    if "name" in given:
        person.called(given["name"])
    if "email" in given:
        checks.demand_free_email(tx, given["email"], but=person.id)
        person.reached_at(given["email"])
    if "roles" in given:
        if tx.actor == str(person.id) and set(given["roles"]) != set(person.roles):
            raise Forbidden("nobody changes their own roles; ask another admin")
        person.has_roles(given["roles"])
    for name, value in _plain(given).items():
        setattr(person, name, value)
    if "phone" in given:
        person.phone = checks.dialled(tx, person.phone, person.branch)
    if _known(person) != before:
        facts.tell_person(tx, person)
    return person


def deactivate(tx: Tx, person: Person) -> Person:
    """They left. Their work stays theirs until it is reassigned."""
    person.deactivate(by=tx.actor)
    facts.tell_person(tx, person)
    return person


def activate(tx: Tx, person: Person) -> Person:
    person.activate()
    facts.tell_person(tx, person)
    return person


def set_absence(
    tx: Tx,
    person: Person,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    cover_id: UUID | None = None,
) -> Person:
    """Away, with somebody who stands in; without a beginning, here again."""
    if cover_id == person.id:
        raise Invalid("nobody stands in for themselves", errors=[Fault("/cover_id", "is the person who is away")])
    checks.demand_known(tx, people=[(cover_id, "/cover_id")])
    person.away(since=since, until=until, cover_id=cover_id)
    facts.tell_person(tx, person)
    return person


def set_password(tx: Tx, person: Person, *, password_hash: str) -> Person:
    """Ends what was begun with the one before. Nothing is published: what others keep of them did not change."""
    person.password_hash, person.password_set_at = password_hash, tx.now
    tx.touch(person)
    return person


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    kept = {name: given[name] for name in PLAIN if name in given}
    if kept.get("calendar") is not None:
        kept["calendar"] = msgspec.to_builtins(kept["calendar"])
    return kept


def _known(person: Person) -> list[Any]:
    return [person.name, person.email, list(person.roles), *(getattr(person, name) for name in PLAIN)]
