"""gunicorn, told what to do by us instead of by a command line."""

import contextlib
import errno
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from gunicorn import glogging, http, util
from gunicorn.app.base import BaseApplication
from gunicorn.http import errors, wsgi
from gunicorn.workers.sync import SyncWorker
from werkzeug.exceptions import BadRequest, RequestTimeout

from libs.common.gctuning import settle_memory
from libs.common.web.listener import LAST_S, Doorkeeper, overlook
from libs.common.web.problems import CONTENT_TYPE, spoken

BEAT_S = 1.0  #: how soon a worker that waits sees that it shall end
KEEP_BEATS = 5  #: how long a quiet connection is kept; the gateway's keepalive_timeout is shorter than two of them
HEAD_S = 10.0  #: a request's head must be here by then, however slowly it drips
SLOWEST_S = 30.0  #: a request must be here whole by then, and a caller who takes nothing for so long is let go
LONGEST_LINE = 8190  #: of a request's first line; gunicorn reads no longer one


def serve(load: Callable[[], Any], settings: Mapping[str, Any]) -> None:
    """Serves the WSGI app that ``load`` makes, in each worker process after its fork, until SIGTERM."""

    class Server(Served):
        def load_config(self) -> None:
            fixed = {"preload_app": False, "control_socket_disable": True, "loglevel": "warning", "logger_class": Lines}
            for name, value in {**fixed, **settings, **refusing(settings.get("worker_class", "sync"))}.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return load()

    Server().run()


class Served(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn serves. Our workers ask the master that keeps the door."""

    def run(self) -> None:
        Doorkeeper(self).run()


class Lines(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own words in the form of ours."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers[:] = []
        self.error_log.propagate = True


def refusing(kind: str) -> dict[str, Any]:
    """Settings by which a worker of this kind refuses what is no HTTP in our words, not with a page of gunicorn's."""
    return {"worker_class": {"threads": Threaded, "sync": OneByOne}[kind], "limit_request_line": LONGEST_LINE}


class TooSlow(errors.ParseException):  # type: ignore[misc]  # gunicorn has no types
    """A request that did not arrive in time."""


class Patience:
    """A caller's socket to read from, for so long and no longer; a caller who drips cannot hold a thread for ever."""

    def __init__(self, client: Any) -> None:
        self.client, self.until, self.heard = client, 0.0, False

    def allow(self, seconds: float) -> None:
        self.until, self.heard = time.monotonic() + seconds, False
        self.client.settimeout(SLOWEST_S)  # what is sent has a time of its own

    def recv(self, size: int) -> bytes:
        self.client.settimeout(max(0.001, self.until - time.monotonic()))
        try:
            got: bytes = self.client.recv(size)
            self.heard = self.heard or bool(got)
            return got
        finally:
            self.client.settimeout(SLOWEST_S)


class Arriving:
    """A request's body, as it comes. One that breaks off is the caller's fault, and nothing more is heard of them."""

    def __init__(self, body: Any) -> None:
        self._body, self.broken = body, False

    def read(self, *size: int) -> bytes:
        try:
            got: bytes = self._body.read(*size)
        except (errors.ParseException, OSError) as wrong:
            self.broken = True
            raise (RequestTimeout() if isinstance(wrong, TimeoutError) else BadRequest()) from wrong
        return got

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)


