"""The worker process of a service: relay, reader, timers, mail, the watch over its bindings, each in its own thread."""

import threading
from collections.abc import Callable

from libs.common import log, orm
from libs.common.backoff import Backoff
from libs.common.bus import BusDown
from libs.common.config import Config
from libs.common.consumer import Consumer
from libs.common.contracts.commands import EXCHANGE as COMMANDS
from libs.common.deadletters import DeadLetters
from libs.common.errors import DomainError
from libs.common.gctuning import settle_memory
from libs.common.intake import ASKED, Intake
from libs.common.loops import Report, Wait, job_loop, keep, relay_loop, timers_loop
from libs.common.rabbit import RabbitPublisher, RabbitReader, unrouted
from libs.common.rabbit.bindings import Bindings
from libs.common.rabbit.management import Management, Refusal
from libs.common.rabbit.topology import dead_of, queue_of
from libs.common.relay import Kept, Relay
from libs.common.service import Job, Service
from libs.common.status import report_to
from libs.common.store import Store
from libs.common.timers import Timers
from libs.common.wake import Listener

GRACE_S = 25.0  #: how long what is in hand may take after SIGTERM
STANDBY_S = 1.0  #: how often a second relay looks whether the first has died
LOOK_S = 5.0  #: how often a worker looks whether all its parts live

Part = Callable[["Worker", Store, Report], None]


class PartEnded(Exception):
    """A part's thread is no more, and nobody asked it to stop."""


