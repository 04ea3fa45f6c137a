"""Limits on what is guessed at: sign-in, links, forms. In one process's memory: several allow several times as much."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from flask import current_app

from libs.common.errors import TooMany

KEPT = 20_000  #: keys remembered; the one not seen longest is forgotten first


def limit(key: str, per_minute: int, *, cost: int = 1) -> None:
    """Counts an attempt. Raises TooMany with Retry-After when the minute's worth is spent; ``cost=0`` only looks."""
    limits: Limits = current_app.extensions["plumbline.edge"].limits
    limits.spend(key, per_minute, cost)


class Limits:
    """A bucket a key: it holds a minute's worth and refills steadily."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key -> (spent, when)

    def spend(self, key: str, per_minute: int, cost: int = 1) -> None:
        """Counts one more; see ``limit``."""
        now = self._clock()
        with self._lock:
            spent, when = self._buckets.get(key, (0.0, now))
            spent = max(0.0, spent - (now - when) * per_minute / 60)
            if spent + max(cost, 1) > per_minute:
                wait = math.ceil((spent + max(cost, 1) - per_minute) * 60 / per_minute)
                raise TooMany(f"too many attempts; try again in {wait} s", headers={"Retry-After": str(wait)})
            if cost:
                self._buckets[key] = (spent + cost, now)
                self._buckets.move_to_end(key)
                if len(self._buckets) > KEPT:
                    self._buckets.popitem(last=False)
