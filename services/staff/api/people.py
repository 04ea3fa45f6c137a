"""People over HTTP: names for everybody signed in, the rest for who runs the company's Plumbline."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint

from libs.common.parties import email_key, folded
from libs.common.web import SIGNED_IN, Answer, Given, Listing, caller, endpoint, equal, one, page, reading, visible
from services.staff import usecases
from services.staff.api.changing import changing
from services.staff.model import Person
from services.staff.schemas.people import (
    AbsenceIn,
    PasswordIn,
    PeopleQuery,
    PersonEditIn,
    PersonIn,
    PersonName,
    PersonOut,
)

bp = Blueprint("staff_people", __name__, url_prefix="/api/v1/staff/people")

LISTING = Listing(Person, sa.select(Person), equal(branch=Person.branch))


def _shown() -> type[PersonName]:
    return PersonOut if caller().may("staff.read") else PersonName


@bp.get("")
@endpoint(may=SIGNED_IN, query=PeopleQuery, answer=PersonOut, many=True)
def people(asked: Given) -> Answer:
    """Everybody, newest first; without staff.read, their names only."""
    found: list[Any] = []
    for name, listed in (("role", Person.roles), ("team", Person.team_ids)):
        if name in asked:  # a list of codes or ids, as JSON text the same on both databases
            found.append(sa.cast(listed, sa.Text).contains(f'"{asked[name]}"', autoescape=True))
    if "active" in asked:
        found.append((Person.state == "active") == asked["active"])
    if "q" in asked:
        matches = Person.search.contains(folded(asked["q"]), autoescape=True)
        if caller().may("staff.read"):
            matches |= Person.email_key.contains(email_key(asked["q"]), autoescape=True)
        found.append(matches)
    with reading() as tx:
        return page(tx, LISTING, _shown(), asked, *found)


@bp.post("")
@endpoint(may="staff.admin", body=PersonIn, answer=PersonOut, status=201)
def add_person(given: Given) -> Answer:
    """Somebody starts here. They can sign in once they have a password."""
    with changing() as tx:
        person = usecases.add_person(tx, **given)
        return tx.answer(PersonOut(), person, 201, {"Location": f"/api/v1/staff/people/{person.id}"})


@bp.get("/<uuid:person_id>")
@endpoint(may=SIGNED_IN, answer=PersonOut)
def person(person_id: UUID) -> Answer:
    """One person; without staff.read, their name only."""
    with reading() as tx:
        return one(tx, _shown(), visible(tx, Person, person_id))


@bp.patch("/<uuid:person_id>")
@endpoint(may="staff.admin", body=PersonEditIn, answer=PersonOut, edits=True)
def change_person(person_id: UUID, given: Given) -> Answer:
    """Correct or complete a person. Nobody changes their own roles."""
    with changing() as tx:
        return tx.answer(PersonOut(), usecases.change_person(tx, visible(tx, Person, person_id), **given))


@bp.post("/<uuid:person_id>/password")
@endpoint(may="staff.admin", body=PasswordIn, answer=PersonOut, idempotent=False)
def set_password(person_id: UUID, given: Given) -> Answer:
    """Give somebody a password, which ends what they began with the one before.

    Repeating it does no harm, so no key, with its hash of the body, is kept.
    """
    password_hash = usecases.hashed(given["password"])
    with changing() as tx:
        found = visible(tx, Person, person_id)
        return tx.answer(PersonOut(), usecases.set_password(tx, found, password_hash=password_hash))


@bp.post("/<uuid:person_id>/deactivate")
@endpoint(may="staff.admin", answer=PersonOut)
def deactivate(person_id: UUID) -> Answer:
    """Somebody left: they can no longer sign in. Nobody closes their own account."""
    with changing() as tx:
        return tx.answer(PersonOut(), usecases.deactivate(tx, visible(tx, Person, person_id)))


@bp.post("/<uuid:person_id>/activate")
@endpoint(may="staff.admin", answer=PersonOut)
def activate(person_id: UUID) -> Answer:
    """Somebody who had left is back."""
    with changing() as tx:
        return tx.answer(PersonOut(), usecases.activate(tx, visible(tx, Person, person_id)))


@bp.post("/<uuid:person_id>/absence")
@endpoint(may="staff.admin", body=AbsenceIn, answer=PersonOut)
def set_absence(person_id: UUID, given: Given) -> Answer:
    """Away from when until when, and who stands in; without from, here again."""
    with changing() as tx:
        return tx.answer(PersonOut(), usecases.set_absence(tx, visible(tx, Person, person_id), **given))
