"""Staff: people, teams and branches, whole at every change, so that each service keeps the copy it needs."""

from dataclasses import dataclass, field
from datetime import date, time
from uuid import UUID

from libs.common.contracts.base import Event
from libs.common.contracts.parts import Address, Instant


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Working hours within one day, in the branch's time zone."""

    opens: time
    closes: time


@dataclass(frozen=True, kw_only=True)
class Holiday:
    day: date
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """``hours`` by weekday (``monday`` …), several a day where there is a break; a day not named is free."""

    hours: dict[str, tuple[Hours, ...]] = field(default_factory=dict)
    holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Person:
    """``branch`` is None for somebody of the whole company; ``calendar`` is None when it is the branch's."""

    name: str
    email: str
    roles: tuple[str, ...]
    phone: str = ""
    branch: UUID | None = None
    team_ids: tuple[UUID, ...] = ()
    skills: tuple[str, ...] = ()  #: trades
    territory: tuple[str, ...] = ()  #: postal codes
    calendar: Calendar | None = None
    active: bool = True
    absent_from: Instant | None = None
    absent_until: Instant | None = None
    cover_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Team:
    """``acknowledge_minutes`` is the target for taking a booking over; None is the company's."""

    name: str
    kind: str  #: sales, operations, office
    branch: UUID | None = None
    lead_id: UUID | None = None  #: the person who leads it
    member_ids: tuple[UUID, ...] = ()
    acknowledge_minutes: int | None = None
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class Branch:
    name: str
    time_zone: str  #: such as America/Chicago
    currency: str
    locale: str = "en_US"
    address: Address | None = None
    phone: str = ""
    email: str = ""
    calendar: Calendar = field(default_factory=Calendar)
    service_area: tuple[str, ...] = ()  #: postal codes
    trades: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    """Somebody joined, changed, is away or left (not ``active``). The subject is the person; the record is whole."""

    name = "plumbline.staff.person_changed.v1"

    person: Person


@dataclass(frozen=True, kw_only=True)
class TeamChanged(Event):
    """A team was formed, changed or dissolved (not ``active``). The subject is the team; the record is whole."""

    name = "plumbline.staff.team_changed.v1"

    team: Team


@dataclass(frozen=True, kw_only=True)
class BranchChanged(Event):
    """A branch was opened, changed or closed (not ``active``). The subject is the branch; the record is whole."""

    name = "plumbline.staff.branch_changed.v1"

    branch: Branch
