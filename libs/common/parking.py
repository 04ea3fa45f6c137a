"""Facts that cannot be applied now (held, with or without a due time) or at all (parked until somebody decides)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from libs.common.bus import Delivery
from libs.common.contracts.base import BadEnvelope, Message
from libs.common.positions import Held, Key, Position, Positions
from libs.common.tx import Tx

FORK = "history_fork"


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
        # its turn may come in this batch
        position.held[message.number] = Held(message.id, message.encode(), attempts, waits)


def taken_by(tx: Tx, position: Position, number: int, ident: UUID) -> UUID | None:
    """The other fact that has this one's number in its record: applied last, held, or parked, blocking it."""
    if (held := position.held.get(number)) is not None:
        there: UUID | None = held.event
    elif position.blocked and number == position.last_seq + 1:
        there = _blocking(tx, position.key, number)
    else:
        there = position.last_event if number == position.last_seq else None
    return None if there == ident else there


def _blocking(tx: Tx, key: Key, number: int) -> UUID | None:
    table = tx.tables.parked
    of_record = table.c.producer == key[0], table.c.agg == key[1], table.c.agg_seq == number
    found = tx.execute(sa.select(table.c.event_id).where(*of_record, table.c.blocks)).first()
    return None if found is None else UUID(found.event_id)


def park_fork(tx: Tx, message: Message, other: UUID) -> None:
    """Keeps a fact whose number another one has. It blocks nothing, and however often it comes, it is kept once."""
    table = tx.tables.parked
    known = sa.select(table.c.id).where(table.c.event_id == str(message.id), table.c.reason == FORK).limit(1)
    if tx.execute(known).first() is None:
        park(tx, message, FORK, f"{other} had this number", blocks=False)


def park_unread(
    tx: Tx, delivery: Delivery, wrong: BadEnvelope, producer: str | None = None, about: UUID | None = None
) -> None:
    """Keeps bytes that are no fact of ours. Whose record they belong to is unknown, so they block none.

    ``about`` is what makes a command the one that it is.
    """
    table = tx.tables.parked
    if delivery.redelivered or delivery.reread:  # parked before, maybe: what came with it may have been in trouble
        same = table.c.agg.is_(None) if about is None else table.c.agg == about
        known = sa.select(table.c.id).where(same, table.c.body == delivery.body).limit(1)
        if tx.execute(known).first() is not None:
            return
    row: dict[str, object] = {"producer": producer, "body": delivery.body}
    row |= {"reason": wrong.code, "detail": _text(wrong.detail)} | ({} if about is None else {"agg": about})
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
