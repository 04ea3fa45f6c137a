"""Asks a web server the same thing again and again over kept connections; in this process, cheaply."""

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.noise import Run, gate
from bench.place import Place

CLIENTS = 8
WARM_S = 1.0  #: it is asked before it counts: what a server does once, such as making statements, is no rate


def request(method: str, path: str, body: Any = None, **headers: str) -> bytes:
    """A request's bytes; ``X_Name`` is the header X-Name."""
    content = b"" if body is None else json.dumps(body).encode()
    given = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(content))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


class Caller:
    """One connection, opened anew when the server closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None
        self._rest = b""

    def ask(self, asked: bytes) -> tuple[int, bytes]:
        """Status and body."""
        for again in (True, False):
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._rest = b""
            try:
                self._socket.sendall(asked)
                return self._read()
            except (ConnectionError, BrokenPipeError):
                self.close()
                if not again:
                    raise
        raise AssertionError("it answers or raises")

    def _read(self) -> tuple[int, bytes]:
        assert self._socket is not None
        said = self._rest
        while (end := said.find(b"\r\n\r\n")) < 0:
            said = self._more(said)
        head = said[:end].lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        end += 4
        while len(said) < end + length:
            said = self._more(said)
        self._rest = said[end + length :]
        if b"connection: close" in head:
            self.close()
        return int(head[9:12]), said[end : end + length]

    def _more(self, said: bytes) -> bytes:
        assert self._socket is not None
        # A server that sends head and body apart, as uvicorn does, would wait 40 ms for our acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        some = self._socket.recv(65536)
        if not some:
            raise ConnectionError("the server closed")
        return said + some

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def load(
    place: Place, server: Callable[[], float], port: int, asked: Callable[[], bytes], status: int, seconds: float
) -> Run:
    """So many answers a second of several callers at once; ``server`` tells the server's CPU seconds.

    ``asked`` of what it tells is how often it asked in all. Raises RuntimeError for any other status than expected.
    """
    callers = [Caller(port) for _ in range(CLIENTS)]
    warm = [_called(caller, asked, status, 0.0) for caller in callers]  # each connects before the others are loud
    warm += _at_once(callers, asked, status, WARM_S)
    gate()
    with place.meter() as meter:
        used, began = server(), time.perf_counter()
        count = sum(_at_once(callers, asked, status, seconds))
        used, took = server() - used, time.perf_counter() - began
    for caller in callers:
        caller.close()
    each = {"own_us": used / count * 1e6, **meter.each(count)}
    return {"n": count, "asked": count + sum(warm), "rate": count / took, **each}


def _at_once(callers: list[Caller], asked: Callable[[], bytes], status: int, seconds: float) -> list[int]:
    with ThreadPoolExecutor(len(callers)) as hands:
        return list(hands.map(lambda caller: _called(caller, asked, status, seconds), callers))


def _called(caller: Caller, asked: Callable[[], bytes], status: int, seconds: float) -> int:
    """How often it was asked in so many seconds, once at least."""
    end, count = time.perf_counter() + seconds, 0
    while not count or time.perf_counter() < end:
        got, body = caller.ask(asked())
        if got != status:
            raise RuntimeError(f"{got}: {body[:300]!r}")
        count += 1
    return count
