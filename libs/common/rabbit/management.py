"""RabbitMQ's management API: what there is, and how it comes to be."""

import base64
import http.client
import json
import urllib.error
import urllib.request
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from libs.common.bus import BusDown

ANSWER_S = 10
NO_ANSWER = (OSError, http.client.HTTPException, ValueError)  #: or half of one, of a broker that died over it
UNKNOWN = 401
STARTING = "is down or inaccessible"  #: how a broker says of a queue that it has not come so far yet


class Refusal(Exception):
    """The broker's own no, with its HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Starting(BusDown):
    """It answers, and does not have all of its queues yet: for a moment after its start."""


class Binding(NamedTuple):
    """A queue and what it gets. The mark dies with the queue: without it, a queue that was made anew looks the same."""

    queue: str
    key: str
    mark: str = ""


class Management:
    """One virtual host, as one user: both taken from an AMQP address, which has them anyway."""

    def __init__(self, url: str, amqp_url: str) -> None:
        parts = urlsplit(amqp_url)
        self.url = url.rstrip("/")
        self.vhost = unquote(parts.path.removeprefix("/")) or "/"
        self.user = unquote(parts.username or "guest")
        name_and_password = f"{self.user}:{unquote(parts.password or 'guest')}"
        self._authorization = f"Basic {base64.b64encode(name_and_password.encode()).decode()}"
        # A proxy of the environment's knows nothing of a broker inside.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    @property
    def here(self) -> str:
        """The virtual host, as a part of a path."""
        return quote(self.vhost, safe="")

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The answer, decoded; None for an empty one. Raises Refusal, or BusDown where it is not there, or not yet."""
        request = urllib.request.Request(  # noqa: S310 - the address is configuration, its scheme was checked
            f"{self.url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self._authorization, "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=ANSWER_S) as answer:
                content = answer.read()
            return json.loads(content) if content else None
        except urllib.error.HTTPError as refusal:
            reason = _reason(refusal)
            if STARTING in reason:
                raise Starting(f"RabbitMQ is not ready yet: {reason}") from refusal
            if refusal.code == UNKNOWN:
                reason = f"{reason} as {self.user}, with the password that was given here"
            raise Refusal(refusal.code, reason) from refusal
        except NO_ANSWER as away:
            raise BusDown(f"RabbitMQ's management API cannot be reached: {away}") from away

    def bindings(self, exchange: str) -> set[Binding]:
        """Everything that is bound to an exchange."""
        found = self.call("GET", f"exchanges/{self.here}/{quote(exchange, safe='')}/bindings/source")
        return {Binding(one["destination"], one["routing_key"], one["arguments"].get("mark", "")) for one in found}

    def bind(self, exchange: str, queue: str, key: str, mark: str = "") -> None:
        """Once more with another mark is another binding; a queue still gets a message once."""
        path = f"bindings/{self.here}/e/{quote(exchange, safe='')}/q/{quote(queue, safe='')}"
        self.call("POST", path, {"routing_key": key, "arguments": {"mark": mark} if mark else {}})


def _reason(refusal: urllib.error.HTTPError) -> str:
    try:
        said = json.loads(refusal.read())
        return str(said.get("reason") or said.get("error") or refusal.reason)
    except (*NO_ANSWER, AttributeError):
        return str(refusal.reason)
