"""Branches, the people who work in them, and the teams they form."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from libs.common import orm
from libs.common.auth import Role
from libs.common.columns import Aggregate, type_map
from libs.common.errors import Conflict
from libs.common.parties import email_key, folded
from services.staff.states import PERSON, PersonAction, PersonState


class Base(DeclarativeBase):
    type_annotation_map = type_map


TABLES = orm.kernel_tables(Base.metadata)  # people, teams and branches among them: the copy that every service has


class Person(Aggregate, Base):
    """Somebody who works here, or an account of another system. ``team_ids`` and a team's members change in one act."""

    __tablename__ = "staff_people"

    name: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[str | None]
    roles: Mapped[list[Any]] = mapped_column(default=list)
    team_ids: Mapped[list[Any]] = mapped_column(default=list)
    skills: Mapped[list[Any]] = mapped_column(default=list)
    territory: Mapped[list[Any]] = mapped_column(default=list)
    calendar: Mapped[dict[str, Any] | None]
    absent_from: Mapped[datetime | None]
    absent_until: Mapped[datetime | None]
    cover_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(sa.String(10), default=PersonState.ACTIVE)
    password_hash: Mapped[str | None]
    password_set_at: Mapped[datetime | None]
    search: Mapped[str] = mapped_column(default="")

    @property
    def active(self) -> bool:
        return self.state == PersonState.ACTIVE

    @property
    def has_password(self) -> bool:
        return self.password_hash is not None

    @property
    def absence(self) -> "Person | None":
        """Away from when until when, and who stands in; None for somebody who is here."""
        return self if self.absent_from is not None else None

    # -- what may happen now

    def open_actions(self) -> list[str]:
        return [str(action) for action in PERSON.allowed(PersonState(self.state))]

    def missing(self, _action: str) -> Sequence[Any]:
        return ()

    # -- acts

    def called(self, name: str) -> None:
        self.name, self.search = name, folded(name)

    def reached_at(self, email: str) -> None:
        self.email, self.email_key = email.strip(), email_key(email)

    def has_roles(self, roles: Sequence[str]) -> None:
        """The roles in the table's order, each once."""
        self.roles = [str(role) for role in Role if role in roles]

    def deactivate(self, *, by: str) -> None:
        """They left: they can no longer sign in, and nobody gives them work."""
        if by == str(self.id):
            raise Conflict("nobody closes their own account; ask another admin")
        self.state = PERSON.fire(PersonState(self.state), PersonAction.DEACTIVATE)

    def activate(self) -> None:
        self.state = PERSON.fire(PersonState(self.state), PersonAction.ACTIVATE)

    def away(self, *, since: datetime | None, until: datetime | None, cover_id: UUID | None) -> None:
        """Absent, with somebody who stands in; without ``since``, here again."""
        self.absent_from, self.absent_until, self.cover_id = since, until, cover_id

    def join(self, team_id: UUID) -> None:
        self.team_ids = [*self.team_ids, str(team_id)]

    def leave(self, team_id: UUID) -> None:
        self.team_ids = [one for one in self.team_ids if one != str(team_id)]


class Team(Aggregate, Base):
    """People who share work. Its lead need not be a member."""

    __tablename__ = "staff_teams"

    name: Mapped[str]
    kind: Mapped[str] = mapped_column(sa.String(20), index=True)
    lead_id: Mapped[UUID | None] = mapped_column(index=True)
    member_ids: Mapped[list[Any]] = mapped_column(default=list)
    acknowledge_minutes: Mapped[int | None]


class Branch(Aggregate, Base):
    """A place of business with its own hours, area and money. Its ``branch`` is itself."""

    __tablename__ = "staff_branches"

    name: Mapped[str]
    address: Mapped[dict[str, Any] | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    time_zone: Mapped[str]
    currency: Mapped[str] = mapped_column(sa.String(3))
    locale: Mapped[str]
    calendar: Mapped[dict[str, Any]] = mapped_column(default=dict)
    service_area: Mapped[list[Any]] = mapped_column(default=list)
    trades: Mapped[list[Any]] = mapped_column(default=list)


class EndedSession(Base):
    """A session that somebody has signed out of; ``began`` is the second in which they had signed in."""

    __tablename__ = "staff_ended_sessions"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    began: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ended_at: Mapped[datetime]
