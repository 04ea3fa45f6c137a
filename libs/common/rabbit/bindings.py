"""Finds what a broker has lost, and fills it again: bindings, a queue and what was in it, everything."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from libs.common import relay, restored, status
from libs.common.bus import Delivery
from libs.common.consumer import Consumer
from libs.common.contracts.base import BadEnvelope
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rabbit import backfill, history
from libs.common.rabbit.backfill import OURS
from libs.common.rabbit.management import Binding, Management
from libs.common.rabbit.publisher import EVENTS, HISTORY
from libs.common.rabbit.topology import HISTORY_AGE, bindings_of
from libs.common.service import Service
from libs.common.tx import Tx

CHECK_S = 10.0
PIECE_S = 0.5  #: while facts are told again that another service asks for
MARGIN = timedelta(minutes=2)  #: clocks of brokers and databases differ, and facts travel
OLD = timedelta(minutes=1)  #: a look that is older was somebody else's, or is forgotten: something may be missing
SEEN = "bindings_seen"  #: the part whose time says when all bindings were last there
#: which database it is, in the detail of that: a dump goes back into other tables, a copy of the files goes on in
#: another timeline
WHICH = sa.text(
    "SELECT concat('database ', system_identifier, ', timeline ', timeline_id,"
    " ', table ', 'worker_status'::regclass::oid) FROM pg_control_system(), pg_control_checkpoint()"
)
FILLED = "history"  #: the part whose detail says which history has this service's facts

Report = Callable[[str, bool, str], None]


class Bindings:
    """A service looks after its own queue, and needs nobody for it.

    A lost binding is bound again. A queue that was made anew is known by the mark that its bindings lack, a database
    that was restored by a last look of long ago that is not ours, or in another database. In each case the stream of
    all facts (``plumbline.history``) gives back what was missed since that look. Where the broker has lost the history
    as well, each publisher fills it from its outbox, and with it every queue. So it does for who begins to read a
    stream.
    """

    def __init__(self, service: Service, consumer: Consumer, broker: Management, url: str) -> None:
        self.service, self.consumer, self.broker, self.url = service, consumer, broker, url
        self.store = consumer.store
        self._looked: datetime | None = None  #: when we last did, as the database has it from us
        self._tells_which = not self.store.database.sqlite
        self._answering = backfill.Answering(service, self.store)
        self.again_s = CHECK_S  #: when the next look is due

    def missing(self) -> set[Binding]:
        """What should be bound and is not. Raises Refusal or BusDown."""
        return self._missing(self.broker.bindings(EVENTS))

    def step(self, report: Report) -> int:
        """Looks once, and mends. Returns how many facts were read again. Raises Refusal or BusDown."""
        with self.store.reading() as tx:
            began = tx.now  # what goes lost while we are at it, the next look reads from here on
            which = self._which(tx)
        there = self.broker.bindings(EVENTS)
        missing, (since, before) = self._missing(there), self._last_seen()
        backfill.begin(self.service, self.store, there, looked=since is not None)
        why, reread = self._why(missing, there, since, another=bool(which) and before not in ("", which)), 0
        if why:
            report("bindings", False, why)
            for queue, key, _mark in sorted(missing):
                self.broker.bind(EVENTS, queue, key)
            anew = bool(missing) and missing == self._missing(set())  # a new queue: what waited in it is of any age
            begin = None if anew else since
            reread = self._read_again(begin, {key for _, key in bindings_of(self.service)})
        for queue, key, mark in sorted(missing):  # only now: what failed until here is done again
            self.broker.bind(EVENTS, queue, key, mark)
        for queue, key, mark in sorted(backfill.asks(self.service, self.store) - there):
            self.broker.bind(EVENTS, queue, key, mark)
        if not self._fill(there, report):
            return reread
        status.write(self.store, SEEN, True, which, at=began)
        self._looked, _ = self._last_seen()
        more = self._answering.step(there, report)
        self.again_s = PIECE_S if more else CHECK_S
        if not more:
            report("bindings", True, "")
        return reread

    def _which(self, tx: Tx) -> str:
        """Which database it is; nothing where its provider lets nobody ask, who is asked once."""
        if self._tells_which:
            try:
                return str(tx.session.scalar(WHICH))
            except sa.exc.ProgrammingError:
                self._tells_which = False
        return ""

    def _missing(self, there: set[Binding]) -> set[Binding]:
        return {Binding(queue, key, OURS) for queue, key in bindings_of(self.service)} - there

    def _why(self, missing: set[Binding], there: set[Binding], since: datetime | None, *, another: bool) -> str:
        """What makes us read again; nothing if nothing can have been lost. ``another``: it was another database."""
        bound = {(one.queue, one.key) for one in there}
        lost = sorted(one.key for one in missing if (one.queue, one.key) not in bound)
        if lost:
            return f"the queue was not bound to {', '.join(lost)}; binding it and reading what it missed"
        if since is None:
            return ""
        if missing:
            return "the queue was made anew; reading what the one before may have held"
        if another:
            return f"the database is another one than at {since:%Y-%m-%d %H:%M} UTC; reading what came since then"
        with self.store.reading() as tx:
            if tx.now - since > OLD and since != self._looked:  # else it was the broker that could not be asked
                return f"nobody has looked since {since:%Y-%m-%d %H:%M} UTC; reading what came since then"
        return ""

    def _fill(self, there: set[Binding], report: Report) -> bool:
        """Whether the history has all of this service's facts, or will have them in a moment."""
        histories = [one.mark for one in there if one.queue == HISTORY and one.mark]
        if not histories:
            report("bindings", False, "the history is not bound: run `plumbline topology`")
            return False
        table, there_is = self.store.tables.worker_status, max(histories)
        with self.store.reading() as tx:
            filled = tx.session.scalar(sa.select(table.c.detail).where(table.c.part == FILLED))
        if filled == there_is:
            return True
        if filled is not None:
            report("bindings", False, "the broker has lost the history; sending again what it held")
            with self.store.reading() as tx:
                oldest = tx.now - HISTORY_AGE
            relay.refill(self.store, self.store.tables.outbox.c.created_at > oldest)
            self._answering.begin_again(oldest)
        status.write(self.store, FILLED, True, there_is)
        return True

    def _last_seen(self) -> tuple[datetime | None, str]:
        """When, and in which database."""
        table = self.store.tables.worker_status
        with self.store.reading() as tx:
            row = tx.session.execute(sa.select(table.c.at, table.c.detail).where(table.c.part == SEEN)).first()
        return (row.at, row.detail) if row else (None, "")

    def _read_again(self, since: datetime | None, keys: Iterable[str]) -> int:
        """To the end as it is now: what is told from here on is in the queue too.

        Of a time that we may have forgotten we read our own facts, too, and say so where we do not know them.
        """
        count, ours = 0, list[UUID]()

        def deliver(some: Sequence[Delivery]) -> None:
            nonlocal count
            for one in some:
                if one.producer == self.service.name:
                    with suppress(BadEnvelope):
                        ours.append(one.read().id)
            others = [replace(one, reread=True) for one in some if one.producer != self.service.name]
            self.consumer.deliver(others)
            count += len(others)

        wanted = [key.removesuffix("#") for key in keys]
        if since is not None:
            wanted += [f"plumbline.{stream}." for stream, who in PUBLISHERS.items() if who == self.service.name]
        begin, starts = None if since is None else since - MARGIN, tuple(wanted)
        name = f"{self.service.name} history"
        history.read_to_the_end(self.url, begin, deliver, name, wants=lambda key: key.startswith(starts))
        restored.tell(self.store, restored.unknown(self.store, ours))
        return count
