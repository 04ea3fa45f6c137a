"""A file on its way between a browser and its owner, by HTTP: read and sent by pieces, and never half of it as all."""

import threading
from collections.abc import Iterator
from http.client import IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from tempfile import SpooledTemporaryFile
from typing import ClassVar

import pytest

from services.console.adapters.doors import Doors, Flow, Refused, across

SIZE = 300_000


class Keeper(BaseHTTPRequestHandler):
    """Hands a file out, breaks off half-way, refuses, or takes one; and counts its connections."""

    protocol_version = "HTTP/1.1"
    lines: ClassVar[list[int]] = []
    taken: ClassVar[list[tuple[str, int]]] = []

    def setup(self) -> None:
        super().setup()
        self.lines.append(1)

    def do_GET(self) -> None:
        self.send_response(404 if "none" in self.path else 200)
        if "last" in self.path:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", "2" if "none" in self.path else str(SIZE))
        self.end_headers()
        self.wfile.write(b"{}" if "none" in self.path else b"x" * (SIZE // 2 if "broken" in self.path else SIZE))
        self.close_connection = "broken" in self.path

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.headers["Idempotency-Key"], len(content)))
        if len(self.taken) == 2:  # taken, and the connection ends before that is said
            self.close_connection = True
            return
        self.send_response(201)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def doors() -> Iterator[Doors]:
    Keeper.lines.clear()
    Keeper.taken.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Keeper) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        doors = Doors(across(f"http://127.0.0.1:{server.server_port}"))
        yield doors
        read(doors, "/leads/1/files/last")  # so that none is kept
        server.shutdown()


def read(doors: Doors, path: str) -> int:
    flow = doors.flow(path).flow
    assert isinstance(flow, Flow)
    try:
        return sum(map(len, flow))
    finally:
        flow.close()


def test_a_file_is_read_whole_and_its_connection_serves_the_next(doors: Doors) -> None:
    assert [read(doors, "/leads/1/files/2") for _ in range(3)] == [SIZE] * 3
    assert len(Keeper.lines) == 1


def test_half_a_file_is_no_file_and_its_connection_serves_nobody(doors: Doors) -> None:
    with pytest.raises(IncompleteRead):
        read(doors, "/leads/1/files/broken")
    assert read(doors, "/leads/1/files/2") == SIZE
    assert len(Keeper.lines) == 2


def test_who_leaves_before_the_end_leaves_nothing_of_it_to_the_next(doors: Doors) -> None:
    said = doors.flow("/leads/1/files/2")
    assert isinstance(said.flow, Flow)
    next(iter(said.flow))
    said.flow.close()
    assert read(doors, "/leads/1/files/2") == SIZE


def test_what_is_refused_is_told_as_ever(doors: Doors) -> None:
    with pytest.raises(Refused):
        doors.flow("/leads/1/files/none")


def test_a_file_that_is_sent_again_with_its_key_is_sent_whole(doors: Doors) -> None:
    """The gateway took it and let go of the connection before it said so."""
    with SpooledTemporaryFile() as content:
        content.write(b"x" * SIZE)
        headers = {"Content-Length": str(SIZE), "Idempotency-Key": "one"}
        for _ in range(2):
            said = doors.ask("POST", "/leads/1/files", headers=headers, content=content, kind="multipart/form-data")  # type: ignore[arg-type]
            assert said.status == 201
    assert Keeper.taken == [("one", SIZE)] * 3
