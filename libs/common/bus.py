"""What a bus must do, whichever it is. The relay hands it rows; it hands deliveries to consumers."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from libs.common.contracts.base import CONTENT_TYPE, BadEnvelope, Message, decode
from libs.common.contracts.publishers import PUBLISHERS


@dataclass(frozen=True)
class Outgoing:
    """A committed fact on its way: its outbox row's number, its id, its wire name and its bytes."""

    row: int
    id: UUID
    type: str
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """Bytes as they arrived. ``redelivered`` means that somebody may have begun with it before.

    ``producer`` is whom the broker says it comes from, where it vouches for that. ``reread``: from the history, where
    it may have been taken in before; nobody is at it, so unlike a redelivered one it is not tried alone. ``sender``:
    the broker's user who sent it, where they said so, which the broker holds them to.
    """

    body: bytes
    content_type: str = CONTENT_TYPE
    redelivered: bool = False
    producer: str | None = None
    reread: bool = False
    sender: str | None = None

    def read(self) -> Message:
        """The fact. Raises BadEnvelope, also when its sender is not who it names, or not who may say such a thing.

        The broker looks at the routing key alone: who may publish one stream could name any other in the body.
        """
        return self._message

    @functools.cached_property
    def _message(self) -> Message:
        """Read once, whoever else gets it: nobody can change it."""
        message = decode(self.body, self.content_type)
        sender = message.producer
        if self.producer is not None and self.producer != sender:
            raise BadEnvelope("producer_mismatch", f"{self.producer} sent a fact that names {sender}")
        says = PUBLISHERS.get(message.aggregate, sender)
        if says != sender:
            raise BadEnvelope("producer_mismatch", f"{sender} sent {message.type}, which {says} alone may say")
        return message


def nothing() -> None:
    """There is nothing to do meanwhile."""


class Publisher(Protocol):
    def send(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing) -> int:
        """Publishes in order and returns how many, from the first on, are safe with the bus.

        Fewer than all means a refusal: the relay stops there, so that order holds. Raises BusDown when it is away.
        ``meanwhile`` may be called once while the bus is at work on the batch, and raises nothing.
        """
        ...


class BusDown(Exception):
    """The bus cannot be reached or refuses work; facts stay in the outbox and are sent when it is back."""


class Refused(BusDown):
    """The bus is there, and did not take a fact; those behind it wait, so that order holds."""
