"""Where this service stands in each record's stream, and what is held behind it; rows are locked together, in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from libs.common import direct, flushing, prepared
from libs.common.contracts.base import Message
from libs.common.tx import Tx

Key = tuple[str, UUID]  #: producer, record
OPEN, BLOCKED = "open", "blocked"
#: statements.positions once more, in PostgreSQL's words: one text for any number of keys, so that it is planned once.
#: A row that we waited for is given as it is by now, all that is joined to it as it was before the wait: ``late``
LOCK = f"""
SELECT p.producer, p.agg, p.last_seq, p.last_event, p.state,
       h.agg_seq, h.event_id, h.body, h.attempts, h.waits, h.due_at, h.reason, p.xmin <> before.xmin AS late
FROM {prepared.few("json_array_elements(%(keys)s::json)", "many")} AS s(k)
JOIN stream_pos AS p ON p.producer = k ->> 0 AND p.agg = (k ->> 1)::uuid
JOIN stream_pos AS before ON before.producer = p.producer AND before.agg = p.agg
LEFT JOIN held AS h ON h.producer = p.producer AND h.agg = p.agg
ORDER BY p.producer, p.agg FOR UPDATE OF p
"""  # noqa: S608 - our own words


@dataclass(frozen=True)
class Held:
    """A held fact, as its row says or as it was held in this transaction."""

    event: UUID
    body: bytes
    attempts: int
    waits: int
    due_at: datetime | None = None
    reason: str = ""


class Position:
    """The last applied fact of one record, and the facts held for it by number."""

    def __init__(self, key: Key, last_seq: int = 0, last_event: UUID | None = None, state: str = OPEN) -> None:
        self.key, self.last_seq, self.last_event, self.state = key, last_seq, last_event, state
        self.held: dict[int, Held] = {}
        self.moved: list[int] = []

    @property
    def blocked(self) -> bool:
        return self.state == BLOCKED

    def made(self) -> dict[str, Any]:
        """Its row, as a new one."""
        producer, agg = self.key
        row = {"producer": producer, "agg": agg, "last_seq": self.last_seq, "last_event": self.last_event}
        return {**row, "state": OPEN}

    def moving(self) -> dict[str, Any]:
        """What changes in its row."""
        return {**_of(self.key), "to_seq": self.last_seq, "to_event": self.last_event}

    def move(self, message: Message) -> None:
        self.last_seq, self.last_event = message.number, message.id
        self.moved.append(message.number)


class Positions:
    """The positions of some records, locked for this transaction in one order, so that two workers never embrace."""

    def __init__(self, tx: Tx, keys: Iterable[Key]) -> None:
        self.tx = tx
        wanted = sorted(keys)
        self._known = self._lock(wanted)
        self._new = [key for key in wanted if key not in self._known]
        self._known |= {key: Position(key) for key in self._new}

    @classmethod
    def one(cls, tx: Tx, key: Key) -> Position:
        """The position of one record, made where there is none, so that something can be held for it or block it."""
        positions = cls(tx, [key])
        positions.write()
        flushing.write(tx, {"stream_pos": tx.closing.pop("stream_pos", [])})
        return positions[key]

    def __getitem__(self, key: Key) -> Position:
        return self._known[key]

    @property
    def moved(self) -> int:
        """How many facts were applied."""
        return sum(len(position.moved) for position in self._known.values())

    def _lock(self, keys: list[Key]) -> dict[Key, Position]:
        """The positions that there are, each with what is held for it: a row a held fact, else one without."""
        found: dict[Key, Position] = {}
        for producer, agg, last_seq, last_event, state, number, *held in self._rows(keys):
            key = (producer, agg)
            if key not in found:
                found[key] = Position(key, last_seq, last_event, state)
            if number is not None:
                event_id, body, *tries = held
                found[key].held[number] = Held(event_id, bytes(body), *tries)
        return found

    def _rows(self, keys: list[Key]) -> Sequence[Sequence[Any]]:
        if self.tx.store.database.sqlite:
            said = self.tx.store.statements
            if len(keys) == 1:
                return self.tx.execute(said.position, _of(keys[0])).all()
            return self.tx.execute(said.positions, {"keys": keys}).all()
        given = {"keys": msgspec.json.encode(keys).decode(), "many": len(keys)}
        rows = direct.run(self.tx.connection, LOCK, given)
        while any(late for *_, late in rows):  # those are ours by now; the next look may meet, and wait for, new ones
            rows = direct.run(self.tx.connection, LOCK, given)
        return [row[:-1] for row in rows]

    def write(self) -> None:
        """Says where the records stand now, to be written with the act, and lets go of what was held for them.

        A record is first met by one worker only: who comes second finds its position made, and tries again.
        """
        new = set(self._new)
        moved = [position for position in self._known.values() if position.moved]
        self.tx.closing["stream_pos"] = [self[key].made() for key in self._new]
        self.tx.closing["moved"] = [position.moving() for position in moved if position.key not in new]
        self._new = []
        done = [{**_of(p.key), "of_seq": number} for p in moved for number in p.moved if number in p.held]
        if done:
            self.tx.execute(self.tx.store.statements.let_go, done)

    @staticmethod
    def hold(tx: Tx, key: Key, number: int, event_id: UUID, body: bytes, row: dict[str, Any]) -> None:
        """Keeps a fact for later; held already, its tries and due time are brought up to date."""
        fixed = {"producer": key[0], "agg": key[1], "agg_seq": number, "event_id": event_id, "body": body}
        holding = prepared.holding(tx.tables.held, tx.store.database.sqlite)
        tx.execute(holding, {**fixed, **row, "held_at": tx.now})
        if not tx.store.database.sqlite:  # whoever waits for the position sees by its new row that he is ``late``
            tx.execute(tx.store.statements.touched, _of(key))

    @staticmethod
    def release(tx: Tx, key: Key, number: int) -> None:
        tx.execute(tx.store.statements.let_go, {**_of(key), "of_seq": number})

    @staticmethod
    def due(tx: Tx, key: Key, number: int, at: datetime) -> None:
        tx.execute(tx.store.statements.due_now, {**_of(key), "of_seq": number, "at": at})

    @staticmethod
    def block(tx: Tx, key: Key) -> None:
        Positions._set(tx, key, state=BLOCKED)

    @staticmethod
    def open(tx: Tx, key: Key) -> None:
        Positions._set(tx, key, state=OPEN)

    @staticmethod
    def skip(tx: Tx, key: Key, number: int, event_id: UUID) -> None:
        Positions._set(tx, key, last_seq=number, last_event=event_id)

    @staticmethod
    def _set(tx: Tx, key: Key, **values: Any) -> None:
        tx.execute(tx.store.statements.stands, {**_of(key), **values})


def _of(key: Key) -> dict[str, Any]:
    producer, agg = key
    return {"of_producer": producer, "of_agg": agg}
