"""Reads the stream of all facts, from a moment on, as anybody with the right to may: it takes nothing away."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pika

from libs.common.bus import BusDown, Delivery
from libs.common.rabbit.connection import Line
from libs.common.rabbit.publisher import HISTORY
from libs.common.rabbit.reader import OFFSET, QUIET_S, SILENT_S, RabbitReader

UNDER_WAY_S = 1.0  #: what was routed so long ago is in the stream
NAME = "plumbline events"
BLOCK = 65535  #: as much as can be asked for at once: more than a block of the stream ever has

Take = Callable[[Delivery], bool]  #: whether to go on


class _Enough(Exception):
    """The one who takes them has what they want."""


def read(url: str, since: datetime, take: Take) -> None:
    """Hands over what was published since a time, until ``take`` says False, or to where it ended at the beginning.

    The broker keeps times by the block, so what is a little older may come first. Raises BusDown.
    """
    with suppress(_Enough):
        read_to_the_end(url, since, _handing_to(take), NAME)


def follow(
    url: str, since: datetime | None, take: Take, away: Callable[[str], object], anew: Callable[[], object]
) -> None:
    """The same, and then what comes (``since`` None: only that), however often the broker is away meanwhile.

    ``away`` is told why, once each time; ``anew``, before the first of it, that a broker which was wiped meanwhile has
    another history, which then comes whole. Raises BusDown where it was not there at the beginning.
    """

    def back(place: object) -> object:
        """In another history a place means nothing: behind its end, we would wait for as much as there once was."""
        if not isinstance(place, int):
            return place
        end = _behind(last(url, NAME))
        if isinstance(end, int) and place <= end:
            return place
        anew()
        return "first"

    begin: object = _behind(last(url, NAME)) if since is None else since.astimezone(UTC)
    with suppress(_Enough):
        RabbitReader(url, HISTORY, _handing_to(take), name=NAME, arguments={OFFSET: begin}).follow(away, back)


def _behind(end: int | None) -> object:
    """Where what comes next will be: a place, for "next" would be another one after the broker was away."""
    return "first" if end is None else end + 1


def _handing_to(take: Take) -> Callable[[Sequence[Delivery]], None]:
    def deliver(some: Sequence[Delivery]) -> None:
        for one in some:
            if not take(one):
                raise _Enough

    return deliver


def batches(url: str, since: datetime | None, name: str) -> Iterator[Sequence[Delivery]]:
    """What was published since a time (None: all there is), to the end as it is at the beginning. Raises BusDown."""
    some: list[Delivery] = []
    for _ in _steps(url, since, some.extend, name):
        yield some.copy()
        some.clear()


def read_to_the_end(
    url: str,
    since: datetime | None,
    deliver: Callable[[Sequence[Delivery]], None],
    name: str,
    wants: Callable[[str], bool] | None = None,
) -> None:
    """The same for who takes them as they come, and not all: ``wants`` chooses by routing key."""
    for _ in _steps(url, since, deliver, name, wants):
        pass


def _steps(
    url: str,
    since: datetime | None,
    deliver: Callable[[Sequence[Delivery]], None],
    name: str,
    wants: Callable[[str], bool] | None = None,
) -> Iterator[int]:
    """What comes meanwhile is somebody else's: an end that moves might never be reached."""
    end = last(url, name)
    if end is None:
        return
    begin: object = "first" if since is None else since.astimezone(UTC)
    reader = RabbitReader(url, HISTORY, deliver, name=name, wants=wants, arguments={OFFSET: begin})
    yield from reader.steps(end)


def last(url: str, name: str) -> int | None:
    """The offset of the newest fact, which is known by being the last; None where there is none. Raises BusDown.

    The broker gives the last block whole, and answers in turn: with an answer that was asked for after the first of its
    facts came, all of them are here.
    """
    line = Line(url, name)
    found: list[int] = []

    def take(_channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        found.append(properties.headers[OFFSET])
        line.loop.stop()

    try:
        line.turn(UNDER_WAY_S, until=lambda: False)
        line.channel.basic_qos(prefetch_count=BLOCK)
        line.channel.basic_consume(HISTORY, take, arguments={OFFSET: "last"})
        count = line.ask(HISTORY, SILENT_S)
        line.turn(QUIET_S, until=lambda: bool(found))
        count = None if count is None else line.ask(HISTORY, SILENT_S)
    except pika.exceptions.AMQPError as broken:
        raise BusDown(f"RabbitMQ: {broken}") from broken
    finally:
        fault = line.fault
        line.close()
    if count is None or (count and not found):  # a node whose disk stands still answers, and gives nothing
        raise BusDown(f"RabbitMQ does not say where {HISTORY} ends: {fault or 'no answer'}")
    return max(found, default=None)
