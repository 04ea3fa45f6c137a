"""What the broker gave up is parked where people see it, with its bytes: nothing may end in a queue nobody reads."""

from collections.abc import Sequence

import sqlalchemy as sa

from libs.common.bus import Delivery
from libs.common.contracts.base import BadEnvelope, Message
from libs.common.intake import wish_in
from libs.common.parking import key_of, park, park_and_block, park_fork, park_unread, taken_by
from libs.common.positions import Positions
from libs.common.store import Store
from libs.common.tx import Tx

DEAD = "dead_letter"


class DeadLetters:
    """Takes a service's dead queue in. ``producer`` is given for a queue whose messages are no facts: commands."""

    def __init__(self, store: Store, queue: str, producer: str | None = None) -> None:
        self.store, self.queue, self.producer = store, queue, producer

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Returns once each is parked, or was applied already. Raises Unavailable when the database is in trouble."""
        for delivery in deliveries:
            with self.store.begin() as tx:
                self._take(tx, delivery)

    def _take(self, tx: Tx, delivery: Delivery) -> None:
        why = f"the broker gave it up: it came by {self.queue}"
        try:
            message = self._read(delivery)
        except BadEnvelope as wrong:
            about = wish_in(delivery) if self.producer is not None else None
            park_unread(tx, delivery, BadEnvelope(DEAD, f"{why}; {wrong.detail}"), self.producer, about)
            return
        position = Positions.one(tx, key_of(message))
        if (other := taken_by(tx, position, message.number, message.id)) is not None:
            park_fork(tx, message, other)
            return
        if message.number <= position.last_seq or _is_parked(tx, message):
            return
        if message.number == position.last_seq + 1:  # else it blocks already
            park_and_block(tx, message, DEAD, why)
        else:
            park(tx, message, DEAD, why, blocks=False)

    def _read(self, delivery: Delivery) -> Message:
        if self.producer is not None:
            raise BadEnvelope(DEAD, "a command")
        return delivery.read()


def _is_parked(tx: Tx, message: Message) -> bool:
    """It may come again: what was parked is acknowledged only afterwards."""
    parked = tx.tables.parked
    same = (parked.c.producer == message.producer) & (parked.c.event_id == str(message.id))
    return tx.execute(sa.select(parked.c.id).where(same).limit(1)).first() is not None
