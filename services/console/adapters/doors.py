"""The other services' public doors, asked with the user's own token: in this process when embedded, else by HTTP."""

import http.client
import select
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlencode, urlsplit

import msgspec
from werkzeug.test import EnvironBuilder, run_wsgi_app

from libs.common import formatting
from libs.common.errors import IllegalTransition, Invalid, Unavailable
from libs.common.formatting import Say, english, said

PREFIX = "/api/v1"
ASKING = "X-Forwarded-For"  #: heard at the gateway's door for the console, and at no other
PATIENCE_S = 25.0
FILE_S = 280.0  #: a file of 20,000 enquiries takes its time; the gateway waits longer
BRIEF_S = 2.0  #: so long a page waits for what it can do without
SPARED_S = 10.0  #: so long a service that did not answer is not asked for such things: no page waits for it again
PIECE = 64 * 1024  #: so much of a file is in memory at once
MOST = 200  #: a page of a list is no longer than that
KEPT = 8  #: idle connections; each is used by one thread at a time

TOO_LATE = f"/problems/{IllegalTransition.slug}"
DECIDED = "/problems/already-accepted"
AGAIN = said("%(what)s. Try again in a moment.")
BY_NOW = said("It is %(state)s by now: somebody did that meanwhile, or you did in another window.")
#: what is said to programs of how a number is sent, as it is said to people
PLAINER = {
    'is not a number written as text, such as "8400.00"': said("is not a number such as 8400.00"),
    'is not an amount written as text, such as "10000.00"': said("is not an amount such as 10000.00"),
    "is not after opens; over midnight give 23:59, and from 00:00 on the next day": said(
        "closes before it opens; over midnight give until 23:59, and from 00:00 on the next day"
    ),
    'is not a number such as 10 or "10.5"': said("is not a number such as 10 or 10.5"),
}

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Refused(Exception):
    """A door said no; ``said`` holds its problem."""

    def __init__(self, said: "Said") -> None:
        super().__init__(f"{said.status} {said.problem.get('detail', '')}")
        self.said = said


@dataclass(frozen=True)
class Said:
    """What a door answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    say: Say = english  #: its reader's language
    flow: Iterable[bytes] = ()  #: what is read as it comes, where it was asked for so

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def data(self) -> Any:
        return msgspec.json.decode(self.content) if self.content else None

    @property
    def too_late(self) -> bool:
        """Whether the record's state no longer allows what was asked: the page was older than the record."""
        return self.problem.get("type") in (TOO_LATE, DECIDED)

    @property
    def problem(self) -> dict[str, Any]:
        """RFC 9457's members in the reader's words; empty when it was none.

        A sentence with a name or a number in it is in no catalogue, and stays as its service says it.
        """
        try:
            found = self.data
        except msgspec.DecodeError:
            return {}
        if not isinstance(found, dict):
            return {}
        told = {name: self.say(str(found[name])) for name in ("title", "detail") if found.get(name)}
        if found.get("type") == TOO_LATE:  # what could be done instead is what the record's page offers
            told["detail"] = self.say(BY_NOW, state=self.say(formatting.plain(found["state"])).lower())
        if self.status == Unavailable.status and "detail" in told:
            told["detail"] = self.say(AGAIN, what=told["detail"][:1].upper() + told["detail"][1:])
        faults = [{**one, "detail": self._said(str(one.get("detail") or ""))} for one in found.get("errors") or ()]
        return found | told | ({"errors": faults} if faults else {})

    def _said(self, fault: str) -> str:
        return self.say(PLAINER.get(fault, fault))

    @property
    def tag(self) -> str:
        """The record's ETag, for If-Match."""
        return self.headers.get("etag", "")


Body = bytes | BinaryIO  #: a file is sent as it is read; its headers say how long it is


class Carrier(Protocol):
    """Carries one request to a door. Raises Unavailable when nobody answers. What is good may be left to flow."""

    def __call__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Body,
        patience: float = PATIENCE_S,
        flows: bool = False,
    ) -> Said: ...


