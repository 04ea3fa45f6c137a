"""Three tiny services: a desk takes orders, a yard writes a slip for each, a board shows both."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from libs.common.errors import NotYet
from libs.common.service import Handler, Subscriptions, TimerHandler
from libs.common.tx import Tx
from tests.simulation.tables import NUDGED, SLIP, STATEMENTS, STREAMS, Order, OrderFiled, OrderTold, Slip, SlipWritten


class Mood(Protocol):
    """What a world lets happen inside a handler."""

    def mood(self, service: str, stream: str, note: str) -> None: ...

    def given_up(self, service: str, stream: str, note: str) -> bool: ...


def subscriptions(name: str, world: Mood, wrap: Callable[[Handler], Handler]) -> Subscriptions:
    """What the service does about each fact: an effect, and at the yard a slip with a fact of its own."""
    mine = Subscriptions()
    note_down, look_up = STATEMENTS.get(name, (None, None))

    def hear(tx: Tx, fact: OrderTold | SlipWritten) -> None:
        stream = fact.aggregate()
        if stream == "slip" and not _heard(tx, fact) and not world.given_up(name, "order", fact.note):
            raise NotYet("the order's own fact has not come")
        row = {"stream": stream, "subject": fact.subject, "note": fact.note, "event": tx.origin.causation}
        tx.execute(note_down, row)
        if name == "yard":
            slip = tx.session.scalar(SLIP, {"of": fact.subject}) or tx.new(Slip, fact.subject, note=fact.note)
            slip.note = fact.note
            tx.publish(SlipWritten(subject=slip.id, note=fact.note), of=slip)
        world.mood(name, stream, fact.note)

    def _heard(tx: Tx, fact: OrderTold | SlipWritten) -> bool:
        return tx.execute(look_up, {"of": fact.subject, "named": fact.note}).first() is not None

    for kind in (OrderTold, SlipWritten):
        if kind.aggregate() in STREAMS[name]:
            mine.on(kind)(wrap(hear))
    return mine


def tell(tx: Tx, order: Order, *notes: str) -> None:
    for note in notes:
        order.note = note
        kind = OrderFiled if note.endswith("~") else OrderTold
        tx.publish(kind(subject=order.id, note=note), of=order)


def nudges(latest: Callable[[], datetime]) -> TimerHandler:
    """What the desk's timer does: it says so in the order's stream. ``latest`` knows no clock that jumps back."""

    def nudge(tx: Tx, subject: UUID, payload: dict[str, Any]) -> None:
        tell(tx, tx.get(Order, subject), payload["note"] + "!")
        early = latest() < datetime.fromisoformat(payload["due"])
        tx.execute(NUDGED, {"note": payload["note"], "early": early})

    return nudge
