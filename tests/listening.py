"""Another system's door: a real HTTP server that keeps what it is posted and answers as the test says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import msgspec

LOOPBACK = (ip_network("127.0.0.0/8"),)  #: what a deployment would allow for a receiver of its own


@dataclass
class Got:
    """One post as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def fact(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found


@dataclass
class Listening:
    """``say`` are the next answers: a status, a status with headers, or a function that writes one; then 204."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    say: list[Any] = field(default_factory=list)
    always: Any = 204
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def types(self) -> list[str]:
        return [one.fact["type"] for one in self.got]

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.got]

    def heard(self, one: Got) -> Any:
        with self.guard:
            self.got.append(one)
            return self.say.pop(0) if self.say else self.always


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Who rings and dies is nothing to speak of."""


@contextmanager
def listening(path: str = "/hooks/plumbline") -> Iterator[Listening]:
    there = Listening()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # its sender died over it: nothing was said
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = there.heard(Got(self.path, headers, body))
            if callable(answer):
                answer(self)
                return
            status, more = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in {"Content-Length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Door)
    there.url = f"http://127.0.0.1:{server.server_port}{path}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
