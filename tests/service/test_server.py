"""What a caller sees of the server below the applications: connections, and how long it has patience."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

import services
from commands import ROOT
from embedded import described
from libs.common.web import openapi, server
from libs.common.web.server import Threaded
from libs.local.ports import free_port

ASK = b"GET /hello HTTP/1.1\r\nHost: here\r\n\r\n"


def hello(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    said = environ["PATH_INFO"].encode()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(said)))])
    return [said]


@pytest.fixture
def worker() -> Threaded:
    one = Threaded.__new__(Threaded)
    one.cfg, one.wsgi, one.alive = Config(), hello, True
    one.log = Logger(one.cfg)
    one.app = SimpleNamespace(all_end=bytearray(b"\1"))
    one.furnish(1)
    return one


class Stuck(socket.socket):
    """A door that nobody comes to, and that cannot be closed."""

    def close(self) -> None:
        super().close()
        raise OSError("stuck")


class Line:
    """A connection to the worker, answered by a thread as in the server."""

    def __init__(self, worker: Threaded) -> None:
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(10)
        self.thread = threading.Thread(
            target=worker.handle, args=(("127.0.0.1", 80), theirs, ("127.0.0.1", 1)), daemon=True
        )
        self.thread.start()

    def ask(self, said: bytes = ASK) -> bytes:
        self.ours.sendall(said)
        return self.heard()

    def heard(self) -> bytes:
        """An answer with its body; nothing when the other side has left."""
        got = b""
        while b"\r\n\r\n" not in got and (some := self.ours.recv(4096)):
            got += some
        head, _, body = got.partition(b"\r\n\r\n")
        sizes = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        while sizes and len(body) < sizes[0] and (some := self.ours.recv(4096)):
            body += some
        return head + b"\r\n\r\n" + body if got else b""


@pytest.fixture
def connect(worker: Threaded) -> Iterator[Callable[[], Line]]:
    lines: list[Line] = []

    def made() -> Line:
        lines.append(Line(worker))
        return lines[-1]

    yield made
    for one in lines:
        one.ours.close()
        one.thread.join(60)
        assert not one.thread.is_alive()


@pytest.fixture
def line(connect: Callable[[], Line]) -> Line:
    return connect()


def test_a_connection_carries_one_request_after_the_other(line: Line) -> None:
    assert [line.ask().endswith(b"/hello") for _ in range(3)] == [True] * 3


def test_requests_that_come_together_are_answered_in_turn(line: Line) -> None:
    got = line.ask(ASK + ASK.replace(b"/hello", b"/again"))
    while b"/again" not in got and (some := line.ours.recv(4096)):
        got += some

    assert got.index(b"/hello") < got.index(b"/again")


def test_a_connection_is_not_kept_when_no_thread_is_left_for_others(worker: Threaded, line: Line) -> None:
    worker.free = 0

    assert b"Connection: close" in line.ask()
    assert line.heard() == b""


def test_a_worker_that_ends_answers_what_was_asked_and_lets_go(worker: Threaded, line: Line) -> None:
    line.ask()
    worker.alive = False

    assert b"Connection: close" in line.ask()
    assert line.heard() == b""


def test_a_thread_whose_turn_comes_when_its_worker_ends_waits_for_nobody(
    monkeypatch: pytest.MonkeyPatch, worker: Threaded
) -> None:
    """There are two dozen of them, and each would wait for a second."""
    waited: list[str] = []

    class Turn(contextlib.nullcontext[None]):
        def __enter__(self) -> None:
            worker.alive = False

    monkeypatch.setattr(worker, "turn", Turn())
    monkeypatch.setattr(worker, "_take", lambda *_: waited.append("for a connection"))
    worker.closed.set()
    worker._work()
    assert waited == []


def test_a_worker_that_ends_lets_in_who_waits_at_the_door_and_then_refuses(worker: Threaded) -> None:
    """Who was not let in would be cut off, with a request in the door: the gateway repeats no POST that was sent."""
    door = socket.create_server(("127.0.0.1", 0))
    door.setblocking(False)
    worker.sockets, worker.alive = [door], False
    callers = [socket.create_connection(door.getsockname(), timeout=10) for _ in range(3)]
    at = door.getsockname()
    for caller in callers:
        caller.sendall(ASK)

    worker._close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(at, timeout=10)
    worker._work()

    for caller in callers:
        assert b" 200 " in caller.recv(4096).split(b"\r\n")[0]
        caller.close()


@pytest.mark.parametrize(("all_end", "heard"), [(1, False), (0, True)])
def test_whoever_comes_to_a_door_that_another_worker_has_too_is_heard_unless_all_of_them_end(
    worker: Threaded, all_end: int, heard: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as anothers:
        door = anothers.dup()
        door.setblocking(False)
        worker.sockets, worker.alive, worker.app.all_end[0] = [door], False, all_end

        worker._close()

        came = contextlib.nullcontext() if heard else pytest.raises(TimeoutError)
        with came, socket.create_connection(anothers.getsockname(), timeout=0.3):
            pass


def test_the_door_is_closed_though_a_thread_waits_at_it(worker: Threaded) -> None:
    door = socket.create_server(("127.0.0.1", 0))
    door.setblocking(False)
    worker.sockets = [door]
    waiting = threading.Thread(target=worker._work)
    waiting.start()
    began = time.monotonic()
    worker.alive = False
    worker._close()
    waiting.join(60)
    assert not waiting.is_alive()
    assert time.monotonic() - began < server.BEAT_S


def test_a_door_that_cannot_be_closed_holds_no_thread_for_ever(worker: Threaded) -> None:
    """gunicorn joins our threads before it ends, and would wait until its master kills it."""
    worker.sockets, worker.alive = [Stuck()], False
    waiting = threading.Thread(target=worker._work, daemon=True)
    waiting.start()

    with pytest.raises(OSError, match="stuck"):
        worker._close()
    waiting.join(60)

    assert not waiting.is_alive()


def test_who_drips_a_request_is_told_that_it_takes_too_long(
    monkeypatch: pytest.MonkeyPatch, connect: Callable[[], Line]
) -> None:
    monkeypatch.setattr(server, "HEAD_S", 0.1)
    line = connect()

    answer = line.ask(b"GET /hello HTTP/1.1\r\nX-Drip: ")

    assert b" 408 " in answer.split(b"\r\n")[0]
    assert b"/problems/too-slow" in answer


@pytest.mark.parametrize(
    ("status", "head", "body"),
    [
        (400, b"Transfer-Encoding: chunked", b"zz\r\n{}\r\n0\r\n\r\n"),
        (400, b"Transfer-Encoding: chunked", b"2\r\n{}and more"),
        (408, b"Transfer-Encoding: chunked", b"5\r\n{"),
        (408, b"Content-Length: 5", b"{"),
    ],
)
def test_a_body_that_breaks_off_is_refused_once_and_no_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch,
    worker: Threaded,
    connect: Callable[[], Line],
    status: int,
    head: bytes,
    body: bytes,
) -> None:
    monkeypatch.setattr(server, "SLOWEST_S", 0.5)
    monkeypatch.setattr(worker, "wsgi", described.app(services.spec("staff")))
    line = connect()
    kind = b"Content-Type: application/json"

    answer = line.ask(b"\r\n".join((b"POST /api/v1/staff/sessions HTTP/1.1", b"Host: here", kind, head, b"", body)))

    assert f" {status} ".encode() in answer.split(b"\r\n")[0]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["type"] in ("/problems/malformed-request", "/problems/too-slow")
    assert b"connection: close" in answer.lower()
    assert line.heard() == b""


def test_who_connects_and_says_nothing_is_let_go_without_a_word(
    monkeypatch: pytest.MonkeyPatch, connect: Callable[[], Line]
) -> None:
    monkeypatch.setattr(server, "HEAD_S", 0.1)

    assert connect().heard() == b""


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, b"NONSENSE\r\n\r\n"),
        (408, b"GET /hello HTTP/1.1\r\nX-Drip: "),
        (414, b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n"),
        (431, b"GET /hello HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n"),
        (500, ASK),
    ],
)
def test_what_the_server_itself_answers_is_as_every_document_has_it(
    monkeypatch: pytest.MonkeyPatch, worker: Threaded, connect: Callable[[], Line], status: int, said: bytes
) -> None:
    monkeypatch.setattr(server, "HEAD_S", 0.5)
    monkeypatch.setattr(worker, "wsgi", None if status == 500 else hello)
    document = openapi.document(described.app(services.spec("leads")))

    head, _, body = connect().ask(said).partition(b"\r\n\r\n")

    [kind] = document["components"]["responses"][f"Problem{status}"]["content"]
    assert f" {status} " in head.decode().split("\r\n")[0]
    assert f"Content-Type: {kind}" in head.decode().split("\r\n")
    jsonschema.validate(json.loads(body), document["components"]["schemas"]["Problem"])
    assert str(status) in document["info"]["description"]


STREAMS = """
import sys
from libs.common.web import server

