"""Connections to PostgreSQL that do not wait for a server which is no longer there.

A server that is frozen or unplugged closes nothing and says nothing, and its own limits (statement_timeout,
lock_timeout) end nothing either. So who waits for longer than a moment asks at the server's door, and goes on waiting
only where somebody answers: a slow statement and another's lock are waited for, a server that is gone is not.
"""

import socket
import struct
from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout

FIRST_LOOK_S = 1.0  #: how long an answer is waited for before one looks whether anybody is there
NEXT_LOOK_S = 2.0
ANSWER_S = 1.5  #: how long the server may take to open its door
LONGEST_S = 40.0  #: the server itself ends a statement before that, so an answer that is later was lost on its way
MAY_I_ENCRYPT = struct.pack("!ii", 8, 80877103)  #: asked before anybody says who they are; any answer will do


class Silent(psycopg.OperationalError):
    """The server was asked and nobody answers; what was under way there has an unknown end."""


def outdated(reason: BaseException) -> bool:
    """Whether what a connection has prepared is of tables as they were before a later version's migration made a column
    wider: it is refused for as long as that connection lives. Or it was told to forget all that, as psycopg does after
    who drops or alters something."""
    forgotten = isinstance(reason, psycopg.errors.InvalidSqlStatementName)
    return forgotten or (isinstance(reason, psycopg.errors.FeatureNotSupported) and "cached plan" in str(reason))


class Impatient(psycopg.Connection[Any]):
    """Raises Silent and is closed where the server no longer answers."""

    patient = False  #: whether an answer may come later than LONGEST_S, as the server may take longer

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """What everything that waits for the server goes through."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        look, waited = FIRST_LOOK_S, 0.0
        while True:
            try:
                return super().wait(gen, interval, look)
            except _WaitTimeout:
                waited, look = waited + look, NEXT_LOOK_S
                if (self.patient or waited < LONGEST_S) and self._somebody_there():
                    continue
            self.pgconn.finish()
            raise Silent(f"the server was silent for {waited:.0f} s and does not answer")

    def _somebody_there(self) -> bool:
        host, port = self.pgconn.hostaddr or self.pgconn.host, int(self.pgconn.port)
        try:
            with _door(host.decode(), port) as door:
                door.sendall(MAY_I_ENCRYPT)
                return bool(door.recv(1))
        except OSError:
            return False


def _door(host: str, port: int) -> socket.socket:
    """A new connection to the server; it stands on a file where the host is a folder."""
    if not host.startswith("/"):
        return socket.create_connection((host, port), timeout=ANSWER_S)
    door = socket.socket(socket.AF_UNIX)
    door.settimeout(ANSWER_S)
    door.connect(f"{host}/.s.PGSQL.{port}")
    return door
