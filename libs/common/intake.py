"""What other systems ask of a service on the bus: each wish once, and a refused one parked where people see it."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from libs.common import strict_json
from libs.common.bus import Delivery
from libs.common.contracts.base import BadEnvelope
from libs.common.contracts.commands import Command, decode
from libs.common.dberrors import Locked, of_database
from libs.common.errors import DomainError, Unavailable
from libs.common.parking import park_unread
from libs.common.positions import OPEN
from libs.common.service import CommandHandler
from libs.common.store import Store
from libs.common.tx import Origin, Tx

ASKED = "command"  #: what stands for the producer in ``stream_pos``, which never forgets
WISHES = UUID("6f1c1f8e-3f0a-4b53-9f0e-0c2b6f5f7a11")


class Intake:
    """Takes commands in. Their order means nothing, so each has a transaction of its own."""

    def __init__(self, store: Store, handlers: Mapping[str, CommandHandler]) -> None:
        self.store, self.handlers = store, handlers

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Returns once each is done, known or parked. Raises Unavailable when the database is in trouble."""
        for delivery in deliveries:
            whose = f"from {delivery.sender}: " if delivery.sender else ""  # more than that cannot be read of some
            try:
                command = decode(delivery.body, delivery.content_type)
                whose = f"{command.id} of {said_by(command, delivery.sender)}: "
                strict_json.parse(delivery.body)  # one reading only, and no text that PostgreSQL could not keep
                self._take(command, delivery.sender)
            except BadEnvelope as wrong:
                self._park(delivery, wrong.code, whose + wrong.detail)
            except Unavailable:
                raise
            except Locked as busy:
                raise Unavailable(busy.detail) from busy
            except DomainError as refusal:
                faults = [f"{fault.pointer} {fault.detail}" for fault in refusal.errors]
                unsaid = "; ".join(fault for fault in faults if fault not in refusal.detail)
                self._park(delivery, "refused", f"{whose}{refusal.detail} {unsaid}".strip())
            except Exception as bug:
                if of_database(bug):
                    raise Unavailable(f"the database is not as it should be: {type(bug).__name__}") from bug
                # kept for people: a wish that cannot be done must not stop the rest
                self._park(delivery, "handler_error", f"{whose}{type(bug).__name__}: {bug}")

    def _take(self, command: Command, sender: str | None) -> None:
        trace, client = command.traceparent or "", said_by(command, sender)
        origin = Origin(action=command.type, causation=command.id, client=client, traceparent=trace)
        with self.store.begin(origin) as tx:
            take(tx, self.handlers, command, wish(command, sender))

    def _park(self, delivery: Delivery, code: str, detail: str) -> None:
        with self.store.begin() as tx:
            park_unread(tx, delivery, BadEnvelope(code, detail), producer=ASKED, about=wish_in(delivery))


def wish(command: Command, sender: str | None) -> UUID:
    """What makes a repeated command the same one. What somebody sent who is known collides with nobody else's,
    whatever source those claim; neither source nor id can hold the line break."""
    return uuid5(WISHES, f"{sender}\n{command.key}" if sender else command.key)


def wish_in(delivery: Delivery) -> UUID | None:
    """The same of what came, where it can be read so far."""
    try:
        return wish(decode(delivery.body, delivery.content_type), delivery.sender)
    except BadEnvelope:
        return None


def said_by(command: Command, sender: str | None) -> str:
    """The source as it was claimed, and by whom."""
    return f"{command.source} ({sender})" if sender else command.source


def take(tx: Tx, handlers: Mapping[str, CommandHandler], command: Command, about: UUID) -> None:
    """Does what is asked, once for each wish that it is ``about``. Raises BadEnvelope for what nobody here knows, and
    what the handler raises."""
    handler = handlers.get(command.type)
    if handler is None:
        raise BadEnvelope("unknown_type", f"{command.type} is no command here; possible: {', '.join(handlers)}")
    if _is_new(tx, about):
        handler(tx, command)


def _is_new(tx: Tx, about: UUID) -> bool:
    row = {"producer": ASKED, "agg": about, "last_seq": 1, "state": OPEN}
    insert = tx.insert(tx.tables.stream_pos).values(**row).on_conflict_do_nothing()
    return tx.execute(insert.returning(tx.tables.stream_pos.c.agg)).first() is not None
