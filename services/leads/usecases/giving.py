"""To whom somebody may give a lead: when they take it in, and later."""

from collections.abc import Collection
from uuid import UUID

from libs.common import people
from libs.common.auth import RULES, Role
from libs.common.errors import Forbidden
from libs.common.tx import Tx

FROM_THE_FIELD = {Role.CSR, Role.SALESPERSON}  #: whom a technician hands an enquiry to


def demand_may_give(tx: Tx, to: UUID, roles: Collection[str], *, of: UUID | None = None) -> None:
    """Anybody keeps a lead for themselves; to give it to others needs the role. ``roles`` are none for a system's act.

    Raises Invalid for somebody who does not work here or whose roles may not work leads, or none ``of`` its branch;
    Forbidden for what the caller's roles do not allow.
    """
    people.demand_active(tx, to, "/owner_id")
    if roles and tx.actor != str(to):
        _demand_role(tx, to, roles)
    people.demand_active(tx, to, "/owner_id", may="lead.edit", of=of)


def _demand_role(tx: Tx, to: UUID, roles: Collection[str]) -> None:
    given = RULES["lead.assign"].keys() & set(roles)
    if not given:
        raise Forbidden("your roles do not let you give a lead to somebody else; leave owner_id out or name yourself")
    theirs = set((people.person(tx, to) or {}).get("roles", ()))
    if given == {Role.TECHNICIAN} and not FROM_THE_FIELD & theirs:
        raise Forbidden("a technician gives a lead to a CSR or a salesperson, and this is neither")
