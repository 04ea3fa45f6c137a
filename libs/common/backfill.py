"""Streams that a service begins to read when they have a past: which they are, and since when it reads them.

What was told before it came it gets once, from the first fact on, out of its publishers' outboxes: nothing else keeps
all. docs/architecture.md, "A stream with a past", says how in both modes.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from libs.common import status
from libs.common.contracts.base import Message
from libs.common.store import Store
from libs.common.tx import Tx

READ = "reads "  #: counters: since when a stream is read, in milliseconds; below 0 while its past is being taken in
ALWAYS = 0  #: a stream that had no past, or that was read before anybody wrote this down
MARGIN = timedelta(minutes=2)  #: clocks differ, and facts travel
NEW_DATABASE = "new database"  #: the part that says that this service's records are gone
GONE = "it is empty, and this service was here before: restore its backup, or see docs/operations.md, Backup"


def unread(tx: Tx, streams: Collection[str]) -> list[str]:
    """The streams that this service has only begun to read, or of which it has not taken in all of the past."""
    known = _since(tx)
    return [stream for stream in streams if known.get(stream, -1) < 0]


def begun(tx: Tx, streams: Collection[str]) -> set[str]:
    """Of these, the streams whose past is being taken in."""
    return {stream for stream, since in _since(tx).items() if since < ALWAYS and stream in streams}


def written_down(tx: Tx) -> bool:
    """Whether it is known at all what this service reads: a version before this one wrote down nothing."""
    return bool(_since(tx))


def asked(tx: Tx, streams: Collection[str]) -> dict[str, int]:
    """The streams whose past was asked for, and when."""
    return {stream: since for stream, since in _since(tx).items() if since > ALWAYS and stream in streams}


def note(store: Store, streams: Iterable[str], since: int) -> None:
    """``since`` is ALWAYS, a moment, or what a moment is below 0 until all of the past is here."""
    with store.begin() as tx:
        for stream in sorted(streams):
            tx.keep(tx.tables.counters, {"name": READ + stream, "value": since}, "name")


def finish(store: Store, streams: Collection[str]) -> None:
    """All of their past is here."""
    counters = store.tables.counters
    with store.begin() as tx:
        theirs = counters.c.name.in_([READ + stream for stream in streams]), counters.c.value < ALWAYS
        tx.execute(sa.update(counters).where(*theirs).values(value=-counters.c.value))


def moment(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def tell_that_it_is_gone(store: Store) -> None:
    """Its records cannot be told by others, and to apply all facts anew would make other ones of the same enquiries:
    so nothing is taken in unasked, and somebody has to decide."""
    status.write(store, NEW_DATABASE, False, GONE)


def is_gone(store: Store) -> bool:
    """Whether that was told, and nobody has said yet what is to become of it."""
    words = store.tables.worker_status.c
    with store.reading() as tx:
        return bool(tx.execute(sa.select(words.part).where(words.part == NEW_DATABASE, ~words.ok)).first())


def happened_before(tx: Tx, message: Message) -> bool:
    """Whether this fact is of a time when this service did not read its stream yet: to be known, and no news."""
    began = _began(tx, message.aggregate)
    return bool(began) and message.time < datetime.fromtimestamp(began / 1000, UTC) - MARGIN


def _began(tx: Tx, stream: str) -> int:
    """The moment, or ALWAYS. Written down it stays, so it is asked for once a process; until then, once an act."""
    known = tx.store.known
    if (READ, stream) not in known and READ not in tx.noted:
        tx.noted[READ] = True
        known |= {(READ, one): (tx.now, abs(since)) for one, since in _since(tx).items()}
    _, began = known.get((READ, stream), (tx.now, ALWAYS))
    return int(began)


def _since(tx: Tx) -> Mapping[str, int]:
    counters = tx.tables.counters
    rows = tx.execute(sa.select(counters.c.name, counters.c.value).where(counters.c.name.startswith(READ)))
    return {row.name.removeprefix(READ): row.value for row in rows}
