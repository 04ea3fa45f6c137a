"""The loops of a worker outlive whatever goes wrong, and say what it is."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import structlog

from embedded.run import Threads
from embedded.system import System
from embedded.testing import Bench
from libs.common import config, loops, mail, orm, status, worker
from libs.common.bus import BusDown, Outgoing, nothing
from libs.common.consumer import Consumer
from libs.common.deployment import Deployment
from libs.common.errors import Unavailable
from libs.common.rabbit import RabbitReader, reader
from libs.common.relay import Relay
from libs.common.service import Job, Service, Subscriptions
from libs.common.store import Store
from libs.common.timers import Timers
from libs.common.worker import PartEnded, Worker
from libs.local.ports import free_port
from services.leads import service as leads
from tests.contract.throwaway import MAKER, known, make, maker

Word = tuple[str, bool, str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    database = orm.connect(f"sqlite:///{tmp_path / 'maker.db'}")
    with known():
        yield maker(database)
    database.dispose()


class Running:
    """A loop in a thread, and all that it reported."""

    def __init__(self, loop: Callable[..., None], *parts: object) -> None:
        self.said: list[Word] = []
        self.stop = threading.Event()
        self._changed = threading.Condition()
        self.thread = threading.Thread(target=loop, args=(*parts, self.stop, self._report), daemon=True)
        self.thread.start()

    def _report(self, part: str, ok: bool, detail: str) -> None:
        with self._changed:
            self.said.append((part, ok, detail))
            self._changed.notify()

    def until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, timeout=60), self.said

    def end(self) -> None:
        self.stop.set()
        self.thread.join(60)
        assert not self.thread.is_alive()


class Bus:
    """Down until it is not."""

    def __init__(self) -> None:
        self.down, self.sent = True, 0

    def send(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing) -> int:
        if self.down:
            raise BusDown("nobody there")
        self.sent += len(batch)
        return len(batch)


def test_a_relay_waits_a_broker_out_and_sends_what_was_kept(store: Store) -> None:
    with store.begin() as tx:
        make(tx, "one", "two")
    bus, idle = Bus(), threading.Event()

    def ends_once_it_has_sent(_sent: int) -> None:
        if not bus.down:
            running.stop.set()

    loop = partial(loops.relay_loop, linger=ends_once_it_has_sent)
    running = Running(loop, Relay(store, bus), lambda seconds: idle.wait(0.01))
    running.until(lambda: ("broker", False, "nobody there") in running.said)

    bus.down = False

    running.until(lambda: ("broker", True, "") in running.said)
    running.end()
    assert bus.sent == 2
    with store.reading() as tx:  # else whoever comes next would send the last of them again
        assert None not in tx.session.scalars(sa.select(store.tables.outbox.c.published_at)).all()


def test_a_relay_without_a_broker_lets_nobody_notify_and_one_that_sends_lingers_for_the_next(store: Store) -> None:
    with store.begin() as tx:
        make(tx, "one", "two")
    bus, idle, told = Bus(), threading.Event(), list[int]()
    relay = Relay(store, bus)
    loop = partial(loops.relay_loop, linger=told.append)
    running = Running(loop, relay, lambda seconds: idle.wait(0.01))
    running.until(lambda: ("broker", False, "nobody there") in running.said)

    bus.down = False

    running.until(lambda: ("broker", True, "") in running.said)
    running.end()
    assert set(told[:-1]) == {relay.batch}
    assert told[-1] == 2


def test_a_relay_waits_its_database_out(store: Store) -> None:
    away = True

    def crash(_point: str) -> None:
        if away:
            raise Unavailable("the database is away")

    with store.begin() as tx:
        make(tx, "one")
    bus, idle = Bus(), threading.Event()
    bus.down = False
    store.crash = crash
    running = Running(loops.relay_loop, Relay(store, bus), lambda seconds: idle.wait(0.01))
    running.until(lambda: ("relay", False, "the database is away") in running.said)

    away = False

    running.until(lambda: {("relay", True, ""), ("broker", True, "")} <= {*running.said})
    running.end()


def test_a_relay_whose_every_step_fails_is_never_said_to_be_well(store: Store) -> None:
    def crash(_point: str) -> None:
        raise Unavailable("the database is away")

    with store.begin() as tx:
        make(tx, "one")
    store.crash = crash
    running = Running(loops.relay_loop, Relay(store, Bus()), lambda _seconds: None)

    running.until(lambda: len(running.said) >= 3)
    running.end()
    assert {word for word in running.said if word[0] == "relay"} == {("relay", False, "the database is away")}


def test_a_reader_whose_every_step_fails_is_never_said_to_be_well(monkeypatch: pytest.MonkeyPatch) -> None:
    class Session:
        def __init__(self, _reader: RabbitReader) -> None:
            self.open = self.close = nothing

        def step(self, _look_s: float) -> int:
            raise Unavailable("the database is away")

    monkeypatch.setattr(reader, "_Session", Session)
    running = Running(RabbitReader("amqp://127.0.0.1", "queue", lambda _some: None).run)

    running.until(lambda: len(running.said) >= 3)
    running.end()
    assert set(running.said) == {("consumer", False, "the database is away")}


def test_a_job_that_fails_is_told_and_stops_no_other(store: Store) -> None:
    done = threading.Event()

    def fails(_store: Store) -> int:
        raise ValueError("no paper")

    def works(_store: Store) -> int:
        done.set()
        return 0

    service = replace(MAKER, jobs=(Job("fails", fails), Job("waits outside", fails, apart=True), Job("works", works)))
    consumer = Consumer(store, Subscriptions())
    running = Running(loops.timers_loop, service, store, Timers(store, {}), consumer)

    assert done.wait(60)
    running.until(lambda: ("works", True, "") in running.said and ("timers", True, "") in running.said)
    running.end()
    assert ("fails", False, "ValueError: no paper") in running.said
    assert "waits outside" not in {part for part, *_ in running.said}, "it has a thread of its own"


@pytest.mark.parametrize("part", ["timers", "posting"])
def test_whoever_waits_a_database_out_says_of_what_it_is_short(store: Store, part: str) -> None:
    why = "the database is short of space on its disk"
    full = [Unavailable(why)] * 2

    def work(_store: Store) -> int:
        if full:
            raise full.pop()
        return 0

    job = Job("posting", work, apart=part == "posting")
    if job.apart:
        running = Running(loops.job_loop, job, store)
    else:
        consumer = Consumer(store, Subscriptions())
        running = Running(loops.timers_loop, replace(MAKER, jobs=(job,)), store, Timers(store, {}), consumer)

    running.until(lambda: (part, True, "") in running.said)
    running.end()
    assert [word for word in running.said if word[0] == part][:3] == [(part, False, why)] * 2 + [(part, True, "")]


def test_a_job_that_stumbled_is_well_again_long_before_its_next_turn(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "AGAIN_S", 0.05)
    tries = []

    def stumbles(_store: Store) -> int:
        tries.append("one more")
        if len(tries) == 1:
            raise ValueError("no paper")
        return 0

    service = replace(MAKER, jobs=(Job("stumbles", stumbles, every_s=600.0),))
    running = Running(loops.timers_loop, service, store, Timers(store, {}), Consumer(store, Subscriptions()))

    running.until(lambda: ("stumbles", True, "") in running.said)
    running.end()
    assert running.said.index(("stumbles", False, "ValueError: no paper")) < running.said.index(("stumbles", True, ""))


def test_what_cannot_be_written_of_a_part_ends_nothing_and_is_said_once_it_can(store: Store) -> None:
    """As while a dump is restored: the table goes, and comes back."""
    report, table = status.report_to(store), store.tables.worker_status
    table.drop(store.database.engine)

    report("timers", True, "")

    table.create(store.database.engine)
    report("timers", True, "")
    with store.reading() as tx:
        assert tx.session.scalars(sa.select(table.c.part)).all() == ["timers"]


@pytest.mark.parametrize(("failure", "stack"), [(Unavailable("the database is away"), False), (KeyError("x"), True)])
def test_a_server_that_is_away_costs_the_log_a_line_and_not_a_stack_each_time(
    failure: Exception, stack: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever follows a worker's log until its database is there could read nothing else."""
    stop, said, logged = threading.Event(), list[Word](), list[dict[str, object]]()
    monkeypatch.setattr(loops.log, "get", lambda _name: structlog.wrap_logger(None, [keeping(logged)]))

    def work() -> None:
        stop.set()
        raise failure

    loops.keep("relay", work, stop, lambda *word: said.append(word))

    assert [(part, ok) for part, ok, _ in said] == [("relay", False)]
    [line] = logged
    assert (line.get("exc_info", False), line.get("detail")) == (stack, None if stack else "the database is away")


