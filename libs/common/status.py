"""What a worker says of itself, kept in the service's database, where the api's /readyz finds it."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from libs.common import log, prepared
from libs.common.errors import DomainError
from libs.common.store import Store

REPEAT_S = 15.0  #: an unchanged word is written again this seldom
#: so long a worker's trouble stands, though another one is well: while it lasts it is said again sooner
STANDS = timedelta(seconds=20)


def report_to(store: Store) -> Callable[[str, bool, str], None]:
    """A reporter for the loops: part, whether it is well, and what is to be said. Writes changes, not every beat.

    It never raises: what a part is at must not end because nobody could be told of it.
    """
    said: dict[str, tuple[bool, str, float]] = {}
    ill: set[str] = set()  #: the parts whose trouble was ours: it is over when we say so
    guard = threading.Lock()

    def report(part: str, ok: bool, detail: str) -> None:
        with guard:
            before = said.get(part)
            if before is not None and before[:2] == (ok, detail) and time.monotonic() - before[2] < REPEAT_S:
                return
            said[part] = (ok, detail, time.monotonic())
        written = False
        try:
            written = write(store, part, ok, detail, yielding=ok and part not in ill)
        except Exception as trouble:  # noqa: BLE001 - whatever it is, it is the database's; said again once that is well
            if not isinstance(trouble, DomainError):  # as while a dump is restored: the table itself is away
                why = str(trouble).partition("\n")[0]
                log.get("worker").warning("what a part says cannot be written", part=part, why=why)
        with guard:
            if not written:
                said.pop(part, None)
            elif ok:
                ill.discard(part)
            else:
                ill.add(part)

    return report


def write(
    store: Store, part: str, ok: bool, detail: str, *, yielding: bool = False, at: datetime | None = None
) -> bool:
    """The newest word of a part, of now or of ``at``. ``yielding``: not over another worker's trouble of a moment ago.

    Returns whether it was written.
    """
    table = store.tables.worker_status
    with store.begin() as tx:
        said = {"part": part, "ok": ok, "detail": detail[:500], "at": at or tx.now}
        stands = {"since": tx.now - STANDS, "until": tx.now + STANDS} if yielding else {}
        telling = prepared.telling(table, yielding, store.database.sqlite)
        return bool(tx.execute(telling, said | stands).first())
