"""Turns at writing where a database has none of its own: SQLite's."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from libs.common.errors import Unavailable

LOCK_WAIT_S = 5  #: a writer waits this long for another before it is told to try again


class FairLock:
    """First come, first served: SQLite's own waiting lets one writer starve the others."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        self._busy = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        turn = threading.Event()
        with self._guard:
            if self._busy:
                self._queue.append(turn)
            else:
                self._busy = True
                turn.set()
        if not turn.wait(LOCK_WAIT_S):
            with self._guard:
                if not turn.is_set():  # else it became ours at the last moment
                    self._queue.remove(turn)
                    raise Unavailable("another change takes very long", headers={"Retry-After": "1"})
        try:
            yield
        finally:
            with self._guard:
                if self._queue:
                    self._queue.popleft().set()
                else:
                    self._busy = False
