"""What an act on staff refers to has to be there; everything that is not is named at once."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from libs.common.errors import Conflict, Fault, Invalid
from libs.common.parties import email_key, from_anywhere
from libs.common.people import country, unknown_branch
from libs.common.tx import Tx
from services.staff.model import Branch, Person, Team
from services.staff.states import PersonState


def demand_new_id(tx: Tx, ident: UUID | None) -> None:
    """An id that the caller chose names nothing else, of whatever kind: facts are counted by it."""
    if ident is None:
        return
    for kind in (Person, Team, Branch):
        if tx.session.get(kind, ident) is not None:
            what = kind.__name__.lower()
            raise Conflict(f"there is a {what} {ident} already", errors=[Fault("/id", f"is a {what}'s already")])


def demand_known(tx: Tx, *, branch: UUID | None = None, people: Iterable[tuple[UUID | None, str]] = ()) -> None:
    """The branch exists and each person works here. ``people`` come with the pointers to where they are named."""
    faults = unknown_branch(tx, branch, "/branch")
    named = [(ident, pointer) for ident, pointer in people if ident is not None]
    rows = tx.session.execute(sa.select(Person.id, Person.state).where(Person.id.in_({ident for ident, _ in named})))
    states = {row.id: row.state for row in rows} if named else {}
    for ident, pointer in named:
        if ident not in states:
            faults.append(Fault(pointer, "is nobody who is known here"))
        elif states[ident] != PersonState.ACTIVE:
            faults.append(Fault(pointer, "is somebody who no longer works here"))
    if faults:
        raise Invalid("; ".join(f"{one.pointer} {one.detail}" for one in faults[:3]), errors=faults)


def dialled(tx: Tx, phone: str | None, branch: UUID | None) -> str | None:
    """A number that says no country is the branch's."""
    return None if phone is None else from_anywhere(phone, country(tx, branch))


def demand_free_email(tx: Tx, email: str, *, but: UUID | None = None) -> None:
    """An e-mail address signs in one person, also one who has left."""
    tx.count("emails")  # two who give it to somebody at once take turns, so that the second sees who has it
    holder = tx.find(sa.select(Person.id).where(Person.email_key == email_key(email)))
    if holder is not None and holder != but:
        raise Conflict(
            "somebody signs in with this e-mail address already; correct or activate that account",
            errors=[Fault("/email", "is somebody else's")],
        )
