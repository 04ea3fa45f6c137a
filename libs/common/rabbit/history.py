"""Reads the stream of all facts, from a moment on, as anybody with the right to may: it takes nothing away."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from libs.common.bus import Delivery
from libs.common.rabbit.publisher import HISTORY
from libs.common.rabbit.reader import QUIET_S, RabbitReader

FOREVER_S = 30 * 24 * 3600.0


class _Enough(Exception):
    """The one who takes them has what they want."""


def read(url: str, since: datetime | None, take: Callable[[Delivery], bool], *, follow: bool = False) -> None:
    """Hands over what was published since a time (None: what comes from now on), until ``take`` says False.

    Without ``follow`` it ends, too, where nothing more comes. The broker keeps times by the block, so what is a little
    older may come first. Raises BusDown.
    """

    def deliver(some: Sequence[Delivery]) -> None:
        for one in some:
            if not take(one):
                raise _Enough

    offset: object = "next" if since is None else since.astimezone(UTC)
    reader = RabbitReader(url, HISTORY, deliver, name="plumbline events", arguments={"x-stream-offset": offset})
    try:
        while reader.read_through(FOREVER_S if follow else QUIET_S) and follow:
            continue
    except _Enough:
        return


def batches(url: str, since: datetime | None, name: str) -> Iterator[Sequence[Delivery]]:
    """What was published since a time (None: all there is), to where nothing more comes. Raises BusDown."""
    some: list[Delivery] = []
    offset: object = "first" if since is None else since.astimezone(UTC)
    reader = RabbitReader(url, HISTORY, some.extend, name=name, arguments={"x-stream-offset": offset})
    for _ in reader.steps():
        yield some.copy()
        some.clear()
