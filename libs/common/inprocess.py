"""The bus of the embedded mode: hands each fact to each subscriber and returns when all have committed it."""

from collections.abc import Callable, Mapping, Sequence

from libs.common.bus import BusDown, Delivery, Outgoing, nothing
from libs.common.consumer import Consumer
from libs.common.errors import DomainError


class InProcessBus:
    """Same guarantees as the broker's: bytes go over it, a subscriber that refuses stops that publisher's relay.

    One publisher's: what its outbox held unsent at the start, up to row ``begun``, a process that died of it may have
    begun with, so it counts as redelivered. What waited behind that is applied together, however much it is.
    """

    def __init__(self, consumers: Mapping[str, Consumer], begun: int = 0) -> None:
        self.consumers, self.begun = consumers, begun

    def send(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing) -> int:  # noqa: ARG002
        """All or nothing: what one subscriber had already applied, it skips when the batch comes again."""
        told = [(row.type.split(".")[1], Delivery(row.body, redelivered=row.row <= self.begun)) for row in batch]
        for name, consumer in self.consumers.items():
            wanted = [delivery for stream, delivery in told if stream in consumer.streams]
            if not wanted:
                continue
            try:
                consumer.deliver(wanted)
            except DomainError as refusal:  # its database is in trouble: nothing is lost, it is offered again
                raise BusDown(f"{name} cannot take facts at the moment: {refusal.detail}") from refusal
            consumer.store.crash("consumer_acknowledged")
        return len(batch)
