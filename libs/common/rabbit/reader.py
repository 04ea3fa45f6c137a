"""Reads a service's queue: one thread turns the connection, another applies what has arrived and acknowledges it."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from libs.common.backoff import Backoff
from libs.common.bus import BusDown, Delivery
from libs.common.errors import DomainError
from libs.common.rabbit.connection import CLOSE_S, CONNECT_S, Line
from libs.common.store import no_crash

PREFETCH = 400  #: two batches: one is applied while the other arrives
BATCH = 200
FOREVER_S = 1e9
QUIET_S = 2.0  #: nothing came for so long: there is no more in a queue for now; of a stream it says nothing
SILENT_S = 30.0  #: nothing came of a stream for so long, although there is more: the broker counts as down
OFFSET = "x-stream-offset"  #: a message's place in its stream, and where to begin in it
LOOK_S = 0.5  #: how often a quiet reader looks whether it is to stop
#: how often it asks whether its queue knows it still: of one that was removed while its process was down, and made
#: anew, a broker tells nobody, and gives nothing. Without a leader it says that nobody reads, so it is asked twice
LISTED_S, LISTED_NOT = 10.0, 2

Deliver = Callable[[Sequence[Delivery]], None]
Report = Callable[[str, bool, str], None]


class RabbitReader:
    """Hands deliveries to ``deliver`` and acknowledges what it has committed, in the thread that calls ``run``."""

    def __init__(
        self,
        url: str,
        queue: str,
        deliver: Deliver,
        *,
        name: str = "reader",
        wants: Callable[[str], bool] | None = None,
        patience: Callable[[str], float] = lambda _key: 0.0,
        arguments: Mapping[str, Any] | None = None,
        crash: Callable[[str], None] = no_crash,
        look_s: float = LOOK_S,
    ) -> None:
        """``wants`` chooses by routing key what is delivered at all; ``arguments`` say where to begin in a stream.

        ``patience``: for how many seconds a message of this routing key may wait for others to be delivered with.
        ``look_s``: how long a stop may remain unnoticed while nothing comes.
        """
        self.url, self.queue, self.deliver, self.name = url, queue, deliver, name
        self.wants, self.patience, self.arguments = wants, patience, dict(arguments or {})
        self.crash, self.look_s = crash, look_s

    def run(self, stop: threading.Event, report: Report) -> None:
        """Until ``stop``; then the batch in hand is finished. Trouble is reported, waited out and begun anew.

        Nothing is acknowledged then, so everything unfinished comes back, marked as redelivered.
        """
        backoff = Backoff()
        while not stop.is_set():
            session = _Session(self)
            try:
                session.open()
                while not stop.is_set():
                    session.step(self.look_s)
                    report("consumer", True, "")  # only now: where every step fails, nobody may look and find it well
                    backoff.reset()  # also where nothing came: that it was quiet is no trouble
            except BusDown as away:
                report("consumer", False, str(away))
            except DomainError as trouble:
                report("consumer", False, trouble.detail)
            except Exception as bug:  # noqa: BLE001 - whatever it is: not acknowledged, said, and tried again
                report("consumer", False, f"{type(bug).__name__}: {bug}")
            finally:
                session.close()
            if not stop.is_set():
                backoff.wait(stop)

    def read_through(self, quiet_s: float = QUIET_S) -> int:
        """A queue, once, to where nothing more comes for a while. Returns how many came; raises what went wrong."""
        session, count = _Session(self), 0
        try:
            session.open()
            while found := session.step(quiet_s):
                count += found
            return count
        finally:
            session.close()

    def follow(self, away: Callable[[str], object], back: Callable[[object], object]) -> None:
        """A stream, until ``deliver`` raises something, however often the broker is away meanwhile.

        ``away`` is told why, once each time; ``back`` says, of the place where we were, where to go on when the broker
        is there again. Raises BusDown where it was not there at the beginning.
        """
        begun, told, backoff = False, False, Backoff()
        while True:
            session = _Session(self)
            try:
                if told:
                    self.arguments[OFFSET] = back(self.arguments[OFFSET])
                session.open()
                begun, told = True, False
                while True:
                    if session.step(self.look_s):
                        backoff.reset()
            except BusDown as why:
                if not begun:
                    raise
                if not told:
                    away(str(why))
                told = True
            finally:
                session.close()
            if session.at >= 0:
                self.arguments[OFFSET] = session.at + 1
            time.sleep(backoff.pause())

    def steps(self, through: int) -> Iterator[int]:
        """A stream batch by batch, to this offset: how many each had. Raises BusDown where it is not reached.

        A line may stand still for any time, so silence is not the end. Only where nothing came at all, and the broker
        answers meanwhile, the place to begin lies behind that offset.
        """
        session = _Session(self)
        try:
            session.open()
            found = session.step(QUIET_S)
            if not found:
                session.ask()
                found = session.step(0.0)
            while found:
                yield found
                if session.at >= through:
                    return
                found = session.step(SILENT_S)
                if not found:
                    raise BusDown(f"{self.queue} fell silent at {session.at}, before its end at {through}")
        finally:
            session.close()


class _Session:
    """One connection and the thread that turns it, from opening to the first fault."""

    def __init__(self, reader: RabbitReader) -> None:
        self.reader = reader
        self.at = -1  #: the offset in its stream of what was delivered last
        self._arrived: deque[tuple[int, int, Delivery | None]] = deque()
        self._change = threading.Condition()
        self._line: Line | None = None
        self._ready = self._answered = False
        self._due = FOREVER_S  #: when what has arrived shall be taken, by the monotonic clock
        self._ended: str | None = None
        self._thread = threading.Thread(target=self._turn, name=f"{reader.name} i/o", daemon=True)

    # -- on the reader's thread

    def open(self) -> None:
        self._thread.start()
        with self._change:
            if not self._change.wait_for(lambda: self._ready or self._ended is not None, timeout=2 * CONNECT_S):
                raise BusDown("RabbitMQ does not let us read")
        self._demand()

    def step(self, look_s: float) -> int:
        """Applies and acknowledges what has arrived, or waits a moment for something. Raises BusDown after a fault."""
        with self._change:
            self._change.wait_for(lambda: bool(self._arrived) or self._ended is not None, timeout=look_s)
            while self._arrived and self._ended is None and (left := self._due - time.monotonic()) > 0:
                self._change.wait(left)
            self._due = 0.0 if len(self._arrived) > BATCH else FOREVER_S
            self._demand()  # what arrived before a fault comes again: its tags died with the channel
            some = [self._arrived.popleft() for _ in range(min(BATCH, len(self._arrived)))]
        if some:
            last, self.at, _ = some[-1]
            self.reader.deliver([delivery for *_, delivery in some if delivery is not None])
            self._call(lambda line: self._acknowledge(line, last))
        return len(some)

    def ask(self) -> None:
        """Waits for the broker to answer: it does so in turn, so what it had sent before has arrived by then."""
        queue = self.reader.queue

        def answered(_frame: object) -> None:
            self._tell(answered=True)

        self._call(lambda line: line.channel.queue_declare(queue, passive=True, callback=answered))
        with self._change:
            if not self._change.wait_for(lambda: self._answered or self._ended is not None, timeout=SILENT_S):
                raise BusDown(f"RabbitMQ says nothing of {self.reader.queue}")
            self._demand()

    def _acknowledge(self, line: Line, last: int) -> None:
        """On the connection's thread. That the broker hears of it is not certain yet."""
        line.channel.basic_ack(last, multiple=True)
        self.reader.crash("consumer_acknowledged")

    def close(self) -> None:
        self._call(lambda line: line.end("we leave"))
        if self._thread.ident is not None:
            self._thread.join(CLOSE_S + 1)

    def _demand(self) -> None:
        if self._ended is not None:
            raise BusDown(self._ended)

    def _call(self, work: Callable[[Line], object]) -> None:
        line = self._line

        def guarded() -> None:
            if line is not None and line.fault is None and line.channel.is_open:
                work(line)

        with self._change:  # so that nobody calls into a loop that is being closed
            if line is not None and self._ended is None:
                line.loop.add_callback_threadsafe(guarded)

    # -- on the connection's thread

    def _turn(self) -> None:
        try:
            line = self._line = Line(self.reader.url, self.reader.name)
            try:
                channel = line.channel
                channel.add_on_cancel_callback(lambda _frame: line.end("the queue is gone"))
                channel.basic_qos(prefetch_count=PREFETCH)
                channel.basic_consume(
                    self.reader.queue,
                    self._message,
                    arguments=self.reader.arguments,
                    callback=lambda _frame: self._tell(ready=True),
                )
                if OFFSET not in self.reader.arguments:  # of a stream it never says who reads it
                    self._ask_whether_listed(line)
                line.turn(FOREVER_S, until=lambda: False)
            finally:
                self._tell(ended=f"RabbitMQ: {line.fault or 'reading ended unasked'}")
                line.close()
        except BusDown as away:
            self._tell(ended=str(away))
        except Exception as bug:  # noqa: BLE001 - the reader's thread must hear of it, whatever it is
            self._tell(ended=f"{type(bug).__name__}: {bug}")

    def _ask_whether_listed(self, line: Line, missed: int = 0) -> None:
        def answered(frame: Any) -> None:
            times = 0 if frame.method.consumer_count else missed + 1
            if times == LISTED_NOT:
                line.end("the queue does not know its reader any more")
            else:
                self._ask_whether_listed(line, times)

        def ask() -> None:
            if line.channel.is_open:
                line.channel.queue_declare(self.reader.queue, passive=True, callback=answered)

        line.loop.call_later(LISTED_S, ask)

    def _message(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        delivery = None
        if self.reader.wants is None or self.reader.wants(method.routing_key):
            who = producer(properties.user_id)
            kind, again = properties.content_type or "", bool(method.redelivered)
            delivery = Delivery(body, kind, again, who, sender=properties.user_id or None)
        due = time.monotonic() + self.reader.patience(method.routing_key)
        with self._change:
            self._arrived.append((method.delivery_tag, (properties.headers or {}).get(OFFSET, -1), delivery))
            sooner = due < self._due or len(self._arrived) >= BATCH
            if sooner:
                self._due = 0.0 if len(self._arrived) >= BATCH else due
                self._change.notify()

    def _tell(self, *, ready: bool = False, answered: bool = False, ended: str | None = None) -> None:
        with self._change:
            self._ready, self._answered = self._ready or ready, self._answered or answered
            self._ended = self._ended or ended
            self._change.notify()


def producer(user_id: str | None) -> str:
    """The service whose user sent a message; ``nobody`` where the broker does not say.

    A service's user has its name, or its name, a dot and more, where several systems share a broker.
    """
    return (user_id or "nobody").partition(".")[0]
