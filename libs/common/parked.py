"""What people decide about a parked fact or command: it goes back to where it belongs, or it is given up.

Each function is one act inside one transaction. What follows, the timers' loop does: a fact given back is due at once.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import strict_json
from libs.common.contracts import commands
from libs.common.contracts.base import BadEnvelope, decode
from libs.common.errors import Conflict, Malformed, NotFound
from libs.common.intake import ASKED, take, wish
from libs.common.parking import give_back, hold, hold_behind, key_of, step_over, taken_by
from libs.common.positions import Positions
from libs.common.service import CommandHandler
from libs.common.tx import Tx

Parked = sa.Row[Any]

MOST = 10**18  #: no row has a higher number


def find(tx: Tx, ident: int) -> Parked:
    """The parked row, locked for this act. Raises NotFound."""
    table = tx.tables.parked
    asked = sa.select(table).where(table.c.id == ident).with_for_update()
    row = tx.session.execute(asked).first() if 0 < ident < MOST else None
    if row is None:
        raise NotFound(f"nothing is parked here as {ident}; it may have been replayed or discarded already")
    return row


def replay(tx: Tx, ident: int, handlers: Mapping[str, CommandHandler] | None = None) -> Parked:
    """Gives it back to its record with all its tries; what waits behind it follows in order once it is applied.

    A command has its effect at once. Raises Conflict, and leaves it parked, where that cannot lead to anything.
    """
    row = find(tx, ident)
    if row.producer == ASKED:
        _ask_again(tx, row, handlers or {})
    elif row.blocks:
        give_back(tx, row)
    else:
        _read_again(tx, row)
    _remove(tx, row, "replayed")
    tx.store.crash("parked_replayed")
    return row


def discard(tx: Tx, ident: int, note: str = "") -> Parked:
    """Gives it up. Where its record waits for it, the record goes on behind it, as if it had been applied."""
    row = find(tx, ident)
    if row.agg_seq is not None:
        position = Positions.one(tx, (row.producer, row.agg))
        ahead = row.agg_seq - position.last_seq
        if ahead > 0 and not taken_by(tx, position, row.agg_seq, UUID(row.event_id)):  # else it waits for that one
            if ahead > 1:
                at = f"its record is at {position.last_seq} and this is {row.agg_seq}"
                raise Conflict(f"{at}: discard it when its turn has come")
            step_over(tx, row)
    _remove(tx, row, "discarded", note)
    return row


def _ask_again(tx: Tx, row: Parked, handlers: Mapping[str, CommandHandler]) -> None:
    """In the sender's name, but for who acts; that it was replayed is the operator's."""
    operator = tx.origin
    try:
        command = commands.decode(bytes(row.body))
        strict_json.parse(bytes(row.body))
        trace = command.traceparent or ""
        tx.origin = replace(operator, causation=command.id, client=command.source, traceparent=trace)
        take(tx, handlers, command, row.agg or wish(command, None))
    except (BadEnvelope, Malformed) as wrong:
        raise Conflict(f"this command still cannot be done: {wrong.detail}; discard it") from wrong
    finally:
        tx.origin = operator


def _read_again(tx: Tx, row: Parked) -> None:
    """For what blocks no record: it could not be read, or its number was taken."""
    try:
        message = decode(bytes(row.body))
    except BadEnvelope as wrong:
        raise Conflict(f"it still cannot be read: {wrong.detail}; discard it") from wrong
    position = Positions.one(tx, key_of(message))
    other = taken_by(tx, position, message.number, message.id)
    if message.number <= position.last_seq:
        if other:
            raise Conflict(f"number {message.number} of its record was another fact, which was applied; discard it")
        return  # it, or what came after it, has been applied meanwhile
    if other:
        raise Conflict(f"another fact with number {message.number} of its record waits already; discard this one")
    if position.blocked or message.number > position.last_seq + 1:
        hold_behind(tx, position, message)
    else:
        hold(tx, message, "replayed by hand", due_at=tx.now)


def _remove(tx: Tx, row: Parked, what: str, note: str = "") -> None:
    table = tx.tables.parked
    tx.session.execute(sa.delete(table).where(table.c.id == row.id))
    told = {"reason": row.reason, "type": row.type, "event_id": row.event_id, "subject": _text(row.agg)}
    write_down(tx, "Parked", str(row.id), {what: [None, {**told, **({"note": note} if note else {})}]})


def _text(ident: UUID | None) -> str | None:
    return None if ident is None else str(ident)


def write_down(tx: Tx, kind: str, subject: str, changes: dict[str, Any]) -> None:
    """One row of the audit for what is no record's change: what an operator did to delivery."""
    row: dict[str, Any] = {
        "at": tx.now,
        "actor": tx.origin.actor,
        "action": tx.origin.action,
        "kind": kind,
        "subject": subject[:80],
        "changes": changes,
        "request": tx.origin.causation[:80],
        "client": tx.origin.client[:200],
    }
    tx.execute(sa.insert(tx.tables.audit), row)
