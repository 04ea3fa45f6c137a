"""What there must be on the broker: made by one step, before anything publishes; safe to repeat."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from libs.common.backfill import moment
from libs.common.contracts.commands import EXCHANGE as COMMANDS
from libs.common.rabbit.management import Management, Refusal
from libs.common.rabbit.publisher import EVENTS, HISTORY
from libs.common.service import Service

UNROUTED = "plumbline.unrouted"
INTAKE = "leads"  #: the service that reads commands
# A broker's own limit kills innocent messages where consumers are killed often; attempts are counted in our databases.
DELIVERY_LIMIT = 1_000_000
HISTORY_BYTES, HISTORY_AGE = 20_000_000_000, timedelta(days=30)
NOTHING = "^$"
TAG = "management"
#: how a broker keeps a password: four bytes of salt, then this of both
HASHES = {"rabbit_password_hashing_sha256": "sha256", "rabbit_password_hashing_sha512": "sha512"}
#: how the mark of a binding begins that was made before anything was told on this broker; the moment follows. What its
#: publishers told on another one, which was wiped or given up, was before that
FROM_THE_FIRST = "from the first "


class Mismatch(Exception):
    """Something is there already and is not what we need; nobody but an operator may take it away."""


def queue_of(service: str) -> str:
    return f"plumbline.{service}"


def dead_of(queue: str) -> str:
    """Where the broker puts what it gives up."""
    return f"{queue}.dead"


def bindings_of(service: Service) -> set[tuple[str, str]]:
    """(queue, key): whole streams, so that no sequence has gaps."""
    return {(queue_of(service.name), f"plumbline.{stream}.#") for stream in service.subscriptions.streams}


@dataclass(frozen=True)
class Account:
    """A service's user on the broker. ``name`` is the service's, or begins with it and a dot."""

    name: str
    password: str


def _is(user: Mapping[str, Any], account: Account) -> bool:
    """Whether the broker has this account, with this password."""
    kept, kind = base64.b64decode(user["password_hash"]), HASHES.get(user["hashing_algorithm"])
    if user["name"] != account.name or user["tags"] not in (TAG, [TAG]) or kind is None:
        return False
    return hashlib.new(kind, kept[:4] + account.password.encode()).digest() == kept[4:]


def provision(
    broker: Management,
    services: Iterable[Service],
    accounts: Mapping[str, Account],
    publishers: Mapping[str, str],
) -> list[str]:
    """Makes what is missing and says what there is. Raises Mismatch, Refusal or BusDown.

    ``publishers`` says who may publish an aggregate; a service gets rights only if it has an account here.
    """
    said: list[str] = []
    make = _Maker(broker, said)
    services = list(services)
    make.exchange(UNROUTED, "fanout")
    make.exchange(EVENTS, "topic", {"alternate-exchange": UNROUTED})
    make.exchange(COMMANDS, "topic", {"alternate-exchange": UNROUTED})
    make.queue(UNROUTED, {"x-queue-type": "quorum"})
    make.bind(UNROUTED, UNROUTED, "")
    history = {"x-queue-type": "stream", "x-max-length-bytes": HISTORY_BYTES, "x-max-age": f"{HISTORY_AGE.days}D"}
    make.queue(HISTORY, history)
    for name in [*(queue_of(service.name) for service in services), COMMANDS]:
        make.queue(dead_of(name), {"x-queue-type": "quorum"})
        make.queue(name, _durable(dead_of(name)))
    mark = f"{FROM_THE_FIRST}{moment(datetime.now(UTC))}" if make.is_new() else ""
    for service in services:
        for queue, key in sorted(bindings_of(service)):
            make.bind(EVENTS, queue, key, mark)
    make.history()
    make.bind(COMMANDS, COMMANDS, "plumbline.#")
    for service in services:
        if service.name in accounts:
            own = [aggregate for aggregate, name in publishers.items() if name == service.name]
            make.user(service, accounts[service.name], own)
    return said


def _durable(dead: str) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",  # at-least-once dead-lettering asks for it; there is no length limit
    }


class _Maker:
    """Makes one thing after the other; a thing that is there with other arguments ends the step."""

    def __init__(self, broker: Management, said: list[str]) -> None:
        self.broker, self.said = broker, said
        self._found: dict[str, list[dict[str, Any]]] = {}

    def exchange(self, name: str, kind: str, arguments: Mapping[str, Any] | None = None) -> None:
        body = {"type": kind, "durable": True, "auto_delete": False, "internal": False, "arguments": arguments or {}}
        self._declare("exchanges", name, body)

    def queue(self, name: str, arguments: Mapping[str, Any]) -> None:
        self._declare("queues", name, {"durable": True, "auto_delete": False, "arguments": arguments})

    def bind(self, exchange: str, queue: str, key: str, mark: str = "") -> None:
        self.broker.bind(exchange, queue, key, mark)
        self.said.append(f"binding {exchange} -> {queue} {key}".rstrip())

    def is_new(self) -> bool:
        """Whether this broker has no history yet."""
        return not any(one.queue == HISTORY and one.mark for one in self.broker.bindings(EVENTS))

    def history(self) -> None:
        """Bound last, so that whoever finds it finds the queues, too. Its mark says which history it is: each is lost
        but once, and publishers then fill the new one."""
        if self.is_new():
            self.broker.bind(EVENTS, HISTORY, "#", uuid4().hex)
        self.said.append(f"binding {EVENTS} -> {HISTORY} #")

    def user(self, service: Service, account: Account, aggregates: list[str]) -> None:
        """Least rights: publishes its own aggregates, reads and binds its own queue, reads the history."""
        name = quote(account.name, safe="")
        if not any(_is(one, account) for one in self._there("users")):
            self.broker.call("PUT", f"users/{name}", {"password": account.password, "tags": TAG})
        streams = service.subscriptions.streams
        topics = {
            "exchange": EVENTS,
            "write": f"^plumbline\\.({'|'.join(aggregates)})\\." if aggregates else NOTHING,
            "read": f"^plumbline\\.({'|'.join(streams)})\\.#$" if streams else NOTHING,
        }
        self._permit("topic-permissions", account.name, topics)  # first: without them everything would be open
        queue = re.escape(queue_of(service.name))
        intake = f"|{re.escape(COMMANDS)}(\\.dead)?" if service.name == INTAKE else ""
        rights = {
            "configure": NOTHING,
            "write": f"^({re.escape(EVENTS)}|{queue})$",  # writing to a queue means binding it
            "read": f"^({re.escape(EVENTS)}|{queue}(\\.dead)?|{re.escape(HISTORY)}{intake})$",
        }
        self._permit("permissions", account.name, rights)
        self.said.append(f"user {account.name}")

    def _permit(self, kind: str, user: str, rights: Mapping[str, str]) -> None:
        wanted = {"user": user, **rights}.items()
        if not any(wanted <= one.items() for one in self._there(f"vhosts/{self.broker.here}/{kind}")):
            self.broker.call("PUT", f"{kind}/{self.broker.here}/{quote(user, safe='')}", rights)

    def _there(self, what: str) -> list[dict[str, Any]]:
        """What is as it must be is not written again: a broker logs each time, and the watch comes again soon."""
        if what not in self._found:
            self._found[what] = self.broker.call("GET", what)
        return self._found[what]

    def _declare(self, kind: str, name: str, body: dict[str, Any]) -> None:
        try:
            self.broker.call("PUT", f"{kind}/{self.broker.here}/{quote(name, safe='')}", body)
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            thing = kind.removesuffix("s")
            raise Mismatch(f"the {thing} {name} exists and is not as it must be: {refusal.reason}") from refusal
        self.said.append(f"{kind.removesuffix('s')} {name}")