def keeping(lines: list[dict[str, object]]) -> Callable[..., object]:
    def keep(_logger: object, _method: str, line: dict[str, object]) -> object:
        lines.append(dict(line))
        raise structlog.DropEvent

    return keep


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_whose_part_ended_unasked_ends_with_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever watches over the process starts it anew: half a worker that goes on helps nobody."""
    finished = threading.Event()

    def works(worker: Worker, _store: Store, _report: loops.Report) -> None:
        worker.stop.wait(60)
        finished.set()

    def dies(*_: object) -> None:
        raise SystemExit

    environment = {"PLUMBLINE_DATABASE_URL": f"sqlite:///{tmp_path}/maker.db", "PLUMBLINE_AMQP_URL": "amqp://127.0.0.1"}
    monkeypatch.setattr(Worker, "parts", lambda _worker: {"relay": works, "timers": dies})
    monkeypatch.setattr(worker, "LOOK_S", 0.01)

    with pytest.raises(PartEnded, match="timers"):
        Worker(MAKER, config.load(environment, "worker"), threading.Event()).run()
    assert finished.is_set()


def test_embedded_threads_go_on_whatever_one_of_their_steps_fails_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, ["leads"])
    part = bench.system.parts["leads"]
    again = {"relay": threading.Event(), "timers": threading.Event()}

    def stumbling(name: str, step: Callable[[], int]) -> Callable[[], int]:
        met = []

        def once_not() -> int:
            if not met:
                met.append(name)
                raise TypeError("a bug")
            again[name].set()
            return step()

        return once_not

    for name, who in (("relay", part.relay), ("timers", part.timers)):
        monkeypatch.setattr(who, "step", stumbling(name, who.step))
    threads = Threads(bench.system)

    assert [name for name, event in again.items() if not event.wait(60)] == []
    threads.stop()
    bench.close()


@contextmanager
def embedded(service: Service, database: orm.Database, around: Deployment) -> Iterator[None]:
    threads = Threads(System.over({service.name: (service, database)}, deployment=around))
    try:
        yield
    finally:
        threads.stop()


@contextmanager
def apart(service: Service, database: orm.Database, around: Deployment) -> Iterator[None]:
    """As its worker, whose broker is away."""
    stop, url = threading.Event(), database.engine.url.render_as_string()
    environment = {"PLUMBLINE_DATABASE_URL": url, "PLUMBLINE_AMQP_URL": f"amqp://127.0.0.1:{free_port()}"}
    environment["PLUMBLINE_SMTP_URL"] = around.smtp_url
    thread = threading.Thread(target=Worker(service, config.load(environment, "worker"), stop).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


def test_only_that_it_was_sent_may_be_lost_in_a_power_cut(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent again then. What was taken in and acknowledged would not come again."""
    waits, connect, both = dict[str, bool](), orm.connect, threading.Event()

    def noting(url: str, *, durable: bool, **how: Any) -> orm.Database:
        waits[threading.current_thread().name] = durable
        if len(waits) == 2:
            both.set()
        return connect(url, durable=durable, **how)

    monkeypatch.setattr(worker.orm, "connect", noting)
    with apart(MAKER, store.database, Deployment()):
        assert both.wait(60)

    assert waits == {"relay": False, "timers": True}


