"""Pauses that grow while trouble lasts, so that a fault is neither hammered nor slept through."""

import random
import threading


class Backoff:
    """0.1, 0.2, 0.4 … seconds, at most ``longest``, each a little different, so that many do not return at once."""

    def __init__(self, longest: float = 5.0, shortest: float = 0.1) -> None:
        self.longest, self.shortest, self._tries = longest, shortest, 0

    def reset(self) -> None:
        self._tries = 0

    def pause(self) -> float:
        """How long to wait now; longer the next time."""
        seconds = min(self.longest, self.shortest * 2 ** min(self._tries, 16))
        self._tries += 1
        return float(seconds * random.uniform(0.8, 1.2))

    def wait(self, stop: threading.Event) -> None:
        stop.wait(self.pause())


SHORTEST_REST_S, LONGEST_REST_S = 0.01, 0.02


def rest_after(took: float) -> float:
    """How long to let facts gather after work that took so long: longer, so that who is busy takes more at a time.

    A batch costs little more than a single fact; and one that comes to an idle system waits for nothing.
    """
    return min(max(3 * took, SHORTEST_REST_S), LONGEST_REST_S)
