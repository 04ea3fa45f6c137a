"""Who asks things of the desk: clients with an Idempotency-Key, who ask until they are answered; senders of wishes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from libs.common.contracts.commands import Command
from libs.common.errors import DomainError
from libs.common.idempotency import AlreadyAnswered, Answer, RequestKey
from libs.common.tx import Origin, Tx
from tests.simulation.tables import ACTED, STREAMS, Order
from tests.simulation.toy import tell

if TYPE_CHECKING:
    from tests.simulation.world import World

TAKE = "plumbline.order.take.v1"


@dataclass
class Request:
    """An act that somebody wants once: ``note`` names it; ``timer`` is set, drop or leave; ``subject`` None is new."""

    note: str
    facts: int
    filed: bool
    timer: str
    subject: UUID | None
    answer: Answer | None = None

    @property
    def notes(self) -> list[str]:
        return [f"{self.note}.{fact}" for fact in range(self.facts)] + [f"{self.note}~"] * self.filed


class Shows:
    """A schema, as far as ``Tx.answer`` cares."""

    def dump(self, order: Any) -> dict[str, Any]:
        return {"id": str(order.id), "note": order.note, "version": order.version}


class Clients:
    """Their ledger is the auditor's: what was asked, what was answered."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.requests: dict[str, Request] = {}
        self.wishes: dict[str, Request] = {}

    def step(self) -> None:
        rng, requests = self.world.rng, list(self.requests.values())
        if requests and rng.random() < (0.6 if self.world.depth else 0.3):
            open_ = [one for one in requests if one.answer is None]
            self.ask(rng.choice(open_ or requests))
        elif rng.random() < 0.1:
            self.wish()
        else:
            request = self._new()
            self.requests[request.note] = request
            self.ask(request)

    def finish(self) -> None:
        for request in self.requests.values():
            if request.answer is None:
                self.ask(request)

    def _new(self, *, wish: bool = False) -> Request:
        rng = self.world.rng
        known = [UUID(msgspec.json.decode(one.answer[0])["id"]) for one in self.requests.values() if one.answer]
        subject = rng.choice(known) if known and not wish and rng.random() < 0.6 else None
        note = f"{'w' if wish else 'r'}{len(self.wishes if wish else self.requests)}"
        request = Request(
            note, rng.choice((1, 1, 2)), rng.random() < 0.2, rng.choice(("set", "set", "drop", "leave")), subject
        )
        for fault in ("poison", "killer"):
            if self.world.chance(fault):
                service = rng.choice(("yard", "board"))
                key = (service, rng.choice(STREAMS[service]), request.notes[0])
                self.world.poison[key] = fault
        return request

    def ask(self, request: Request) -> None:
        """One attempt. Whoever hears nothing, or that it did not work, asks again later with the same key."""
        key = RequestKey("client", "/orders", request.note, "hash")
        with self.world.at_work("desk") as desk:
            try:
                with desk.store.begin(Origin(action="POST /orders", key=key)) as tx:
                    answer = tx.answer(Shows(), self.act(tx, request), 201)
            except AlreadyAnswered as before:
                answer = before.answer
                self.world.seen["answered_again"] += 1
            except DomainError:
                self.world.seen["trouble"] += 1
                return
            if request.answer not in (None, answer):
                self.world.faults.append(f"{request.note} was answered {request.answer}, then {answer}")
            request.answer = answer

    def act(self, tx: Tx, request: Request) -> Order:
        order = tx.get(Order, request.subject) if request.subject else tx.new(Order, note="")
        tx.execute(ACTED, {"note": request.note, "subject": order.id})
        tell(tx, order, *request.notes)
        if request.timer == "set":
            due = tx.now + timedelta(seconds=self.world.rng.choice((0, 0, 1, 30, 300)))
            tx.remind("nudge", order.id, due, note=request.note, due=due.isoformat())
        elif request.timer == "drop":
            tx.forget("nudge", order.id)
        return order

    # -- wishes

    def wish(self) -> None:
        """A new wish, or the same one once more, or bytes that are none."""
        world = self.world
        again = list(self.wishes) if world.rng.random() < 0.4 else []
        note = world.rng.choice(again) if again else self._new_wish()
        command = {"id": note, "source": "/elsewhere", "type": TAKE, "data": {"note": note}}
        world.broker.put("wishes", msgspec.json.encode(command))
        if world.chance("junk"):
            world.broker.put("wishes", b"junk")

    def _new_wish(self) -> str:
        request = self._new(wish=True)
        self.wishes[request.note] = request
        return request.note

    def grant(self, tx: Tx, command: Command) -> None:
        self.act(tx, self.wishes[command.data["note"]])