@dataclass(frozen=True)
class Doors:
    """One user's way to every service."""

    carry: Carrier
    token: str = ""
    request_id: str = ""
    say: Say = english  #: in the user's language
    address: str = ""  #: the browser's, with its name: the others count misses by it, and audit through what one came
    agent: str = ""
    known: dict[str, Said] = field(default_factory=dict)  #: within one page nothing is asked twice

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        content: Body = b"",
        kind: str = "application/json",
        patience: float = PATIENCE_S,
        flows: bool = False,
    ) -> Said:
        """Whatever it says. ``path`` begins behind /api/v1; ``content`` is sent as it is, as ``kind``.

        Raises Invalid for a key or tag in ``headers`` that is none: they came along in a form, and cannot be said.
        """
        if not all(one.isascii() and one.isprintable() for one in (headers or {}).values()):
            raise Invalid("that form holds what no page put there; open it anew")
        named = {"X-Request-Id": self.request_id, ASKING: self.address, "User-Agent": self.agent}
        given = {name: value for name, value in named.items() if value}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        if method != "GET":
            given["Content-Type"] = kind
            content = content or msgspec.json.encode({} if body is None else body)
        told = self.carry(method, PREFIX + path, given | dict(headers or {}), content, patience, flows)
        return replace(told, say=self.say)

    def flow(self, path: str) -> Said:
        """A GET of what may be large, read as it is passed on. Raises Refused for anything but an answer."""
        said = self.ask("GET", path, flows=True)
        if not said.ok:
            raise Refused(said)
        return said

    def look(self, path: str, *, patience: float = PATIENCE_S, **query: Any) -> Said:
        """A GET. Raises Refused for anything but an answer."""
        chosen = {name: value for name, value in query.items() if value not in (None, "")}
        address = f"{path}?{urlencode(chosen)}" if chosen else path
        if address not in self.known:
            self.known[address] = self.ask("GET", address, patience=patience)
        said = self.known[address]
        if not said.ok:
            raise Refused(said)
        return said

    def get(self, path: str, **query: Any) -> Any:
        """What a GET answers. Raises Refused."""
        return self.look(path, **query).data

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """A list's first page. Raises Refused."""
        found: list[dict[str, Any]] = self.get(path, **query)["items"]
        return found

    def every(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """A list from its first page to its last. Raises Refused."""
        return self._every(partial(self.get, path), query)

    def maybe_every(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The same for what a page can do without."""
        return self._every(partial(self.maybe, path, {"items": []}), query)

    def _every(self, ask: Callable[..., Any], query: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = ask(limit=MOST, **query)
        items = list(found["items"])
        while found.get("next"):
            found = ask(limit=MOST, cursor=found["next"], **query)
            items += found["items"]
        return items

    def maybe(self, path: str, otherwise: Any, **query: Any) -> Any:
        """The same for what a page can do without: who may not see it, or while its service is away."""
        try:
            return self.look(path, patience=BRIEF_S, **query).data
        except (Refused, Unavailable):
            return otherwise


def inside(app: Wsgi) -> Carrier:
    """Through the embedded gateway, without a socket."""

    def carry(
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Body,
        patience: float = 0,  # noqa: ARG001 - here nobody waits
        flows: bool = False,
    ) -> Said:
        where, _, query = path.partition("?")
        brought: dict[str, Any] = {"data": body or None} if isinstance(body, bytes) else {"input_stream": body}
        asked = EnvironBuilder(
            path=where,
            query_string=query,
            method=method,
            headers=list(headers.items()),
            environ_base={"REMOTE_ADDR": headers.get(ASKING, "")},
            **brought,
        )
        try:
            environ = asked.get_environ()
        finally:
            asked.close()
        answer, status, given = run_wsgi_app(app, environ, buffered=not flows)
        said = Said(int(status.split()[0]), {name.lower(): value for name, value in given.items()}, b"")
        return replace(said, flow=answer) if flows and said.ok else replace(said, content=b"".join(answer))

    return carry


def _over(line: http.client.HTTPConnection) -> bool:
    """Whether the gateway has let go of a quiet connection: then it can be read from, to its end."""
    if line.sock is None:
        return True
    waiting = select.poll()
    waiting.register(line.sock, select.POLLIN)
    return bool(waiting.poll(0))


@dataclass
class Lines:
    """Connections to a gateway, of which some are kept; each is one thread's at a time."""

    scheme: str
    host: str
    port: int | None
    idle: list[http.client.HTTPConnection] = field(default_factory=list)
    taking: threading.Lock = field(default_factory=threading.Lock)

    def take(self, patience: float) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it was used before."""
        with self.taking:
            while self.idle:
                line = self.idle.pop()
                if line.sock is not None and not _over(line):
                    line.sock.settimeout(patience)
                    return line, True
                line.close()
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        return kinds[self.scheme](self.host, self.port, timeout=patience), False

    def keep(self, line: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        with self.taking:
            if len(self.idle) < KEPT and not answer.will_close:
                self.idle.append(line)
            else:
                line.close()


@dataclass
class Flow:
    """What comes over a connection, which is free for others behind its end; one that is left before is closed."""

    line: http.client.HTTPConnection
    answer: http.client.HTTPResponse
    lines: Lines
    whole: bool = False

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.answer.read(PIECE):
            yield piece
        if self.answer.length:
            raise http.client.IncompleteRead(b"", self.answer.length)
        self.whole = True

    def close(self) -> None:
        if self.whole:
            self.lines.keep(self.line, self.answer)
        else:
            self.line.close()


def across(address: str) -> Carrier:
    """Through the gateway at this address, over connections that are kept."""
    parts = urlsplit(address)
    lines = Lines(parts.scheme, parts.hostname or "", parts.port)
    spared: dict[str, float] = {}  #: until when, by service

    def carry(
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Body,
        patience: float = PATIENCE_S,
        flows: bool = False,
    ) -> Said:
        service = path.removeprefix(PREFIX).split("/")[1].partition("?")[0]
        if patience < PATIENCE_S and spared.get(service, 0) > time.monotonic():
            raise Unavailable("a service did not answer a moment ago", headers={"Retry-After": "2"})
        while True:
            line, used = lines.take(patience)
            try:
                answer = _asked(line, method, parts.path.rstrip("/") + path, headers, body)
                named = {name.lower(): value for name, value in answer.headers.items()}
                if flows and answer.status < 400:
                    return Said(answer.status, named, b"", flow=Flow(line, answer, lines))
                content = answer.read()
            except (OSError, http.client.HTTPException) as trouble:
                line.close()
                # A kept connection may have ended just now. A look is asked again on a new one; an act goes again
                # only when its key makes that one and the same. Who was waited for in vain is not waited for twice.
                slow = isinstance(trouble, TimeoutError)
                if used and not slow and (method == "GET" or "Idempotency-Key" in headers):
                    continue
                spared[service] = time.monotonic() + SPARED_S if slow else 0
                raise Unavailable(
                    "the service behind this page does not answer", headers={"Retry-After": "2"}
                ) from trouble
            lines.keep(line, answer)
            return Said(answer.status, named, content)

    return carry


def _asked(
    line: http.client.HTTPConnection, method: str, path: str, headers: Mapping[str, str], body: Body
) -> http.client.HTTPResponse:
    if not isinstance(body, bytes):
        body.seek(0)
    line.request(method, path, body or None, dict(headers))
    return line.getresponse()
