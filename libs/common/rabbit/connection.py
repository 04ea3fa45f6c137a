"""One connection to RabbitMQ, owned by one thread; nothing here waits without a deadline."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pika
from pika.adapters.select_connection import IOLoop

from libs.common.bus import BusDown

CONNECT_S = 10.0
CLOSE_S = 5.0
DROP_S = 0.5  #: for what is left of a line that is broken off
BLOCKED_S = 5.0  #: a broker short of disk or memory holds publishers back; longer than this, it counts as down
HEARTBEAT_S = 15  #: pika looks every 20 s whether anything came, so a frozen broker is found within 40 s


def parameters(url: str, name: str) -> Any:
    """What pika wants to know; ``name`` is shown in the broker's list of connections."""
    wanted = pika.URLParameters(url)
    wanted.heartbeat = HEARTBEAT_S
    wanted.blocked_connection_timeout = BLOCKED_S
    wanted.connection_attempts = 1
    wanted.socket_timeout = wanted.stack_timeout = CONNECT_S / 2
    wanted.client_properties = {"connection_name": name}
    return wanted


class _Connection(pika.SelectConnection):  # type: ignore[misc]  # pika is not typed
    """pika's, which also takes frames that are packed already."""

    def take(self, frames: bytes) -> None:
        self._adapter_emit_data(frames)

    def drop(self) -> None:
        """Lets go of the socket: whoever should have said goodbye does not answer."""
        self._adapter_disconnect_stream()


class Line:
    """An open connection with one channel, turned by the thread that made it.

    ``fault`` says what ended it. Raises BusDown when it cannot be opened.
    """

    def __init__(self, url: str, name: str) -> None:
        self.fault: str | None = None
        self._short = ""  #: of what, as the broker said when it stopped to read
        self.channel: Any = None
        try:
            wanted = parameters(url, name)
        except (ValueError, LookupError) as wrong:
            raise BusDown(f"what was said of RabbitMQ's address is none: {wrong}") from wrong
        self.user: str = wanted.credentials.username
        self.loop: Any = IOLoop()
        self.connection: Any = _Connection(
            wanted,
            on_open_callback=self._opened,
            on_open_error_callback=lambda _connection, why: self._ended(why),
            on_close_callback=lambda _connection, why: self._ended(why),
            custom_ioloop=self.loop,
        )
        self.connection.add_on_connection_blocked_callback(self._blocked)
        if not self.turn(CONNECT_S, until=lambda: self.channel is not None):
            self._ended(f"no answer within {CONNECT_S:.0f} s")
            self.close()
            raise BusDown(f"RabbitMQ cannot be reached: {self.fault}")

    def _opened(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._ready)

    def _ready(self, channel: Any) -> None:
        channel.add_on_close_callback(lambda _channel, why: self._ended(why))
        self.channel = channel
        self.loop.stop()

    def _blocked(self, _connection: Any, frame: Any) -> None:
        self._short = f"; it takes nothing: {frame.method.reason}"

    def _ended(self, why: object) -> None:
        self.fault = self.fault or _words(why) + self._short
        self.loop.stop()

    def end(self, why: str) -> None:
        """Counts as broken from now on; called on the owner's thread."""
        self._ended(why)

    def turn(self, seconds: float, *, until: Callable[[], bool]) -> bool:
        """Lets the connection work until the condition holds. False when it broke or the time was over before."""
        self._spin(seconds, lambda: until() or self.fault is not None)
        return until() and self.fault is None

    def _spin(self, seconds: float, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + seconds
        while not until() and (left := deadline - time.monotonic()) > 0:
            alarm = self.loop.call_later(left, self.loop.stop)
            self.loop.start()
            self.loop.remove_timeout(alarm)

    def ask(self, queue: str, seconds: float) -> int | None:
        """How many messages it has, or had seconds ago; None where it does not answer.

        It answers in turn: whatever it had sent on this channel has come before.
        """
        answers: list[int] = []

        def answered(frame: Any) -> None:
            answers.append(frame.method.message_count)
            self.loop.stop()

        self.channel.queue_declare(queue, passive=True, callback=answered)
        return answers[0] if self.turn(seconds, until=lambda: bool(answers)) else None

    def close(self) -> None:
        """Says goodbye if it still can; what is unsaid by then is forgotten."""
        self.fault = self.fault or "closed"
        with contextlib.suppress(pika.exceptions.AMQPError):
            if self.connection.is_open:
                self.connection.close()
                self._spin(CLOSE_S, lambda: bool(self.connection.is_closed))
        with contextlib.suppress(Exception):  # a socket half open; the descriptors below are what matters
            if not self.connection.is_closed:
                self.connection.drop()
                self._spin(DROP_S, lambda: bool(self.connection.is_closed))
        with contextlib.suppress(Exception):
            self.loop.close()


def _words(why: object) -> str:
    """pika wraps the reason in errors that say nothing themselves."""
    while isinstance(why, BaseException) and not str(why):
        candidates = (why.__cause__, *why.args, getattr(why, "exception", None), *getattr(why, "exceptions", ()))
        inside = [one for one in candidates if isinstance(one, BaseException)]
        if not inside:
            return type(why).__name__
        why = inside[-1]
    return str(why)