def test_a_worker_reads_all_that_its_service_is_told_and_what_the_broker_gave_up_of_it() -> None:
    environment = {
        "PLUMBLINE_AMQP_URL": "amqp://leads@127.0.0.1",
        "PLUMBLINE_DATABASE_URL": "sqlite:///leads.db",
        "PLUMBLINE_MANAGEMENT_URL": "http://127.0.0.1:1",
    }

    parts = Worker(leads.SPEC, config.load(environment, "worker"), threading.Event()).parts()

    assert {"consumer", "dead letters", "commands", "dead commands", "bindings", "relay", "timers"} <= parts.keys()


@pytest.mark.parametrize("running", [embedded, apart])
def test_a_mail_server_that_takes_connections_and_says_nothing_holds_up_no_timer(
    store: Store, running: Callable[[Service, orm.Database, Deployment], AbstractContextManager[None]]
) -> None:
    fired = threading.Event()
    service = replace(MAKER, jobs=(mail.JOB,), timers={"nudge": lambda *_: fired.set()})
    silent = socket.create_server(("127.0.0.1", 0))
    around = Deployment(smtp_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
    with store.begin() as tx:
        mail.queue(tx, "somebody@example.com", "hello", "there")

    with running(service, store.database, around):
        silent.settimeout(10)
        session, _ = silent.accept()
        with store.begin() as tx:
            tx.remind("nudge", UUID(int=1), tx.now)
        in_time = fired.wait(5)
        session.close()
        silent.close()
    assert in_time
