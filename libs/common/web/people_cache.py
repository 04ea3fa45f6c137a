"""Who a token's bearer is now: roles and teams from the service's own copy, remembered for some seconds."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa

from libs.common import people
from libs.common.auth import Caller
from libs.common.errors import Unauthenticated
from libs.common.store import Store
from libs.common.tokens import Claims

FRESH_S = 15  #: a role taken away is gone after this, though the token lives on
KEPT = 10_000


class People:
    """Who called within these seconds; ``forget`` empties it, for a service that changes people itself."""

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
            while len(self._known) > KEPT or now - next(iter(self._known.values()))[0] >= FRESH_S:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        with self._lock:
            self._known.clear()


def _look_up(store: Store, claims: Claims) -> Caller:
    """By the copy; while that has not arrived yet, by the token, which was right a quarter of an hour ago."""
    table = store.tables.people
    with store.reading() as tx:
        found = tx.execute(sa.select(table).where(table.c.id == claims.person_id)).first()
        if found is not None and not found.active:
            raise Unauthenticated("this account is closed", headers={"WWW-Authenticate": "Bearer"})
        said = people.Said(claims.name, claims.roles, claims.branch, claims.teams)
        return people.caller(tx, claims.person_id, said if found is None else people.said(found), fresh=True)
