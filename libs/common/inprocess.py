"""The bus of the embedded mode: hands each fact to each subscriber and returns when all have committed it."""

from collections.abc import Mapping, Sequence

from libs.common.bus import BusDown, Delivery, Outgoing
from libs.common.consumer import Consumer
from libs.common.errors import DomainError


class InProcessBus:
    """Same guarantees as the broker's: bytes go over it, a subscriber that refuses stops that publisher's relay.

    One publisher's: its first batch may have been begun by a process that died of it, so it counts as redelivered.
    """

    def __init__(self, consumers: Mapping[str, Consumer]) -> None:
        self.consumers = consumers
        self._begun_before = True

    def send(self, batch: Sequence[Outgoing]) -> int:
        """All or nothing: what one subscriber had already applied, it skips when the batch comes again."""
        for name, consumer in self.consumers.items():
            streams = set(consumer.subscriptions.streams)
            wanted = [row for row in batch if row.type.split(".")[1] in streams]
            if not wanted:
                continue
            try:
                consumer.deliver([Delivery(row.body, redelivered=self._begun_before) for row in wanted])
            except DomainError as refusal:  # its database is in trouble: nothing is lost, it is offered again
                raise BusDown(f"{name} cannot take facts at the moment: {refusal.detail}") from refusal
        self._begun_before = False
        return len(batch)
