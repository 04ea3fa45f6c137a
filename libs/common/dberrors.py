"""The database's errors in our words."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import exc

from libs.common.errors import Conflict, Unavailable

Done = TypeVar("Done")

ATTEMPTS = 4  #: the database may choose an act as a victim so often, then the caller is asked to come again
RETRY_CODES = {"40001", "40P01"}  #: serialization failure, deadlock: the whole transaction may simply run again
LOCK_NOT_AVAILABLE = "55P03"
COLLISIONS = {"23503", "23505", "23P01", "FOREIGNKEY", "PRIMARYKEY", "ROWID", "UNIQUE"}
TOO_MUCH = "54"  #: this class of errors: what was asked for is beyond any database of this kind
#: a table, a column, a schema or a right is not there: the database is being restored, or is not yet as we need it
LACKING = {"42P01", "42703", "3F000", "42501"}
#: by what PostgreSQL says in its own words to whom it lets in no further; a code is told only to who is in
KEPT_OUT = {
    "password authentication failed": "the database refuses the user or the password that this service was given",
    "no pg_hba.conf entry": "the database server lets nobody in from here, or not in this way",
    "too many connections": "the database has no connection left to give",
    "remaining connection slots": "the database has no connection left to give",
    "SSL": "the database is not reached by TLS as its address asks",
    "certificate": "the database is not reached by TLS as its address asks",
}
NO_ROOM, FULL = "53100", "SQLITE_FULL"
SHORT_OF = {NO_ROOM: "space on its disk", FULL: "space on its disk", "53200": "memory", "53300": "connections"}


class TryAgain(Unavailable):
    """The database chose this transaction as a victim; nothing was changed and the edge runs it again."""


class Locked(Conflict):
    """Somebody holds the record that this transaction needs for longer than it may wait."""


def persistent(act: Callable[[], Done]) -> Done:
    """Does it again when the database chose it as a victim, or had been restarted since the last time it was asked."""
    for left in reversed(range(ATTEMPTS)):
        try:
            return act()
        except TryAgain:
            if not left:
                raise
    raise AssertionError("the last attempt returns or raises")


def translated(trouble: exc.DBAPIError) -> Exception:
    """What we cannot name stays itself: it is a bug, not a condition."""
    code = getattr(trouble.orig, "sqlstate", None) or getattr(trouble.orig, "sqlite_errorname", "")
    if code in RETRY_CODES:
        return TryAgain("the database asked for this to be tried again", headers={"Retry-After": "1"})
    if code == LOCK_NOT_AVAILABLE:
        if _told(trouble, "context"):  # of which row
            return Locked("the same record or request is still being worked on", headers={"Retry-After": "1"})
        return Unavailable("another change takes very long", headers={"Retry-After": "1"})  # a migration of the table
    if code in SHORT_OF:
        return Unavailable(f"the database is short of {SHORT_OF[code]}", headers={"Retry-After": "10"})
    if isinstance(trouble, exc.IntegrityError) and _collides(trouble):
        if _told(trouble, "table_name") == "stream_pos":
            return TryAgain("another worker met this record at the same moment")
        return Conflict("this collides with a record that exists already")
    if why := kept_out(trouble):
        return Unavailable(why, headers={"Retry-After": "2"})
    unwell = isinstance(trouble, exc.OperationalError | exc.InterfaceError | exc.InternalError)
    if trouble.connection_invalidated or (unwell and not _asked_wrongly(trouble)):
        return Unavailable("the database does not answer as it should", headers={"Retry-After": "2"})
    return trouble


def kept_out(trouble: exc.DBAPIError) -> str | None:
    """Why a database that is there lets us not in; None where it did, or is away."""
    if not isinstance(trouble, exc.OperationalError) or getattr(trouble.orig, "sqlstate", "") is not None:
        return None
    said = str(trouble.orig)
    return next((why for words, why in KEPT_OUT.items() if words in said), None)


def _asked_wrongly(trouble: exc.DBAPIError) -> bool:
    """Whether no database of this kind, however well, could answer. SQLite says so of a table that is away, too."""
    in_sqlite = getattr(trouble.orig, "sqlite_errorname", "") == "SQLITE_ERROR" and "no such" not in str(trouble.orig)
    return in_sqlite or (getattr(trouble.orig, "sqlstate", None) or "").startswith(TOO_MUCH)


def lacks(trouble: Exception) -> bool:
    """Whether the database lacks what it will have again: room on its disk, or a table, as while it is restored."""
    first = trouble.__cause__ if isinstance(trouble, Unavailable) else trouble
    return isinstance(first, exc.DBAPIError) and getattr(first.orig, "sqlstate", None) in LACKING | {NO_ROOM}


def of_database(trouble: Exception) -> bool:
    """Whether the database is in trouble, or not as we need it: no fact is to blame for that."""
    if isinstance(trouble, exc.DBAPIError):
        if getattr(trouble.orig, "sqlstate", None) in LACKING:
            return True
        trouble = translated(trouble)
    return isinstance(trouble, Unavailable | Locked | exc.TimeoutError)


def _collides(trouble: exc.IntegrityError) -> bool:
    """Whether it is another record that is in the way, and not this one that is not as it must be: that is a bug."""
    in_sqlite = getattr(trouble.orig, "sqlite_errorname", "").removeprefix("SQLITE_CONSTRAINT_")
    return (getattr(trouble.orig, "sqlstate", None) or in_sqlite) in COLLISIONS


def _told(trouble: exc.DBAPIError, what: str) -> str | None:
    """What PostgreSQL says besides: whose constraint was broken, at which row."""
    return getattr(getattr(trouble.orig, "diag", None), what, None)
