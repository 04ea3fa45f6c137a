"""Finds a lost binding, mends it, and reads again what went past the queue meanwhile."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from libs.common import status
from libs.common.consumer import Consumer
from libs.common.rabbit.management import Management
from libs.common.rabbit.publisher import EVENTS
from libs.common.rabbit.reader import RabbitReader
from libs.common.rabbit.topology import HISTORY, bindings_of
from libs.common.service import Service

CHECK_S = 20.0
MARGIN = timedelta(minutes=2)  #: clocks of brokers and databases differ, and facts travel
SEEN = "bindings_seen"  #: the part whose time says when all bindings were last there

Report = Callable[[str, bool, str], None]


class Bindings:
    """A service looks after its own queue, and needs nobody for it.

    The stream of all facts (``plumbline.history``) gives back what was missed. Asking each publisher to send again
    would need all of them to notice, or a message about messages that can get lost the same way; it is left for the day
    when the history is lost too: ``plumbline replay``.
    """

    def __init__(self, service: Service, consumer: Consumer, broker: Management, url: str) -> None:
        self.service, self.consumer, self.broker, self.url = service, consumer, broker, url

    def missing(self) -> set[tuple[str, str]]:
        """(queue, key) of what should be bound and is not. Raises Refusal or BusDown."""
        there = self.broker.bindings(EVENTS)
        return (bindings_of(self.service) | {(HISTORY, "#")}) - there

    def step(self, report: Report) -> int:
        """Looks once, and mends. Returns how many facts were read again."""
        missing = self.missing()
        own = {binding for binding in missing if binding[0] != HISTORY}
        reread = 0
        if own:
            since = self._last_seen()
            lost = ", ".join(sorted(key for _, key in own))
            report("bindings", False, f"the queue was not bound to {lost}; binding it and reading what it missed")
            for queue, key in sorted(own):
                self.broker.bind(EVENTS, queue, key)
            reread = self._read_again(since, {key for _, key in own})
        if missing - own:
            report(
                "bindings", False, "the history is not bound: run `plumbline topology`, what it missed is gone from it"
            )
            return reread
        status.write(self.consumer.store, SEEN, True, "")
        report("bindings", True, "")
        return reread

    def _last_seen(self) -> datetime | None:
        table = self.consumer.store.tables.worker_status
        with self.consumer.store.reading() as tx:
            return tx.session.scalar(sa.select(table.c.at).where(table.c.part == SEEN))

    def _read_again(self, since: datetime | None, keys: Iterable[str]) -> int:
        starts = tuple(key.removesuffix("#") for key in keys)
        begin: object = "first" if since is None else (since - MARGIN).astimezone(UTC)
        reader = RabbitReader(
            self.url,
            HISTORY,
            self.consumer.deliver,
            name=f"{self.service.name} history",
            wants=lambda key: key.startswith(starts),
            arguments={"x-stream-offset": begin},
        )
        return reader.read_through()
