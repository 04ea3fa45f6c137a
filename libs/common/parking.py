"""Facts that cannot be applied now (held, with or without a due time) or at all (parked until somebody decides)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from libs.common.bus import Delivery
from libs.common.contracts.base import BadEnvelope, Message
from libs.common.positions import Held, Key, Position, Positions
from libs.common.tx import Tx


def key_of(message: Message) -> Key:
    return message.producer, message.subject


def hold(
    tx: Tx, message: Message, reason: str, *, attempts: int = 0, waits: int = 0, due_at: datetime | None = None
) -> None:
    """Keeps a fact for later. Without a due time it waits for the fact before it, or for its record to be opened."""
    row = {"attempts": attempts, "waits": waits, "due_at": due_at, "reason": _text(reason)}
    Positions.hold(tx, key_of(message), message.number, message.id, message.encode(), row)


def hold_behind(tx: Tx, position: Position, message: Message) -> None:
    """Keeps a fact whose turn has not come; what was tried before stays counted, its due time is taken back."""
    held = position.held.get(message.number)
    if held is None or held.due_at is not None:
        reason = "behind a parked fact" if position.blocked else "behind a gap"
        attempts, waits = (held.attempts, held.waits) if held is not None else (0, 0)
        hold(tx, message, reason, attempts=attempts, waits=waits)
        position.held[message.number] = Held(message.encode(), attempts, waits)  # its turn may come in this batch


def park_unread(tx: Tx, delivery: Delivery, wrong: BadEnvelope, producer: str | None = None) -> None:
    """Keeps bytes that are no fact of ours. Whose record they belong to is unknown, so they block none."""
    row = {"producer": producer, "body": delivery.body, "reason": wrong.code, "detail": _text(wrong.detail)}
    tx.execute(tx.store.statements.parked, {**row, "blocks": False, "parked_at": tx.now})


def park(tx: Tx, message: Message, reason: str, detail: str, *, blocks: bool) -> None:
    row: dict[str, object] = {
        "producer": message.producer,
        "agg": message.subject,
        "agg_seq": message.number,
        "event_id": str(message.id),
        "type": message.type,
        "body": message.encode(),
    }
    row |= {"reason": reason, "detail": _text(detail), "blocks": blocks}
    tx.execute(tx.store.statements.parked, {**row, "parked_at": tx.now})


def park_and_block(tx: Tx, message: Message, reason: str, detail: str) -> None:
    """Parks the fact that is next in its record; the record stands still until it is replayed or discarded."""
    park(tx, message, reason, detail, blocks=True)
    Positions.block(tx, key_of(message))
    Positions.release(tx, key_of(message), message.number)


def give_back(tx: Tx, row: "sa.Row[tuple[object, ...]]") -> None:
    """Opens the record of a parked fact and gives the fact all its tries again, from now on."""
    key = (row.producer, row.agg)
    Positions.one(tx, key)
    Positions.open(tx, key)
    again = {"attempts": 0, "waits": 0, "due_at": tx.now, "reason": "replayed by hand"}
    Positions.hold(tx, key, row.agg_seq, UUID(row.event_id), bytes(row.body), again)


def step_over(tx: Tx, row: "sa.Row[tuple[object, ...]]") -> None:
    """Opens the record of a parked fact behind it, as if it had been applied; what waited is due now."""
    key = (row.producer, row.agg)
    position = Positions.one(tx, key)
    Positions.open(tx, key)
    Positions.skip(tx, key, row.agg_seq, UUID(row.event_id))
    Positions.release(tx, key, row.agg_seq)  # a repeat of it may have been held meanwhile
    if row.agg_seq + 1 in position.held:
        Positions.due(tx, key, row.agg_seq + 1, tx.now)


def _text(reason: str) -> str:
    """PostgreSQL refuses NUL in a text; what went wrong must be written down all the same."""
    return reason.replace("\0", "\\0")[:2000]