class Gathering:
    """A caller's socket to answer on: head and body leave together, so that neither side wakes twice for an answer."""

    def __init__(self, client: Any) -> None:
        self._client, self._parts = client, list[bytes]()

    def sendall(self, part: bytes) -> None:
        self._parts.append(part)

    def leave(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            self._client.sendall(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class _Refusing:
    log: Any

    def handle_error(self, _request: Any, client: Any, _address: Any, wrong: Exception) -> None:
        """Called for what no application sees: a request that cannot be read, an answer that cannot be written."""
        ours = isinstance(wrong, errors.InvalidResponseHeader | errors.InvalidResponseHeaderName)
        if ours or not isinstance(wrong, errors.ParseException):
            self.log.error("a request could not be answered", exc_info=wrong)
            status = 500
        else:
            status = REFUSALS.get(type(wrong), 400)
            self.log.warning("refused what is not HTTP as it is spoken here: %s", type(wrong).__name__)
        body = msgspec.json.encode(spoken(status))
        head = f"HTTP/1.1 {status} Refused\r\nConnection: close\r\nContent-Type: {CONTENT_TYPE}\r\n"
        with contextlib.suppress(OSError):
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


REFUSALS = {errors.LimitRequestLine: 414, errors.LimitRequestHeaders: 431, TooSlow: 408}


class Threaded(_Refusing, SyncWorker):  # type: ignore[misc]  # gunicorn has no types
    """Several requests at once: a thread takes a connection, answers what it asks, and keeps it while there are others.

    The threads take turns to wait for a connection; who got one lets the next wait and answers it itself. gunicorn's
    own gthread was measured to spend more on passing connections between its threads than on answering.
    """

    alive: bool  #: gunicorn's: a signal ends it
    app: Any  #: gunicorn's: what serves; ``all_end[0]`` is the master's word that no worker goes on
    ending: threading.Event  #: ours: what holds a thread for long, such as a stream, waits on it
    sockets: list[Any]  #: gunicorn's: where it listens

    def run(self) -> None:
        self.furnish(self.cfg.threads)
        threads = [threading.Thread(target=self._work, name=f"request-{n}") for n in range(self.cfg.threads)]
        settle_memory()
        for listener in self.sockets:
            listener.setblocking(False)
        for thread in threads:
            thread.start()
        while self.alive and self.ppid == os.getppid():
            self.notify()
            if select.select([self.PIPE[0]], [], [], BEAT_S)[0]:  # a signal ends the wait
                os.read(self.PIPE[0], 100)
        self.alive = False
        self.ending.set()
        self._close()
        for thread in threads:
            thread.join()

    def furnish(self, free: int) -> None:
        """``free``: how many threads have no connection. ``inside``: who was let in when the door was closed."""
        self.turn, self.free, self.ending, self.closed = threading.Lock(), free, threading.Event(), threading.Event()
        self.bell, self._ring = os.pipe()
        self.inside: deque[tuple[Any, Any, Any]] = deque()

    def _work(self) -> None:
        while True:
            with self.turn:
                if not self.alive:  # asked here: each who waits for the turn would still wait for a connection
                    break
                taken = self._take(BEAT_S, self.bell)
                self.free -= taken is not None
            if taken is not None:
                try:
                    self.handle(*taken)
                finally:
                    with self.turn:
                        self.free += 1
        self.closed.wait()
        with contextlib.suppress(IndexError):
            while True:
                self.handle(*self.inside.popleft())

    def _take(self, seconds: float, *bell: int) -> tuple[Any, Any, Any] | None:
        """A connection, or None when none came within these seconds, another worker was quicker, or the bell rang."""
        for listener in select.select([*self.sockets, *bell], [], [], seconds)[0]:
            with contextlib.suppress(OSError):
                if listener not in bell:
                    client, address = listener.accept()
                    return listener.getsockname(), client, address
        return None

    def _close(self) -> None:
        """Lets in who stands in the door and closes it at once, however many threads are held by quiet connections.

        Left open until we end, it would take requests that nobody answers; who comes to a closed one is refused, and
        the gateway asks another instance.
        """
        os.write(self._ring, b".")  # whoever waits at the door leaves
        try:
            with self.turn:
                self._let_in(0.0)
                if self.app.all_end[0]:  # else the door is another worker's, too
                    overlook(self.sockets)
                self._let_in(LAST_S)
                for listener in self.sockets:
                    listener.close()
                self.sockets = []
        finally:
            self.closed.set()

    def _let_in(self, seconds: float) -> None:
        """Until nobody comes for so long; where other workers go on, some always come."""
        until = time.monotonic() + BEAT_S
        while time.monotonic() < until and (taken := self._take(seconds)) is not None:
            self.inside.append(taken)

    def handle(self, server: Any, client: Any, address: Any) -> None:
        """Answers one request after the other, until either side has enough."""
        request, source = None, Patience(client)
        try:
            parser = http.get_parser(self.cfg, source, address)
            source.allow(HEAD_S)
            for request in parser:
                source.allow(SLOWEST_S)
                if not self._answer(request, client, address, server) or not self._asked_again(parser, client):
                    break
                source.allow(HEAD_S)
        except (errors.NoMoreData, StopIteration):
            pass  # the caller left
        except TimeoutError:
            if source.heard:  # who says nothing is told nothing
                self.handle_error(request, client, address, TooSlow())
        except OSError as broken:
            if broken.errno not in (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN):
                self.log.exception("a connection failed")
        except Exception as wrong:  # noqa: BLE001 - it is told to the caller and logged
            self.handle_error(request, client, address, wrong)
        finally:
            util.close_graceful(client)

    def _answer(self, request: Any, client: Any, address: Any, server: Any) -> bool:
        """Whether the connection may carry another request after this one."""
        gathering = Gathering(client)
        answer, environ = wsgi.create(request, gathering, address, server, self.cfg)
        environ["wsgi.input"] = body = Arriving(environ["wsgi.input"])
        environ |= {"wsgi.multithread": True, "plumbline.ending": self.ending, "plumbline.threads": self.cfg.threads}
        if not self.alive or not self.free:
            answer.force_close()
        try:
            parts = self.wsgi(environ, answer.start_response)
            if body.broken:
                answer.force_close()
            try:
                for part in parts:
                    answer.write(part)
                    gathering.leave()
                answer.close()
                gathering.leave()
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except OSError:
            raise
        except Exception as wrong:
            if not answer.headers_sent:
                raise
            self.log.exception("an answer broke off")
            raise StopIteration from wrong
        return not answer.should_close()

    def _asked_again(self, parser: Any, client: Any) -> bool:
        """Waits for the next request. A quiet connection is let go when its thread is needed, or this worker ends.

        The gateway lets go of a quiet connection first, so that it sends nothing into one that is just closing.
        """
        if parser.unreader.buf.tell():
            return True
        waiting = select.poll()
        waiting.register(client, select.POLLIN)
        for beat in range(KEEP_BEATS):
            if waiting.poll(BEAT_S * 1000):
                return True
            if beat and not (self.alive and self.free):
                return False
        return False


class OneByOne(_Refusing, SyncWorker):  # type: ignore[misc]  # gunicorn has no types
    """One request at a time."""
