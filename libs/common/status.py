"""What a worker says of itself, kept in the service's database, where the api's /readyz finds it."""

import threading
import time
from collections.abc import Callable

from libs.common import log
from libs.common.errors import DomainError
from libs.common.store import Store

REPEAT_S = 15.0  #: an unchanged word is written again this seldom


def report_to(store: Store) -> Callable[[str, bool, str], None]:
    """A reporter for the loops: part, whether it is well, and what is to be said. Writes changes, not every beat.

    It never raises: what a part is at must not end because nobody could be told of it.
    """
    said: dict[str, tuple[bool, str, float]] = {}
    guard = threading.Lock()

    def report(part: str, ok: bool, detail: str) -> None:
        with guard:
            before = said.get(part)
            if before is not None and before[:2] == (ok, detail) and time.monotonic() - before[2] < REPEAT_S:
                return
            said[part] = (ok, detail, time.monotonic())
        try:
            write(store, part, ok, detail)
        except Exception as trouble:  # noqa: BLE001 - whatever it is, it is the database's; said again once that is well
            if not isinstance(trouble, DomainError):  # as while a dump is restored: the table itself is away
                why = str(trouble).partition("\n")[0]
                log.get("worker").warning("what a part says cannot be written", part=part, why=why)
            with guard:
                said.pop(part, None)

    return report


def write(store: Store, part: str, ok: bool, detail: str) -> None:
    """The newest word of one part."""
    table = store.tables.worker_status
    with store.begin() as tx:
        now = {"ok": ok, "detail": detail[:500], "at": tx.now}
        insert = tx.insert(table).values(part=part, **now)
        tx.session.execute(insert.on_conflict_do_update(index_elements=["part"], set_=now))
