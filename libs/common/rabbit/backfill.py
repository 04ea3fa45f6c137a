"""A stream with a past: who begins to read it asks for that by a mark on its binding, and its publisher tells it again.

Only a service may bind its queue, so nobody else can ask. Everybody hears it once more, and skips what they have.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

import sqlalchemy as sa

from libs.common import backfill, outbox
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rabbit.management import Binding
from libs.common.rabbit.topology import FROM_THE_FIRST, queue_of
from libs.common.service import Service
from libs.common.store import Store

SINCE_FIRST = "since first "  #: how the mark of a binding begins that asks for the past; the moment follows
OURS = "read"  #: the mark of a binding whose queue has all that there was
TOLD = "told "  #: counters: the publisher's; which of these it has answered
FIRST = datetime(2000, 1, 1, tzinfo=UTC)

Report = Callable[[str, bool, str], None]


def begin(service: Service, store: Store, there: Collection[Binding], *, looked: bool) -> None:
    """Writes down which streams are read, and which of them have a past that is to be asked for.

    ``looked``: whether this database was here before. Where a version before this one left it, marks say what it read.
    """
    with store.reading() as tx:
        unread = set(backfill.unread(tx, service.subscriptions.streams))
        written_down, now = backfill.written_down(tx), backfill.moment(tx.now)
    if not unread:
        return
    mine = [one for one in there if one.queue == queue_of(service.name)]
    read = {one.key.split(".")[1] for one in mine if one.mark == OURS}
    without_past, since = set[str](), dict[str, int]()
    if not written_down and looked:
        without_past = read
    elif not written_down and read:
        backfill.tell_that_it_is_gone(store)
        without_past = unread
    elif not written_down:
        since = {one.key.split(".")[1]: _moment(one.mark) for one in mine if one.mark.startswith(FROM_THE_FIRST)}
    backfill.note(store, unread & without_past, backfill.ALWAYS)
    for stream in unread - without_past:
        backfill.note(store, [stream], since.get(stream, now))


def asks(service: Service, store: Store) -> set[Binding]:
    """The bindings by which this service asks. They stay: their publishers know which they have answered."""
    with store.reading() as tx:
        asked = backfill.asked(tx, service.subscriptions.streams)
    queue = queue_of(service.name)
    return {Binding(queue, f"plumbline.{stream}.#", f"{SINCE_FIRST}{since}") for stream, since in asked.items()}


class Answering:
    """What others ask of this service, told again piece by piece, so that what is new need not wait long."""

    def __init__(self, service: Service, store: Store) -> None:
        self.service, self.store = service, store
        self._asked: dict[str, str] = {}  #: what is under way: begun anew by the next process, should this one die
        self._piece: outbox.Piece | None = None

    def begin_again(self, since: datetime) -> None:
        """A broker was wiped: what was told for the asking since then may have been in a queue that nobody had read."""
        counters, asked = self.store.tables.counters, backfill.moment(since)
        self._piece = None
        with self.store.begin() as tx:
            told = tx.execute(sa.select(counters.c.name).where(counters.c.name.startswith(TOLD))).scalars()
            lately = [name for name in told if _moment(name) > asked]
            tx.execute(sa.delete(counters).where(counters.c.name.in_(lately)))

    def step(self, there: Collection[Binding], report: Report) -> bool:
        """The next piece, for all who asked before the first one. Whether there is more to do, soon."""
        if self._piece is None:
            self._asked = self._open(there)
        if not self._asked:
            return False
        after, until = (self._piece.through, self._piece.until) if self._piece else (0, None)
        with self.store.begin() as tx:
            piece = outbox.send_again(tx, FIRST, after, until, streams={*self._asked.values()})
            for name in () if piece.left else self._asked:
                tx.count(name)
        self.store.woken()
        self._piece = piece if piece.left else None
        who = ", ".join(sorted({name.split(" ")[1] for name in self._asked}))
        report("bindings", True, f"telling {who} what they ask for, from the first fact on: {piece.left} rows to go")
        return True

    def _open(self, there: Collection[Binding]) -> dict[str, str]:
        """By the counter that says so once it is told: each stream of ours that is asked for.

        Each by itself: who asks for several binds one after the other, and some may come when others are told already.
        """
        asked: dict[str, str] = {}
        for queue, key, mark in sorted(there):
            stream = key.split(".")[1] if key.startswith("plumbline.") else ""
            if mark.startswith(SINCE_FIRST) and queue.startswith(queue_of("")) and self._is_ours(stream):
                asked[f"{TOLD}{queue} {stream} {mark}"[:120]] = stream
        if asked:
            counters = self.store.tables.counters
            with self.store.reading() as tx:
                answered = set(tx.execute(sa.select(counters.c.name).where(counters.c.name.in_(asked))).scalars())
                first = outbox.first(tx)
            told = None if first is None else backfill.moment(first)  # who asked before that has missed nothing
            asked = {
                name: stream
                for name, stream in asked.items()
                if name not in answered and told is not None and told < _moment(name)
            }
        return asked

    def _is_ours(self, stream: str) -> bool:
        return bool(stream) and PUBLISHERS.get(stream, self.service.name) == self.service.name


def _moment(mark: str) -> int:
    return int(mark.rpartition(" ")[2])
