"""Who a token's bearer is now: roles and teams from the service's own copy, remembered for some seconds."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa

from libs.common.auth import Caller, roles_of
from libs.common.errors import Unauthenticated
from libs.common.store import Store
from libs.common.tokens import Claims

FRESH_S = 15  #: a role taken away is gone after this, though the token lives on
KEPT = 10_000


class People:
    """A bounded memory of callers; ``forget`` empties it, for a service that changes people itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[UUID, Claims], tuple[float, Caller]] = OrderedDict()

    def caller(self, store: Store, claims: Claims) -> Caller:
        """The caller. Raises Unauthenticated for someone who no longer works here."""
        key, now = (claims.person_id, claims), self._clock()
        with self._lock:
            known = self._known.get(key)
        if known is not None and now - known[0] < FRESH_S:
            return known[1]
        found = _look_up(store, claims)
        with self._lock:
            self._known[key] = (now, found)
            self._known.move_to_end(key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        with self._lock:
            self._known.clear()


def _look_up(store: Store, claims: Claims) -> Caller:
    people, teams = store.tables.people, store.tables.teams
    me = claims.person_id
    with store.reading() as tx:
        person = tx.session.execute(sa.select(people).where(people.c.id == me)).first()
        every = tx.session.execute(sa.select(teams.c.id, teams.c.lead_id, teams.c.members)).all()
    if person is None:  # the copy has not arrived yet: the token was right a quarter of an hour ago
        roles, branch, in_teams = claims.roles, claims.branch, set(claims.teams)
    else:
        if not person.active:
            raise Unauthenticated("this account is closed", headers={"WWW-Authenticate": "Bearer"})
        roles, branch, in_teams = tuple(person.roles), person.branch, {UUID(team) for team in person.teams}
    colleagues = {me}
    for team in every:
        members = {UUID(member) for member in team.members}
        if team.id in in_teams or team.lead_id == me or me in members:
            in_teams.add(team.id)
            colleagues |= members
    return Caller(
        person_id=me,
        roles=roles_of(roles),
        branches=frozenset({branch} if branch else ()),
        every_branch=branch is None,
        teams=frozenset(in_teams),
        colleagues=frozenset(colleagues),
        name=person.name if person is not None else claims.name,
    )
