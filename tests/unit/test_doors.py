"""The console's way to the other services over HTTP, on connections that the gateway lets go of when they are quiet."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from libs.common.errors import Unavailable
from services.console.adapters import doors
from services.console.adapters.doors import Carrier, Doors, across


class Leaving(BaseHTTPRequestHandler):
    """Answers, keeps the connection, and lets go of it a moment later: as nginx does after a quiet minute."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


class Stuck(BaseHTTPRequestHandler):
    """One service answers, and the one of the counters takes what it is asked and says nothing."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []
    ends = threading.Event()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if "status-bar" in self.path:
            self.ends.wait(10)
        self.send_response(200)
        self.send_header("Connection", "close" if "bookings" in self.path else "keep-alive")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


class Gateway(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Leaving)
        self.let_go = threading.Event()

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.let_go.set()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def carry(gateway: Gateway) -> Carrier:
    return across(f"http://127.0.0.1:{gateway.server_port}")


def test_who_signs_in_after_a_quiet_minute_is_let_in(gateway: Gateway, carry: Carrier) -> None:
    """A sign-in has no key, so it is never sent twice: it must not be sent into a connection that is over."""
    for _ in range(3):
        gateway.let_go.clear()
        assert carry("POST", "/api/v1/staff/sessions", {}, b"{}").status == 201
        assert gateway.let_go.wait(60)
    gateway.shutdown()
    gateway.server_close()
    with pytest.raises(Unavailable):
        carry("POST", "/api/v1/staff/sessions", {}, b"{}")


def test_a_page_waits_briefly_and_once_for_what_it_can_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody's every page asked for the counters first, and waited for them until the gateway gave it up."""
    monkeypatch.setattr(doors, "BRIEF_S", 0.2)
    with ThreadingHTTPServer(("127.0.0.1", 0), Stuck) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        carry = across(f"http://127.0.0.1:{server.server_port}")
        assert Doors(carry).get("/leads") == {}  # on the connection that is kept of it the next one goes
        for _ in range(3):
            assert Doors(carry).maybe("/status-bar", None) is None
        assert Doors(carry).maybe("/leads", None) == {}
        assert Stuck.asked == ["/api/v1/leads", "/api/v1/status-bar", "/api/v1/leads"]
        assert Doors(carry).get("/bookings") == {}  # and lets go
        Stuck.ends.set()
        server.shutdown()