def app(environ, start):
    start("200 OK", [("Content-Type", "text/event-stream")])
    yield b": here\\n\\n"
    environ["plumbline.ending"].wait(60)

server.serve(lambda: app, {"bind": sys.argv[1], "threads": 4, "worker_class": "threads", "graceful_timeout": 50})
"""


HELLO = """
import sys
from libs.common.web import server

def app(environ, start):
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]

server.serve(lambda: app, {"bind": sys.argv[1], "threads": 4, "worker_class": "threads", "graceful_timeout": 50})
"""


def test_nobody_who_came_before_the_door_was_closed_is_cut_off() -> None:
    """A gateway asks another instance when it is refused, but repeats no request that it has sent. The callers leave no
    pause, so that a door which only closes when nobody comes would never close."""
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen([sys.executable, "-c", HELLO, address], cwd=ROOT)
    cut_off, answered = list[str](), threading.Semaphore(0)

    def ask() -> None:
        host, _, port = address.partition(":")
        while True:
            try:
                line = socket.create_connection((host, int(port)), timeout=30)
            except ConnectionRefusedError:
                return
            with line:
                try:
                    line.sendall(ASK)
                    assert _until(line, b"hello").endswith(b"hello")
                    answered.release()
                except (OSError, AssertionError) as broken:
                    cut_off.append(repr(broken))

    try:
        _connected(address, process).close()
        callers = [threading.Thread(target=ask) for _ in range(12)]
        for caller in callers:
            caller.start()
        for _ in range(200):
            assert answered.acquire(timeout=30)
        process.terminate()
        for caller in callers:
            caller.join(30)
        assert process.wait(30) == 0
        assert cut_off == []
    finally:
        process.kill()
        process.wait()


def test_a_server_that_is_told_to_stop_does_not_wait_for_its_streams() -> None:
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen([sys.executable, "-c", STREAMS, address], cwd=ROOT)
    try:
        with contextlib.ExitStack() as lines:
            for line in [lines.enter_context(_connected(address, process)) for _ in range(3)]:
                line.sendall(ASK)
                assert b": here" in _until(line, b": here")
            process.terminate()
            assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def _connected(address: str, process: subprocess.Popen[bytes]) -> socket.socket:
    host, _, port = address.partition(":")
    until = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection((host, int(port)), timeout=30)
        except ConnectionRefusedError:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)


def _until(line: socket.socket, word: bytes) -> bytes:
    got = b""
    while word not in got and (some := line.recv(4096)):
        got += some
    return got
