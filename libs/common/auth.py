"""Who may do what, as data: a permission, the roles that have it, and how far each role sees."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID


class Role(StrEnum):
    CSR = "csr"
    MARKETING = "marketing"
    TECHNICIAN = "technician"
    SALESPERSON = "salesperson"
    MANAGER = "manager"
    OFFICE = "office"
    OPERATIONS = "operations"
    ADMIN = "admin"
    AUDITOR = "auditor"
    SERVICE = "service"  #: an account of another system


class Scope(IntEnum):
    """How far a permission reaches; of several roles the widest counts."""

    OWN = 1  #: assigned to me, or to whom I stand in for while they are away
    TEAM = 2  #: assigned to someone of my teams, me included
    ALL = 3  #: of my branches, or of none


CSR, MARKETING, TECHNICIAN, SALES, MANAGER = Role.CSR, Role.MARKETING, Role.TECHNICIAN, Role.SALESPERSON, Role.MANAGER
OFFICE, OPERATIONS, ADMIN, AUDITOR, SERVICE = Role.OFFICE, Role.OPERATIONS, Role.ADMIN, Role.AUDITOR, Role.SERVICE
OWN, TEAM, ALL = Scope.OWN, Scope.TEAM, Scope.ALL

EVERYWHERE = frozenset({ADMIN, AUDITOR, SERVICE})  #: their ALL is every branch

#: What is not written here is refused. "Who may act may read": a test holds each record's read against its acts.
RULES: Final[Mapping[str, Mapping[Role, Scope]]] = {
    # leads
    "lead.read": {
        CSR: ALL, MARKETING: ALL, TECHNICIAN: OWN, SALES: OWN, MANAGER: TEAM, OFFICE: ALL, ADMIN: ALL, AUDITOR: ALL,
        SERVICE: ALL,
    },
    "lead.create": {
        CSR: ALL, MARKETING: ALL, TECHNICIAN: OWN, SALES: OWN, MANAGER: TEAM, OFFICE: ALL, SERVICE: ALL,
    },
    "lead.edit": {CSR: ALL, MARKETING: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL},
    "lead.file": {
        CSR: ALL, MARKETING: ALL, TECHNICIAN: OWN, SALES: OWN, MANAGER: TEAM, OFFICE: ALL, SERVICE: ALL,
    },  # who takes one in, too: whoever stands before the old boiler
    "lead.decide": {CSR: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL},
    "lead.reopen": {MANAGER: TEAM, OFFICE: ALL},
    "lead.assign": {CSR: ALL, TECHNICIAN: OWN, MANAGER: TEAM, OFFICE: ALL, ADMIN: ALL},
    "lead.merge": {CSR: ALL, MANAGER: TEAM, OFFICE: ALL, ADMIN: ALL},
    "lead.import": {CSR: ALL, MANAGER: TEAM, OFFICE: ALL, ADMIN: ALL},
    # opportunities
    "opportunity.read": {
        CSR: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL, ADMIN: ALL, AUDITOR: ALL, SERVICE: ALL,
    },
    "opportunity.create": {CSR: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL, SERVICE: ALL},
    "opportunity.work": {SALES: OWN, MANAGER: TEAM, OFFICE: ALL},
    "opportunity.appoint": {CSR: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL},
    "opportunity.file": {CSR: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL},
    "opportunity.overlap": {MANAGER: TEAM, OFFICE: ALL},  # an appointment over another, on purpose
    "opportunity.mail": {CSR: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL},
    "opportunity.override": {MANAGER: TEAM, OFFICE: ALL},  # "qualified" by hand
    "opportunity.reopen": {MANAGER: TEAM, OFFICE: ALL},
    "opportunity.assign": {CSR: ALL, MANAGER: TEAM, OFFICE: ALL, ADMIN: ALL},
    "questions.read": {
        CSR: ALL, SALES: ALL, MANAGER: ALL, OFFICE: ALL, ADMIN: ALL, AUDITOR: ALL, SERVICE: ALL,
    },
    "questions.edit": {ADMIN: ALL},
    # estimates; operations read accepted ones only: the model's parts_seen
    "estimate.read": {
        CSR: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL, OPERATIONS: ALL, ADMIN: ALL, AUDITOR: ALL, SERVICE: ALL,
    },
    "estimate.draft": {SALES: OWN, MANAGER: TEAM},
    "estimate.send": {SALES: OWN, MANAGER: TEAM},
    "estimate.select": {SALES: OWN, MANAGER: TEAM},
    "estimate.approve": {MANAGER: TEAM},  # never one's own: the use case refuses it
    "estimate.record_decision": {CSR: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL},
    "pricebook.read": {
        CSR: ALL, SALES: ALL, MANAGER: ALL, OFFICE: ALL, ADMIN: ALL, AUDITOR: ALL, SERVICE: ALL,
    },
    "pricebook.edit": {ADMIN: ALL},
    "taxcode.edit": {ADMIN: ALL},
    # what it costs us, and so what we earn: for who makes a price, orders, or keeps the books
    "cost.read": {SALES: ALL, MANAGER: ALL, OFFICE: ALL, ADMIN: ALL, AUDITOR: ALL, SERVICE: ALL},
    # customers, jobs and their names
    "customer.read": {SALES: ALL, MANAGER: ALL, OFFICE: ALL, OPERATIONS: ALL, AUDITOR: ALL, SERVICE: ALL},
    "customer.edit": {OFFICE: ALL},
    "job.read": {SALES: ALL, MANAGER: ALL, OFFICE: ALL, OPERATIONS: ALL, AUDITOR: ALL, SERVICE: ALL},
    "job.edit": {OFFICE: ALL},
    "job.file": {MANAGER: ALL, OFFICE: ALL, OPERATIONS: ALL},  # who works on its orders
    # bookings
    "booking.read": {SALES: ALL, MANAGER: ALL, OFFICE: ALL, OPERATIONS: ALL, AUDITOR: ALL, SERVICE: ALL},
    "booking.create": {MANAGER: ALL, OFFICE: ALL},
    "booking.prepare": {MANAGER: ALL, OFFICE: ALL},
    "booking.assign_to_operation": {MANAGER: ALL, OFFICE: ALL},
    "booking.operate": {OPERATIONS: ALL},
    "booking.schedule": {OFFICE: ALL, OPERATIONS: ALL},
    "booking.order": {OFFICE: ALL, OPERATIONS: ALL},
    "booking.cancel": {MANAGER: ALL, OFFICE: ALL},
    "booking.mail": {MANAGER: ALL, OFFICE: ALL, OPERATIONS: ALL},
    # what the console shows of all of them
    "pipeline.read": {
        CSR: ALL, MARKETING: ALL, TECHNICIAN: OWN, SALES: OWN, MANAGER: TEAM, OFFICE: ALL, OPERATIONS: ALL, ADMIN: ALL,
        AUDITOR: ALL, SERVICE: ALL,
    },
    "report.read": {
        CSR: ALL, MARKETING: ALL, SALES: OWN, MANAGER: TEAM, OFFICE: ALL, ADMIN: ALL, AUDITOR: ALL, SERVICE: ALL,
    },
    # running the company's Plumbline
    "settings.read": {ADMIN: ALL, AUDITOR: ALL},
    "settings.edit": {ADMIN: ALL},
    "staff.read": {ADMIN: ALL, AUDITOR: ALL},
    "staff.admin": {ADMIN: ALL},  # but for one's own role: the use case refuses it
    "parked.read": {ADMIN: ALL, AUDITOR: ALL},
    "parked.admin": {ADMIN: ALL},
    "webhook.read": {ADMIN: ALL, AUDITOR: ALL},
    "webhook.admin": {ADMIN: ALL},
    "delivery.read": {ADMIN: ALL, AUDITOR: ALL},
    "audit.read": {ADMIN: ALL, AUDITOR: ALL},
}  # fmt: skip

May = str | tuple[str, ...]  #: a permission, or several of which one is enough


def named(may: May) -> tuple[str, ...]:
    """The permissions, be it one."""
    return (may,) if isinstance(may, str) else may


def only_looks(may: May) -> bool:
    """Whether nothing but reading is asked for."""
    return all(name.endswith(".read") for name in named(may))


@lru_cache(maxsize=4096)
def reach(roles: frozenset[Role], may: May) -> tuple[Scope | None, bool]:
    """The widest scope these roles have, and whether it is every branch's."""
    cells = [(RULES[name][role], role) for name in named(may) for role in roles if role in RULES[name]]
    if not cells:
        return None, False
    return max(scope for scope, _ in cells), any(scope is ALL and role in EVERYWHERE for scope, role in cells)