class Worker:
    """One service's worker; ``stop`` ends it."""

    def __init__(self, service: Service, config: Config, stop: threading.Event) -> None:
        self.service, self.config, self.stop = service, config, stop
        self.log = log.get("worker")

    def parts(self) -> dict[str, Part]:
        parts: dict[str, Part] = {"relay": Worker.relay, "timers": Worker.timers}
        if self.service.subscriptions.facts:
            parts["consumer"] = Worker.read
            parts["dead letters"] = Worker.take_dead
        if self.config.management_url:
            parts["bindings"] = Worker.watch
        if self.service.commands:
            parts["commands"] = Worker.take_in
            parts["dead commands"] = Worker.take_dead_commands
        return parts | {job.name: Worker.alone(job) for job in self.service.jobs if job.apart}

    def run(self) -> None:
        """Until ``stop``; then each part finishes what it has in hand.

        Raises PartEnded when one ended unasked, so that whoever watches over the process starts all of it anew.
        """
        threads = [
            threading.Thread(target=self._keep, args=(name, part), name=name, daemon=True)
            for name, part in self.parts().items()
        ]
        settle_memory()
        for thread in threads:
            thread.start()
        self.log.info("working", parts=[thread.name for thread in threads])
        ended: list[str] = []
        while not ended and not self.stop.wait(LOOK_S):
            ended = [thread.name for thread in threads if not thread.is_alive()]
        asked = self.stop.is_set()
        self.stop.set()
        for thread in threads:
            thread.join(GRACE_S)
        self.log.info("stopped", unfinished=[thread.name for thread in threads if thread.is_alive()])
        if not asked:
            raise PartEnded(f"a part of the worker ended unasked: {', '.join(ended)}")

    def _keep(self, name: str, part: Part) -> None:
        """Runs a part with connections of its own, new ones whenever it begins anew."""
        # What the relay writes is that something was sent: lost, it is sent again, and known to whoever has it. Its
        # statements are always the same two.
        relays = part is Worker.relay
        database = orm.connect(self.config.database_url, pool_size=2, durable=not relays, planned_once=relays)
        store = Store(self.service.name, database, self.service.tables, deployment=self.config.deployment)
        report = self._telling(report_to(store))

        def work() -> None:
            try:
                part(self, store, report)
            finally:
                database.dispose()

        keep(name, work, self.stop, report)
        database.dispose()  # the last word may have opened it again

    def _telling(self, report: Report) -> Report:
        """Into the log as well, when it changes."""
        said: dict[str, tuple[bool, str]] = {}

        def tell(part: str, ok: bool, detail: str) -> None:
            if said.get(part, (True, "")) != (ok, detail):
                (self.log.info if ok else self.log.warning)("well again" if ok else "trouble", part=part, detail=detail)
            said[part] = (ok, detail)
            report(part, ok, detail)

        return tell

    # -- the parts

    def relay(self, store: Store, report: Report) -> None:
        publisher = RabbitPublisher(self.config.amqp_url, name=f"{self.service.name} relay")
        listener = None if store.database.sqlite else Listener(self.config.database_url)
        kept = None if store.database.sqlite else Kept(store)
        try:
            while listener is not None and not listener.become_active():
                if self.stop.wait(STANDBY_S):
                    return
            relay = Relay(store, publisher, alone=kept)
            wait, linger = self._waiter(publisher, listener), self._lingerer(publisher, listener)
            relay_loop(relay, wait, self.stop, report, linger=linger)
        finally:
            publisher.close()
            if listener is not None:
                listener.close()
            if kept is not None:
                kept.close()

    def _waiter(self, publisher: RabbitPublisher, listener: Listener | None) -> Wait:
        def wait(seconds: float) -> None:
            if listener is None:
                publisher.turn(min(seconds, 0.2))
            elif not self.stop.is_set():
                listener.sleep(seconds, publisher.turn)

        return wait

    def _lingerer(self, publisher: RabbitPublisher, listener: Listener | None) -> Callable[[int], None]:
        def linger(sent: int) -> None:
            if listener is not None and not self.stop.is_set():
                listener.linger(sent, publisher.turn)

        return linger

    def read(self, store: Store, report: Report) -> None:
        consumer = Consumer(store, self.service.subscriptions)
        queue = queue_of(self.service.name)
        reader = RabbitReader(
            self.config.amqp_url,
            queue,
            consumer.deliver,
            name=f"{self.service.name} reader",
            patience=self.service.subscriptions.patience,
            crash=store.crash,
        )
        reader.run(self.stop, report)

    def take_in(self, store: Store, report: Report) -> None:
        intake = Intake(store, self.service.commands)
        reader = RabbitReader(self.config.amqp_url, COMMANDS, intake.deliver, name=f"{self.service.name} commands")
        reader.run(self.stop, lambda _part, ok, detail: report("commands", ok, detail))

    def take_dead(self, store: Store, report: Report) -> None:
        self._drain("dead letters", DeadLetters(store, dead_of(queue_of(self.service.name))), report)

    def take_dead_commands(self, store: Store, report: Report) -> None:
        self._drain("dead commands", DeadLetters(store, dead_of(COMMANDS), producer=ASKED), report)

    def _drain(self, part: str, dead: DeadLetters, report: Report) -> None:
        reader = RabbitReader(self.config.amqp_url, dead.queue, dead.deliver, name=f"{self.service.name} {part}")
        reader.run(self.stop, lambda _part, ok, detail: report(part, ok, detail))

    def timers(self, store: Store, report: Report) -> None:
        consumer = Consumer(store, self.service.subscriptions)
        timers_loop(self.service, store, Timers(store, self.service.timers), consumer, self.stop, report)

    @staticmethod
    def alone(job: Job) -> Part:
        def part(worker: "Worker", store: Store, report: Report) -> None:
            job_loop(job, store, worker.stop, report)

        return part

    def watch(self, store: Store, report: Report) -> None:
        consumer = Consumer(store, self.service.subscriptions)
        broker = Management(self.config.management_url, self.config.amqp_url)
        bindings = Bindings(self.service, consumer, broker, self.config.amqp_url)
        soon = Backoff()  # else this would be in trouble for ten seconds after all others are well
        while not self.stop.is_set():
            try:
                bindings.step(report)
                unrouted.look(broker, report)
                soon.reset()
                self.stop.wait(bindings.again_s)
            except (BusDown, Refusal, DomainError) as trouble:
                report("bindings", False, f"they cannot be compared: {trouble}")
                soon.wait(self.stop)


def run_worker(service: Service, config: Config, stop: threading.Event) -> None:
    """A service's worker, until ``stop`` is set."""
    Worker(service, config, stop).run()
