"""Publishes committed facts with confirms, many on their way at once."""

from collections.abc import Callable, Sequence
from typing import Any

import pika

from libs.common.bus import BusDown, Outgoing, nothing
from libs.common.rabbit.connection import Line
from libs.common.rabbit.frames import Packer

EVENTS, HISTORY = "plumbline.events", "plumbline.history"
WINDOW = 1024  #: facts on their way at once; the broker writes more of them with one sync
CONFIRM_S = 10.0  #: a broker that confirms nothing for so long counts as down


class RabbitPublisher:
    """A bus.Publisher. It belongs to the thread that uses it, and opens its connection when first used."""

    def __init__(self, url: str, *, name: str = "relay", exchange: str = EVENTS, window: int = WINDOW) -> None:
        self.url, self.name, self.exchange, self.window = url, name, exchange, window
        self._line: Line | None = None
        self._batch, self._few = _Batch(0), 0  # few: so many unconfirmed are what is waited for
        self._published = 0  # on this channel: the broker counts them as well

    def send(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing) -> int:
        """How many, from the first on, the broker has on disk. Raises BusDown where it has none of them."""
        line = self._open()
        now = self._batch = _Batch(self._published)
        try:
            for start in range(0, len(batch), self.window // 2):
                some = batch[start : start + self.window // 2]
                if not self._settled(line, now, at_most=self.window - len(some)) or now.refused:
                    break
                self._publish(line, some)
                now.sent += some
            if self._settled(line, now, at_most=now.open // 2):  # the rest of it is with the broker, who has work
                meanwhile()
            self._settled(line, now, at_most=0)
        except pika.exceptions.AMQPError as broken:
            line.end(str(broken) or type(broken).__name__)
        if line.fault is not None:
            self._drop()
            if not now.safe():
                raise BusDown(f"RabbitMQ: {line.fault}")
        elif now.refused:
            self._drop()  # a channel keeps to the leader that a queue had: with that node gone it refuses on and on
        return now.safe()

    def turn(self, seconds: float, wake: int | None = None) -> None:
        """Keeps the connection alive for so long, or until the descriptor ``wake`` can be read. Raises BusDown."""
        line = self._open()
        woken = _Signal(line)
        if wake is not None:
            line.loop.add_handler(wake, woken, line.loop.READ)
        try:
            line.turn(seconds, until=woken.seen)
        finally:
            if wake is not None:
                line.loop.remove_handler(wake)
        if line.fault is not None:
            self._drop()
            raise BusDown(f"RabbitMQ: {line.fault}")

    def close(self) -> None:
        self._drop()

    def _open(self) -> Line:
        if self._line is None:
            line = Line(self.url, self.name)
            confirming = _Signal(line)
            try:
                line.channel.add_on_return_callback(self._returned)
                line.channel.confirm_delivery(self._confirmed, callback=confirming)
                if not line.turn(CONFIRM_S, until=confirming.seen):
                    raise BusDown(f"RabbitMQ: {line.fault or 'it does not confirm'}")
                if self.exchange == EVENTS:
                    self._await_history(line)
            except BaseException:
                line.close()
                raise
            self._line, self._published = line, 0
            self._packer = Packer(
                channel=line.channel.channel_number,
                exchange=self.exchange,
                user=line.user,
                frame_max=line.connection.params.frame_max,
            )
        return self._line

    @staticmethod
    def _await_history(line: Line) -> None:
        """A broker that starts opens its door before its streams are up, and confirms what they never got.

        RabbitMQ 3.10 writes to the queues that it knows by then, and asks confirms of those alone.
        """
        there = _Signal(line)
        line.channel.queue_declare(HISTORY, passive=True, callback=there)
        if not line.turn(CONFIRM_S, until=there.seen):
            raise BusDown(f"RabbitMQ: {HISTORY} is not up: {line.fault or 'no answer'}")

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _publish(self, line: Line, rows: Sequence[Outgoing]) -> None:
        if not line.channel.is_open:
            raise pika.exceptions.ChannelWrongStateError("the channel is closed")
        line.connection.take(self._packer.pack(rows))
        self._published += len(rows)

    def _settled(self, line: Line, batch: "_Batch", *, at_most: int) -> bool:
        """Waits until few enough are unconfirmed. False when the line broke; a silent broker breaks it."""
        self._few = at_most
        while line.fault is None and (before := batch.open) > at_most:
            if not line.turn(CONFIRM_S, until=lambda: batch.open <= at_most) and batch.open == before:
                line.end(f"nothing was confirmed for {CONFIRM_S:.0f} s")
        return line.fault is None

    def _confirmed(self, frame: Any) -> None:
        method = frame.method
        self._batch.settle(method.delivery_tag, multiple=method.multiple, taken=method.NAME == "Basic.Ack")
        if self._line is not None and self._batch.open <= self._few:
            self._line.loop.stop()

    def _returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        self._batch.returned.add(properties.message_id)  # and confirmed right afterwards


class _Signal:
    """A callback that remembers that it was called, and stops the loop."""

    def __init__(self, line: Line) -> None:
        self._line, self._called = line, False

    def __call__(self, *_: object) -> None:
        self._called = True
        self._line.loop.stop()

    def seen(self) -> bool:
        return self._called


class _Batch:
    """What the broker said of each message of a batch. Confirms come singly and for all up to one."""

    def __init__(self, before: int) -> None:
        self.before = before  #: messages of this channel that are older than the batch
        self.sent: list[Outgoing] = []
        self.returned: set[str] = set()
        self.refused = False
        self._settled: dict[int, bool] = {}
        self._low = 0

    @property
    def open(self) -> int:
        return len(self.sent) - len(self._settled)

    def settle(self, tag: int, *, multiple: bool, taken: bool) -> None:
        index = tag - self.before - 1
        if multiple:
            for one in range(self._low, index + 1):
                self._settled.setdefault(one, taken)
            self._low = max(self._low, index + 1)
        elif index >= 0:
            self._settled[index] = taken
        self.refused = self.refused or not taken

    def safe(self) -> int:
        """The length of the beginning that was taken without exception."""
        for index, row in enumerate(self.sent):
            if not self._settled.get(index) or (self.returned and str(row.id) in self.returned):
                return index
        return len(self.sent)
