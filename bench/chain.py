"""Five hops: a fact comes in, a record is made, the next fact goes out. How long at rest, and how many a second."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pika

from bench import toy
from bench.consumer import PEERS
from bench.noise import Run, cpu_of, percentile
from bench.place import Place, facts, until
from libs.common.bus import Outgoing
from libs.common.rabbit import RabbitPublisher
from libs.common.rabbit.publisher import EVENTS

HOPS = [f"hop{place}" for place in range(toy.HOPS)]
SINK = "bench.sink"
RATE = 20.0  #: a second, while latency is measured


def plan(place: Place, count: int, seconds: float) -> dict[str, Callable[[], Run]]:
    found = {"five workers": lambda: _run(place, _ours, count, seconds)}
    if place.peers:
        found["FastStream"] = lambda: _run(place, _peers, max(count // 5, 20), seconds)
    return found


@contextlib.contextmanager
def _ours(place: Place) -> Iterator[list[Any]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(place.running(*place.role("worker", hop))) for hop in HOPS]


@contextlib.contextmanager
def _peers(place: Place) -> Iterator[list[Any]]:
    assert place.peers is not None
    for hop in HOPS:
        place.sql(hop, "CREATE TABLE IF NOT EXISTS inbox (message_id uuid PRIMARY KEY)")
        place.sql(hop, "TRUNCATE inbox")
    command = [place.peers, "-m", "faststream", "run", "fs_chain:app", "--log-level", "warning"]
    with contextlib.ExitStack() as stack:
        running = []
        for number, hop in enumerate(HOPS):
            env = place.environment(
                hop, QUEUE=place.queue(hop), NEXT=toy.MOVED[number + 1].name, EXCHANGE=EVENTS, PYTHONPATH=str(PEERS)
            )
            running.append(stack.enter_context(place.running(command, env, cwd=PEERS)))
        yield running


def _run(place: Place, start: Any, count: int, seconds: float) -> Run:
    place.purge(*HOPS)
    place.empty(*HOPS)
    few = max(int(RATE * seconds), 5)
    with start(place) as processes, _sink(place) as arrived:
        until(lambda: all(place.readers(hop) for hop in HOPS), "every hop reads", process=processes[0])
        _inject(place, arrived, 20, 0.0)
        took, _ = _inject(place, arrived, few, RATE)
        before = sum(cpu_of(one.pid) for one in processes)
        with place.meter() as meter:
            _, rate = _inject(place, arrived, count, 0.0)
        used = sum(cpu_of(one.pid) for one in processes) - before
    for hop in HOPS:
        [(rows,)] = place.sql(hop, "SELECT count(*) FROM steps")
        if rows != 20 + few + count:
            raise RuntimeError(f"{hop} has {rows} records of {20 + few + count}")
    each = count * toy.HOPS
    latency = {"p50": percentile(took, 50), "p99": percentile(took, 99)}
    return {"rate": rate, "n": count, **latency, "own_us": used / each * 1e6, **meter.each(each)}


@contextlib.contextmanager
def _sink(place: Place) -> Iterator[dict[int, float]]:
    """Who hears of the last move, and when, by the enquiry's number."""
    arrived: dict[int, float] = {}
    stop = threading.Event()
    connection = pika.BlockingConnection(pika.URLParameters(place.broker.url()))
    channel = connection.channel()
    channel.queue_declare(SINK, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_purge(SINK)
    channel.queue_bind(SINK, EVENTS, toy.MOVED[-1].name)
    channel.basic_qos(prefetch_count=500)

    def note(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        arrived.setdefault(json.loads(body)["data"]["number"], time.time())
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(SINK, note)

    def turn() -> None:
        while not stop.is_set():
            connection.process_data_events(time_limit=0.1)
        connection.close()

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield arrived
    finally:
        stop.set()
        thread.join()


def _inject(place: Place, arrived: dict[int, float], count: int, rate: float) -> tuple[list[float], float]:
    """Milliseconds of each from the bus to the sink, and how many came out a second. ``rate`` 0: all at once."""
    arrived.clear()
    rows, sent = facts(place.stores["desk"], count, toy.MOVED[0]), dict[int, float]()
    bus = RabbitPublisher(place.url("desk"))
    try:
        bus.turn(0.01)
        due, began = time.perf_counter(), time.time()
        if not rate:
            sent = dict.fromkeys(range(count), began)
            assert bus.send(rows) == count
        for number, row in enumerate(rows if rate else ()):
            sent[number] = time.time()
            _one(bus, row)
            due += 1 / rate
            time.sleep(max(0.0, due - time.perf_counter()))
        until(lambda: len(arrived) >= count, f"{count} come out", every=0.01)
    finally:
        bus.close()
    return [(at - sent[number]) * 1e3 for number, at in arrived.items()], count / (max(arrived.values()) - began)


def _one(bus: RabbitPublisher, row: Outgoing) -> None:
    assert bus.send([row]) == 1
