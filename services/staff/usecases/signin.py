"""Signing in: who an e-mail address belongs to, whether that is them, and what their token and ``me`` say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.auth import Caller
from libs.common.errors import Unauthenticated
from libs.common.parties import email_key
from libs.common.tokens import LIFE_S, Claims, Signer
from libs.common.tx import Tx
from services.staff.model import EndedSession, Person, Team
from services.staff.usecases.passwords import matches

LONGEST = timedelta(hours=12)  #: a working day; then the password is asked for again


@dataclass(frozen=True)
class Identity:
    """A person as they see themselves; ``teams`` are those they are in or lead."""

    id: UUID
    name: str
    email: str | None
    phone: str | None
    roles: Sequence[str]
    branch: UUID | None
    teams: Sequence[Team]


@dataclass(frozen=True)
class Account:
    """What there is to sign in to. Without an identity, there is nothing."""

    identity: Identity | None = None
    password_hash: str | None = None
    active: bool = False


@dataclass(frozen=True)
class Session:
    access_token: str
    person: Identity
    token_type: str = "Bearer"  # noqa: S105 - a kind of token, not a secret
    expires_in: int = LIFE_S


def account(tx: Tx, email: str) -> Account:
    """The account of an e-mail address, in whatever case it is typed."""
    person = tx.find(sa.select(Person).where(Person.email_key == email_key(email)))
    if person is None:
        return Account()
    return Account(_identity(tx, person), person.password_hash, person.active)


def sign_in(found: Account, password: str, signer: Signer) -> Session:
    """A token of a quarter of an hour. Outside any transaction, because checking a password is slow.

    Raises Unauthenticated, in the same words and after the same time whatever was wrong.
    """
    right = matches(found.password_hash, password)
    if not right or not found.active or found.identity is None:
        raise Unauthenticated("the e-mail address or the password is wrong", headers={"WWW-Authenticate": "Bearer"})
    return _session(found.identity, signer)


def renew(tx: Tx, caller: Caller, claims: Claims, signer: Signer) -> Session:
    """A new token for a session that goes on.

    Raises Unauthenticated when it has lasted for half a day, was signed out of, or was begun with a password that was
    replaced since.
    """
    person = tx.session.get(Person, caller.person_id)
    replaced = person.password_set_at if person is not None else None
    ended = tx.session.get(EndedSession, (caller.person_id, int(claims.began))) is not None
    too_long = tx.now.timestamp() - claims.began > LONGEST.total_seconds()
    if ended or too_long or (replaced is not None and claims.began < int(replaced.timestamp())):
        raise Unauthenticated("this session is over; sign in again", headers={"WWW-Authenticate": "Bearer"})
    return _session(me(tx, caller), signer, claims.began)


def end(tx: Tx, claims: Claims) -> EndedSession:
    """Nobody renews this session any more. Those that have lasted too long by now are forgotten."""
    sessions: Any = EndedSession.__table__
    tx.execute(sa.delete(sessions).where(sessions.c.ended_at < tx.now - LONGEST))
    this = {"person_id": claims.person_id, "began": int(claims.began)}
    tx.execute(tx.insert(sessions).values(**this, ended_at=tx.now).on_conflict_do_nothing())
    return EndedSession(**this, ended_at=tx.now)


def _session(who: Identity, signer: Signer, began: float | None = None) -> Session:
    teams = [team.id for team in who.teams]
    token = signer.issue(who.id, name=who.name, roles=who.roles, branch=who.branch, teams=teams, began=began)
    return Session(token, who)


def me(tx: Tx, caller: Caller) -> Identity:
    """The caller; one whose token names nobody here (a script's, made by the operator) is what the token says."""
    person = tx.session.get(Person, caller.person_id)
    if person is not None:
        return _identity(tx, person)
    roles, branch = sorted(caller.roles), next(iter(caller.branches or ()), None)
    return Identity(caller.person_id, caller.name, None, None, roles, branch, ())


def _identity(tx: Tx, person: Person) -> Identity:
    mine = sa.or_(Team.id.in_([UUID(one) for one in person.team_ids]), Team.lead_id == person.id)
    teams = tx.all(sa.select(Team).where(mine).order_by(Team.name, Team.id))
    return Identity(person.id, person.name, person.email, person.phone, person.roles, person.branch, teams)
