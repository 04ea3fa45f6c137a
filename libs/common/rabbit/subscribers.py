"""Users of the broker for other systems: each reads what was agreed, into queues of its own, and does nothing else."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from libs.common.contracts.commands import EXCHANGE as COMMANDS
from libs.common.contracts.patterns import instead_of, whole
from libs.common.contracts.schemas import facts
from libs.common.rabbit.management import Management, Refusal
from libs.common.rabbit.publisher import EVENTS, HISTORY
from libs.common.rabbit.topology import DELIVERY_LIMIT, NOTHING

PREFIX = "subscriber."  #: no service's name begins so: what such a user publishes comes from nobody we know
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
PATTERN = re.compile(r"(\*|#|[a-z0-9_]+)(\.(\*|#|[a-z0-9_]+))*", re.ASCII)
# Somebody who stopped reading must not fill the broker's disk for everybody; the history has what was dropped.
BOUNDS = {"max-length-bytes": 1_000_000_000, "expires": 30 * 24 * 3600 * 1000}
#: The last of these that a queue can obey counts. RabbitMQ 4 drops what a quorum queue's reader gave back twenty times,
#: and one that is restarted again and again gives back all it has in hand. A classic queue has no such limit.
POLICIES = {
    "plumbline-subscribers": BOUNDS,
    "plumbline-subscribers-quorum": BOUNDS | {"delivery-limit": DELIVERY_LIMIT},
}
FULL = 0.99  #: of its limit: a queue that drops its oldest is a little below, as the next message does not fit
LIMITS = {"max-connections": 20, "max-channels": 200}
#: a comment at the end of a right until connections are closed: what is killed before that, the same command finishes
UNSETTLED = "(?#unsettled)"
#: how a word of a pattern is written where binding keys are compared: the key may be narrower, never wider
ONE_WORD, ANY_WORDS = r"\.[^.#]+", r"(\.[^.]+)*"


class Wrong(ValueError):
    """A name or a pattern that cannot be, and why."""


@dataclass(frozen=True)
class Subscriber:
    """Another system, as the broker knows it. ``commands`` are the types it may send, ``history``: it may read that.

    ``settled``: whether nothing is left of what it opened and bound under other rights.
    """

    name: str
    patterns: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    history: bool = True
    settled: bool = True

    @property
    def user(self) -> str:
        return PREFIX + self.name

    @property
    def queues(self) -> str:
        """What the names of its queues begin with."""
        return f"{self.user}."


def checked(subscriber: Subscriber) -> Subscriber:
    """With whole patterns. Raises Wrong for what no broker should be told."""
    if not NAME.fullmatch(subscriber.name):
        raise Wrong(f"{subscriber.name!r} is no name: small letters, digits and hyphens, a letter first, at most 40")
    for pattern in subscriber.patterns:
        if not PATTERN.fullmatch(pattern):
            raise Wrong(f"{pattern!r} is no pattern like plumbline.booking.# or plumbline.*.assigned.v1")
        if there := instead_of(pattern, [fact.name for fact in facts()]):
            raise Wrong(f"{pattern!r} means no fact there is; possible: {', '.join(there)}")
    return replace(subscriber, patterns=tuple(map(whole, subscriber.patterns)))


def put(broker: Management, subscriber: Subscriber, password: str | None) -> None:
    """Makes the user, or gives it exactly these rights; without a ``password`` it keeps the one it has."""
    name = quote(subscriber.user, safe="")
    changes = password is not None or subscriber not in known(broker)
    if password is not None:
        broker.call("PUT", f"users/{name}", {"password": password, "tags": ""})
    for priority, (policy, definition) in enumerate(POLICIES.items()):
        rule = {
            "pattern": f"^{re.escape(PREFIX)}",
            "apply-to": "queues",
            "priority": priority,
            "definition": definition,
        }
        broker.call("PUT", f"operator-policies/{broker.here}/{policy}", rule)
    for limit, value in LIMITS.items():
        broker.call("PUT", f"user-limits/{name}/{limit}", {"value": value})
    if changes:  # the broker looks at rights and password when something is begun, and never again
        _permit(broker, subscriber, UNSETTLED)
        broker.call("DELETE", f"connections/username/{name}")
    _unbind_what_is_wider(broker, subscriber)
    _permit(broker, subscriber)


def _permit(broker: Management, subscriber: Subscriber, mark: str = "") -> None:
    name = quote(subscriber.user, safe="")
    for exchange, (write, read) in _topics(subscriber).items():  # first: without them everything would be open
        rights: dict[str, str] = {"exchange": exchange, "write": write, "read": read + mark}
        broker.call("PUT", f"topic-permissions/{broker.here}/{name}", rights)
    broker.call("PUT", f"permissions/{broker.here}/{name}", _rights(subscriber))


def _unbind_what_is_wider(broker: Management, subscriber: Subscriber) -> None:
    """What it bound while it had other rights would bring it those facts for good."""
    _, may = _topics(subscriber)[EVENTS]
    for one in broker.call("GET", f"exchanges/{broker.here}/{EVENTS}/bindings/source"):
        if one["destination"].startswith(subscriber.queues) and not re.search(may, one["routing_key"]):
            to = f"{one['destination_type'][0]}/{quote(one['destination'], safe='')}"
            _gone(broker, f"bindings/{broker.here}/e/{EVENTS}/{to}/{quote(one['properties_key'], safe='')}")


def _rights(subscriber: Subscriber) -> dict[str, str]:
    """Declares, binds and reads its own queues. To bind is to write to the queue and to read the exchange."""
    own = f"{re.escape(subscriber.queues)}.+"
    read = [own, *([re.escape(EVENTS)] if subscriber.patterns else []), *([HISTORY] if subscriber.history else [])]
    write = [own, *([re.escape(COMMANDS)] if subscriber.commands else [])]
    return {"configure": f"^{own}$", "write": _any(write), "read": _any(read)}


def _topics(subscriber: Subscriber) -> dict[str, tuple[str, str]]:
    """Exchange → which keys it may publish and bind there."""
    return {
        EVENTS: (NOTHING, _any([_keys(pattern) for pattern in subscriber.patterns])),
        COMMANDS: (_any([re.escape(one) for one in subscriber.commands]), NOTHING),
    }


def _any(several: Sequence[str]) -> str:
    return f"^({'|'.join(several)})$" if several else NOTHING


def _keys(pattern: str) -> str:
    """The binding keys that let through no more than the pattern does."""
    first, *words = pattern.split(".")
    return first + "".join({"*": ONE_WORD, "#": ANY_WORDS}.get(word, rf"\.{word}") for word in words)


def _pattern(keys: str) -> str:
    """The other way round: the rights that the broker keeps are the only place where patterns are kept."""
    return keys.replace(ANY_WORDS, ".#").replace(ONE_WORD, ".*").replace("\\", "")


def known(broker: Management) -> list[Subscriber]:
    """Everybody whom ``put`` has made here, by name."""
    topics: dict[str, dict[str, Any]] = {}
    for one in broker.call("GET", f"vhosts/{broker.here}/topic-permissions"):
        topics.setdefault(one["user"], {})[one["exchange"]] = one
    found = []
    for one in broker.call("GET", f"vhosts/{broker.here}/permissions"):
        user = one["user"]
        if user.startswith(PREFIX) and {EVENTS, COMMANDS} <= topics.get(user, {}).keys():
            keys: str = topics[user][EVENTS]["read"]
            patterns = tuple(map(_pattern, _parts(keys.removesuffix(UNSETTLED))))
            commands = tuple(map(_pattern, _parts(topics[user][COMMANDS]["write"])))
            history, settled = bool(re.search(one["read"], HISTORY)), not keys.endswith(UNSETTLED)
            found.append(Subscriber(user.removeprefix(PREFIX), patterns, commands, history, settled))
    return sorted(found, key=lambda one: one.name)


def _parts(several: str) -> list[str]:
    return [] if several == NOTHING else several.removeprefix("^(").removesuffix(")$").split("|")


def exists(broker: Management, subscriber: Subscriber) -> bool:
    """Whether the broker has such a user, be it of this virtual host or of another."""
    try:
        broker.call("GET", f"users/{quote(subscriber.user, safe='')}")
    except Refusal as refusal:
        if refusal.status == 404:
            return False
        raise
    return True


@dataclass(frozen=True)
class Waiting:
    """One of its queues: how many messages wait there, for whom, and whether the oldest of them are being dropped."""

    messages: int
    readers: int
    full: bool


def waiting(broker: Management, subscriber: Subscriber) -> dict[str, Waiting]:
    """What waits in each of its queues."""
    there = f"queues/{broker.here}?columns="
    # The broker works the rest out every few seconds only.
    counted = broker.call("GET", f"{there}name,messages&disable_stats=true&enable_queue_totals=true")
    known = broker.call("GET", f"{there}name,message_bytes,consumers,arguments,effective_policy_definition")
    about = {one["name"]: one for one in known}
    return {
        one["name"]: _waiting(one.get("messages", 0), about.get(one["name"], {}))
        for one in counted
        if one["name"].startswith(subscriber.queues)
    }


def _waiting(messages: int, about: Mapping[str, Any]) -> Waiting:
    rules, own = about.get("effective_policy_definition") or {}, about.get("arguments") or {}
    held = {"max-length": messages, "max-length-bytes": about.get("message_bytes", 0)}
    full = any(
        limit is not None and much >= FULL * limit
        for what, much in held.items()
        for limit in (rules.get(what), own.get(f"x-{what}"))
    )
    return Waiting(messages, about.get("consumers", 0), full)


def remove(broker: Management, subscriber: Subscriber) -> list[str]:
    """Takes the user away, its connections and its queues with it. Returns what there was."""
    name, gone = quote(subscriber.user, safe=""), []
    if exists(broker, subscriber):
        for kind in ("permissions", "topic-permissions"):  # the other way round everything would be open in between
            _gone(broker, f"{kind}/{broker.here}/{name}")
        if not broker.call("GET", f"users/{name}/permissions"):  # else it reads in another virtual host
            _gone(broker, f"users/{name}")
        gone.append(f"user {subscriber.user}")
    for kind in ("queues", "exchanges"):
        for one in broker.call("GET", f"{kind}/{broker.here}?columns=name"):
            if one["name"].startswith(subscriber.queues):
                _gone(broker, f"{kind}/{broker.here}/{quote(one['name'], safe='')}")
                gone.append(f"{kind.removesuffix('s')} {one['name']}")
    return gone


def take_refusing(broker: Management) -> Iterator[str]:
    """Deletes what was declared to refuse facts once it is full, as soon as it is there; gives each when it is gone.

    A publisher whom one queue refuses stops there, and with it all that it tells to anybody. Raises Refusal or BusDown.
    """
    for one in broker.call("GET", f"queues/{broker.here}?columns=name,arguments"):
        if one["name"].startswith(PREFIX) and one["arguments"].get("x-overflow", "").startswith("reject"):
            _gone(broker, f"queues/{broker.here}/{quote(one['name'], safe='')}")
            yield one["name"]


class Remembered:
    """Everybody who reads along, for as long as this lives, with what the broker keeps of a password: for one that was
    wiped, as nobody else knows what they may."""

    def __init__(self, broker: Management) -> None:
        self._broker = broker
        self._history: str | None = None
        self._known: dict[Subscriber, dict[str, Any]] = {}

    def put_back(self) -> list[str]:
        """To be called again and again. The names of those whom a broker with another history, or none, had lost.

        Raises Refusal or BusDown; the next call tries again.
        """
        history, there = self._present(), known(self._broker)
        lost: list[Subscriber] = []
        if self._history is not None and history != self._history:
            names = {one.name for one in there}
            lost = [one for one in self._known if one.name not in names]
        for one in lost:
            self._broker.call("PUT", f"users/{quote(one.user, safe='')}", self._known[one])
            put(self._broker, one, None)
        if not lost:
            keys = {one["name"]: one for one in self._broker.call("GET", "users")}
            self._known = {one: _secret(keys[one.user]) for one in there if one.user in keys}
        self._history = history
        return [one.name for one in lost]

    def _present(self) -> str | None:
        """Which history it is; None where there is none."""
        try:
            return next((one.mark for one in self._broker.bindings(EVENTS) if one.queue == HISTORY and one.mark), None)
        except Refusal as refusal:
            if refusal.status == 404:
                return None
            raise


def _secret(user: Mapping[str, Any]) -> dict[str, Any]:
    return {"password_hash": user["password_hash"], "hashing_algorithm": user["hashing_algorithm"], "tags": ""}


def _gone(broker: Management, path: str) -> None:
    try:
        broker.call("DELETE", path)
    except Refusal as refusal:
        if refusal.status != 404:
            raise
