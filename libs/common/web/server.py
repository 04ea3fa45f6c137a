"""gunicorn, told what to do by us instead of by a command line."""

import contextlib
import os
import select
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from gunicorn import glogging
from gunicorn.app.base import BaseApplication
from gunicorn.http import errors
from gunicorn.workers.sync import SyncWorker

from libs.common.web.problems import CONTENT_TYPE, spoken

BEAT_S = 1.0  #: how soon a worker that waits sees that it shall end
SLOWEST_S = 30.0  #: a caller who sends or takes nothing for so long is let go
LONGEST_LINE = 8190  #: of a request's first line; gunicorn reads no longer one


def serve(load: Callable[[], Any], settings: Mapping[str, Any]) -> None:
    """Serves the WSGI app that ``load`` makes, in each worker process after its fork, until SIGTERM."""

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            fixed = {"preload_app": False, "control_socket_disable": True, "loglevel": "warning", "logger_class": Lines}
            for name, value in {**fixed, **settings, **refusing(settings.get("worker_class", "sync"))}.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return load()

    Server().run()


class Lines(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own words in the form of ours."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers[:] = []
        self.error_log.propagate = True


def refusing(kind: str) -> dict[str, Any]:
    """Settings by which a worker of this kind refuses what is no HTTP in our words, not with a page of gunicorn's."""
    return {"worker_class": {"threads": Threaded, "sync": OneByOne}[kind], "limit_request_line": LONGEST_LINE}


class _Refusing:
    log: Any

    def handle_error(self, _request: Any, client: Any, _address: Any, wrong: Exception) -> None:
        """Called for what no application sees: a request that cannot be read, an answer that cannot be written."""
        ours = isinstance(wrong, errors.InvalidResponseHeader | errors.InvalidResponseHeaderName)
        if ours or not isinstance(wrong, errors.ParseException):
            self.log.error("a request could not be answered", exc_info=wrong)
            status = 500
        else:
            status = TOO_LONG.get(type(wrong), 400)
            self.log.warning("refused what is not HTTP as it is spoken here: %s", type(wrong).__name__)
        body = msgspec.json.encode(spoken(status))
        head = f"HTTP/1.1 {status} Refused\r\nConnection: close\r\nContent-Type: {CONTENT_TYPE}\r\n"
        with contextlib.suppress(OSError):
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


TOO_LONG = {errors.LimitRequestLine: 414, errors.LimitRequestHeaders: 431}


class Threaded(_Refusing, SyncWorker):  # type: ignore[misc]  # gunicorn has no types
    """Several requests at once: a thread takes a connection, answers what it asks, and closes it.

    gunicorn's own gthread was measured to spend more on passing connections between its threads than on answering.
    """

    def run(self) -> None:
        for listener in self.sockets:
            listener.settimeout(BEAT_S)
        free = threading.Semaphore(self.cfg.threads)  # as many as there are threads; the others wait in the kernel
        with ThreadPoolExecutor(self.cfg.threads, thread_name_prefix="request") as pool:
            while self.alive and self.ppid == os.getppid():
                self.notify()
                if not free.acquire(timeout=BEAT_S):
                    continue
                taken = self._take()
                if taken is None:
                    free.release()
                else:
                    pool.submit(self._serve, *taken).add_done_callback(lambda _done: free.release())

    def _take(self) -> tuple[Any, Any, Any] | None:
        """A connection, or None when none came within a beat or another worker was quicker."""
        ready = self.sockets if len(self.sockets) == 1 else select.select(self.sockets, [], [], BEAT_S)[0]
        for listener in ready:
            with contextlib.suppress(OSError):
                client, address = listener.accept()
                return listener, client, address
        return None

    def _serve(self, listener: Any, client: Any, address: Any) -> None:
        client.settimeout(SLOWEST_S)
        self.handle(listener, client, address)


class OneByOne(_Refusing, SyncWorker):  # type: ignore[misc]  # gunicorn has no types
    """One request at a time."""
