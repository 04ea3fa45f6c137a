"""What is read of a queue is acknowledged once it is committed, all of it and nothing else."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from types import SimpleNamespace
from typing import Any

import pytest

from libs.common.backoff import Backoff
from libs.common.bus import BusDown, Delivery
from libs.common.errors import Unavailable
from libs.common.rabbit import RabbitReader, reader
from libs.common.rabbit.reader import BATCH, OFFSET, PREFETCH

PATIENCE_S = 60.0
MANY = 3 * PREFETCH


class Queue:
    """A queue on a broker: what was given out and not acknowledged comes back to its place when the line ends.

    Or a stream, which is read from where one says, and of which ``at_once`` so many are given out.
    """

    def __init__(self, at_once: int = MANY) -> None:
        self.at_once = at_once
        self.begun: list[int] = []  #: the places where somebody said to begin
        self.waiting = deque((str(number), False) for number in range(MANY))  #: and whether it was given out before
        self.left, self.most = MANY, 0  #: not acknowledged; given out at once
        self.lines: list[Line] = []

    def opened(self, _url: str, _name: str) -> "Line":
        self.lines.append(Line(self))
        return self.lines[-1]


class Line:
    """A connection to it, turned by the thread that made it."""

    def __init__(self, of: Queue) -> None:
        self.of, self.prefetch, self.tag = of, 0, 0
        self.fault: str | None = None
        self.unacknowledged: dict[int, str] = {}
        self.closed = threading.Event()
        self.calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self.loop = SimpleNamespace(add_callback_threadsafe=self.calls.put, call_later=lambda *_: None)
        self.channel = SimpleNamespace(
            is_open=True,
            add_on_cancel_callback=lambda _hear: None,
            basic_qos=lambda prefetch_count: setattr(self, "prefetch", prefetch_count),
            basic_consume=self._consume,
            basic_ack=self._acknowledged,
        )
        self._hear: Any = None

    def _consume(
        self, _queue: str, hear: Any, *, arguments: dict[str, int], callback: Callable[[object], None]
    ) -> None:
        self._hear = hear
        if arguments:
            self.of.begun.append(arguments[OFFSET])
            self.of.waiting = deque((str(number), False) for number in range(arguments[OFFSET], MANY))
        callback(arguments)

    def _acknowledged(self, tag: int, *, multiple: bool) -> None:
        for one in [one for one in self.unacknowledged if one == tag or (multiple and one < tag)]:
            del self.unacknowledged[one]
            self.of.left -= 1

    def turn(self, _seconds: float, *, until: Callable[[], bool]) -> bool:
        while self.fault is None and not until():
            while self.of.waiting and len(self.unacknowledged) < min(self.prefetch, self.of.at_once):
                body, again = self.of.waiting.popleft()
                self.tag += 1
                self.unacknowledged[self.tag] = body
                self.of.most = max(self.of.most, len(self.unacknowledged))
                method = SimpleNamespace(routing_key="", delivery_tag=self.tag, redelivered=again)
                said = SimpleNamespace(user_id="maker", content_type="", headers={OFFSET: int(body)})
                self._hear(None, method, said, body.encode())
            self.calls.get()()
        return False

    def end(self, why: str) -> None:
        self.fault = self.fault or why

    def close(self) -> None:
        self.of.waiting.extendleft((body, True) for body in reversed(self.unacknowledged.values()))
        self.unacknowledged.clear()
        self.closed.set()

    def cut(self) -> None:
        self.loop.add_callback_threadsafe(lambda: self.end("it was cut"))
        assert self.closed.wait(PATIENCE_S)


def read(of: Queue, deliver: Callable[[int], object] = lambda _batch: None) -> list[list[tuple[str, bool]]]:
    """All that is delivered until the queue is empty, by batches. ``deliver`` is called with how many there were."""
    stop, batches, deadline = threading.Event(), list[list[tuple[str, bool]]](), time.monotonic() + PATIENCE_S

    def take(some: Sequence[Delivery]) -> None:
        batches.append([(one.body.decode(), one.redelivered) for one in some])
        deliver(len(batches))

    def look(_part: str, _well: bool, _detail: str) -> None:
        if not of.left or time.monotonic() > deadline:
            stop.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "Line", of.opened)
        patch.setattr(Backoff, "wait", lambda _self, _stop: None)
        RabbitReader("amqp://", "queue", take, look_s=0.01).run(stop, look)
    return batches


def test_a_long_queue_is_read_to_its_end_in_order_and_each_message_once() -> None:
    of = Queue()

    batches = read(of)

    assert [*chain.from_iterable(batches)] == [(str(number), False) for number in range(MANY)]
    assert max(map(len, batches)) <= BATCH
    assert (of.left, len(of.lines), of.most <= PREFETCH) == (0, 1, True)


@pytest.mark.parametrize(
    "trouble", [Unavailable("the database is away"), ValueError("a bug"), BusDown("a bus is away")]
)
def test_what_could_not_be_committed_comes_again_and_with_it_what_was_given_out_behind_it(trouble: Exception) -> None:
    of = Queue()

    def fail(batch: int) -> None:
        if batch == 2:
            raise trouble

    first, second, *more = read(of, fail)

    again = [*chain.from_iterable(more)]
    assert [body for body, _ in first + again] == [str(number) for number in range(MANY)]
    assert [redelivered for _, redelivered in again[: len(second)]] == [True] * len(second)
    assert (of.left, len(of.lines)) == (0, 2)


def test_what_was_committed_as_the_line_broke_comes_again_once_and_nothing_is_taken_off_a_line_that_is_broken() -> None:
    of = Queue()

    def cut(batch: int) -> None:
        if batch == 2:
            of.lines[-1].cut()

    first, second, *more = read(of, cut)

    again = [*chain.from_iterable(more)]
    assert [body for body, _ in first + again] == [str(number) for number in range(MANY)]
    assert again[: len(second)] == [(body, True) for body, _ in second]
    assert (of.left, len(of.lines)) == (0, 2)


@pytest.mark.parametrize("through", [0, 1, 7])
def test_a_stream_is_read_to_the_place_where_it_ended_and_no_further(
    monkeypatch: pytest.MonkeyPatch, through: int
) -> None:
    of, taken = Queue(at_once=1), list[str]()
    monkeypatch.setattr(reader, "Line", of.opened)
    history = RabbitReader(
        "amqp://", "history", lambda some: taken.extend(one.body.decode() for one in some), arguments={OFFSET: 0}
    )

    assert sum(history.steps(through)) == through + 1

    assert taken == [str(number) for number in range(through + 1)]


def test_who_follows_a_stream_goes_on_behind_what_they_were_given_whenever_the_line_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of, taken, away = Queue(at_once=1), list[str](), list[str]()
    monkeypatch.setattr(reader, "Line", of.opened)
    monkeypatch.setattr(Backoff, "pause", lambda _self: 0.0)

    def take(some: Sequence[Delivery]) -> None:
        taken.extend(one.body.decode() for one in some)
        if taken[-1] in ("0", "3"):
            of.lines[-1].cut()
        if taken[-1] == "5":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        RabbitReader("amqp://", "history", take, arguments={OFFSET: 0}, look_s=0.01).follow(away.append, lambda at: at)

    assert (taken, of.begun) == ([str(number) for number in range(6)], [0, 1, 4])
    assert away == ["RabbitMQ: it was cut"] * 2
