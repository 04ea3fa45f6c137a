"""Wakes a relay when something was committed, without making every commit pay for it.

A NOTIFY in every commit costs eight writers 45 %: PostgreSQL lets only one of them commit at a time. So writers notify
only while the relay sleeps. That it sleeps is said by an advisory lock, which costs no write: the relay holds it alone
while asleep; a writer takes its share of it until the end of its transaction, and where it cannot, it notifies. To fall
asleep the relay must wait for the writers in flight, and looks once more after that: no commit is ever overlooked.

A fact that comes now and then does not wake it up: it is sent with the lock still held, since whoever commits meanwhile
notifies. Only where much is to be sent, or nothing can be, the lock is given back.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy as sa

from libs.common.errors import Unavailable
from libs.common.flushing import WOKEN
from libs.common.locks import RELAYING, SLEEPING
from libs.common.orm import CALLED_OFF
from libs.common.pgtimeouts import Impatient

FALL_ASLEEP_MS = 200  #: a writer may take longer than this; then the relay only naps
MUCH = 8  #: who sends so many in one step is busy: its writers need not notify
MARK_S = 0.2  #: so long what was sent may wait to be marked, for the next that is to be read
WAITING = "SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)"

Turn = Callable[[float, int], None]  #: waits so many seconds, or until the descriptor can be read


class Lost(Exception):
    """The connection that made this relay the active one is gone; another may be active by now."""


class Listener:
    """A connection of its own, which pgbouncer must not pool: its locks and its LISTEN live as long as it does."""

    def __init__(self, url: str) -> None:
        self.asleep = False  #: whether we hold the lock that says so
        self._heard = False  #: whether somebody notified, also while we asked something else
        address = sa.engine.make_url(url)  # as a text it would say a blank as libpq does not read it
        try:
            self.connection = Impatient.connect(
                **(address.translate_connect_args(username="user", database="dbname") | dict(address.query)),
                autocommit=True,
                application_name="relay",
                options=f"-c lock_timeout={FALL_ASLEEP_MS}",
                **CALLED_OFF,
            )
            self.connection.add_notify_handler(self._hear)
            self.connection.execute(f"LISTEN {WOKEN}")
        except psycopg.Error as away:
            raise Unavailable(f"the database does not let the relay listen: {away}") from away

    def become_active(self) -> bool:
        """Whether this is the one relay now; it stays it until ``close``."""
        return bool(self._ask(f"SELECT pg_try_advisory_lock({RELAYING})"))

    def sleep(self, seconds: float, turn: Turn) -> None:
        """Sleeps until something is committed, at most so many seconds. Raises Lost."""
        if not self.asleep:
            try:
                waiting = self._ask(f"SELECT pg_advisory_lock({SLEEPING}); {WAITING}")
            except psycopg.errors.LockNotAvailable:
                turn(FALL_ASLEEP_MS / 1000, self.connection.fileno())
                return
            self.asleep = True
            if waiting:
                return
        if not self._told_within(seconds, turn):
            self._ask("SELECT 1")  # a connection that was cut off says nothing either

    def linger(self, sent: int, turn: Turn) -> None:
        """After so many were sent: a moment for the next, which is read as these are marked. Raises Lost."""
        if sent >= MUCH:
            self.wake_up()
        elif self.asleep:
            self._told_within(MARK_S, turn)

    def wake_up(self) -> None:
        """From here on nobody who commits need notify. Raises Lost."""
        if self.asleep:
            self._ask(f"SELECT pg_advisory_unlock({SLEEPING})")
            self.asleep = False

    def _told_within(self, seconds: float, turn: Turn) -> bool:
        """Whether somebody notified. What came with an answer is with us already: the socket says nothing of it."""
        if self._told():
            return True
        turn(seconds, self.connection.fileno())
        return self._told()

    def _told(self) -> bool:
        """Asked after each step: psycopg's own way, a generator, took a twentieth of a worker's time."""
        wire = self.connection.pgconn
        try:
            wire.consume_input()
            while wire.notifies() is not None:
                self._heard = True
        except psycopg.Error as lost:
            raise Lost(f"the relay lost its database connection: {lost}") from lost
        heard, self._heard = self._heard, False
        return heard

    def _hear(self, _notify: object) -> None:
        self._heard = True

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
