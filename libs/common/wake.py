"""Wakes a relay when something was committed, without making every commit pay for it.

A NOTIFY in every commit costs eight writers 45 %: PostgreSQL lets only one of them commit at a time. So writers notify
only while the relay sleeps. That it sleeps is said by an advisory lock, which costs no write: the relay holds it alone
while asleep; a writer takes its share of it until the end of its transaction, and where it cannot, it notifies. To fall
asleep the relay must wait for the writers in flight, and looks once more after that: no commit is ever overlooked.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy as sa

from libs.common.closing import WOKEN
from libs.common.errors import Unavailable
from libs.common.locks import RELAYING, SLEEPING
from libs.common.orm import CALLED_OFF
from libs.common.patience import Impatient

FALL_ASLEEP_MS = 200  #: a writer may take longer than this; then the relay only naps
WAITING = "SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)"

Turn = Callable[[float, int], None]  #: waits so many seconds, or until the descriptor can be read


class Lost(Exception):
    """The connection that made this relay the active one is gone; another may be active by now."""


class Listener:
    """A connection of its own, which pgbouncer must not pool: its locks and its LISTEN live as long as it does."""

    def __init__(self, url: str) -> None:
        address = sa.engine.make_url(url)
        try:
            self.connection = Impatient.connect(
                address.set(drivername="postgresql").render_as_string(hide_password=False),
                autocommit=True,
                application_name="relay",
                options=f"-c lock_timeout={FALL_ASLEEP_MS}",
                **CALLED_OFF,
            )
            self.connection.execute(f"LISTEN {WOKEN}")
        except psycopg.Error as away:
            raise Unavailable(f"the database does not let the relay listen: {away}") from away

    def become_active(self) -> bool:
        """Whether this is the one relay now; it stays it until ``close``."""
        return bool(self._ask(f"SELECT pg_try_advisory_lock({RELAYING})"))

    def sleep(self, seconds: float, turn: Turn) -> None:
        """Sleeps until something is committed, at most so many seconds. Raises Lost."""
        try:
            waiting = self._ask(f"SELECT pg_advisory_lock({SLEEPING}); {WAITING}")
        except psycopg.errors.LockNotAvailable:
            turn(FALL_ASLEEP_MS / 1000, self.connection.fileno())
            return
        try:
            if not waiting:
                turn(seconds, self.connection.fileno())
        finally:
            self._ask(f"SELECT pg_advisory_unlock({SLEEPING})")
        for _ in self.connection.notifies(timeout=0):
            pass  # that we woke is all they had to say

    def close(self) -> None:
        with contextlib.suppress(psycopg.Error):
            self.connection.close()

    def _ask(self, question: str) -> Any:
        """The last statement's answer. Several go in one message; each sees what is committed when its turn comes."""
        try:
            cursor = self.connection.execute(question)
            while cursor.nextset():
                pass
            row = cursor.fetchone()
        except psycopg.errors.LockNotAvailable:
            raise
        except psycopg.Error as lost:
            raise Lost(f"the relay lost its database connection: {lost}") from lost
        return row and row[0]