@dataclass(frozen=True)
class Caller:
    """The person behind a request. ``colleagues`` are the members of the teams they are in or lead, and themselves.

    ``stands_in_for`` are those who are away now and named them as their cover: theirs counts as the caller's own.
    """

    person_id: UUID
    roles: frozenset[Role]
    branches: frozenset[UUID] = frozenset()
    teams: frozenset[UUID] = frozenset()
    colleagues: frozenset[UUID] = field(default=frozenset())
    stands_in_for: frozenset[UUID] = frozenset()
    name: str = ""
    every_branch: bool = False  #: somebody of the whole company, who has no branch of their own

    @property
    def home(self) -> UUID | None:
        """The branch of what they take in, when nothing says another."""
        return min(self.branches, default=None)

    def scope(self, may: May) -> Scope | None:
        return reach(self.roles, may)[0]

    def may(self, permission: May) -> bool:
        return self.scope(permission) is not None

    def whose(self, scope: Scope | None) -> frozenset[UUID]:
        """Those whose records count as theirs: their own, and their team's where the role reaches so far."""
        mine = self.stands_in_for | {self.person_id}
        return self.colleagues | mine if scope is Scope.TEAM else mine

    def reaches(self, permission: May, branch: UUID | None, owners: Iterable[UUID | None]) -> bool:
        """Whether a record of this branch, with these people on it, is one they may do this to."""
        scope, everywhere = reach(self.roles, permission)
        if scope is Scope.ALL:
            return everywhere or self.every_branch or branch is None or branch in self.branches
        return scope is not None and not self.whose(scope).isdisjoint(owners)


def roles_of(names: Sequence[str]) -> frozenset[Role]:
    """The roles among these names; one that a newer version knows is no role here."""
    return frozenset(Role(name) for name in names if name in set(Role))
