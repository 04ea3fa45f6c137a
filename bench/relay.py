"""From the outbox to the bus: how many a second, and how long after a commit a fact is received."""

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pika

from bench import toy
from bench.noise import Run, percentile
from bench.place import Place, facts, until

FILL = """
INSERT INTO outbox (event_id, agg, agg_seq, type, body, created_at)
SELECT gen_random_uuid(), gen_random_uuid(), 1, type, body, clock_timestamp() FROM one, generate_series(1, %s)
"""


def plan(place: Place, count: int) -> dict[str, Callable[[], Run]]:
    return {
        "pipelined pika, no database": lambda: _publish_only(place, count),
        "Relay": lambda: _drain(place, count, "drain"),
        "confirm per message": lambda: _drain(place, max(count // 10, 20), "each"),
    }


def _publish_only(place: Place, count: int) -> Run:
    place.purge("board", "clerk")
    [fact] = facts(place.stores["desk"], 1)
    said = place.home / "fact"
    said.write_bytes(fact.body)
    with place.meter() as meter:
        run = _limit(place, "pipelined", str(count), str(said))
    _arrived(place, count)
    return {**run, **meter.each(count)}


def _drain(place: Place, count: int, how: str) -> Run:
    place.purge("board", "clerk")
    place.empty("desk")
    [fact] = facts(place.stores["desk"], 1)
    place.sql("desk", "CREATE TABLE IF NOT EXISTS one (type text, body bytea)")
    place.sql("desk", "DELETE FROM one")
    place.sql("desk", "INSERT INTO one VALUES (%s, %s)", fact.type, fact.body)
    place.sql("desk", FILL, count)
    place.sql("desk", "VACUUM ANALYZE outbox")
    with place.meter() as meter:
        run = place.result("drain", "desk") if how == "drain" else _limit(place, how)
    [(left,)] = place.sql("desk", "SELECT count(*) FROM outbox WHERE published_at IS NULL")
    if left or run["n"] != count:
        raise RuntimeError(f"{run['n']} of {count} sent, {left} are not marked")
    _arrived(place, count)
    return {**run, **meter.each(count)}


def _limit(place: Place, *args: str) -> Run:
    return place.result_of(place.module("bench.limits", *args), "desk")


def _arrived(place: Place, count: int) -> None:
    """Everything that was published stands in the queue."""
    found = place.depth("board")
    if found != count:
        raise RuntimeError(f"{found} of {count} are in the queue")


def latency(place: Place, rate: float, seconds: float) -> Run:
    """Commit to receipt in milliseconds: acts of one service, its real worker, and somebody who reads the queue."""
    place.purge("board", "clerk")
    place.empty("desk")
    received: dict[str, float] = {}
    stop = threading.Event()
    reader = threading.Thread(target=_receive, args=(place, received, stop))
    committed: dict[str, float] = {}
    with place.running(*place.role("worker", "desk")) as process:
        reader.start()
        try:
            _act(place)  # the first act finds everything cold
            until(lambda: bool(received), "the first fact arrives", process=process)
            due = time.perf_counter()
            for _ in range(int(rate * seconds)):
                ident = _act(place)
                committed[ident] = time.time()
                due += 1 / rate
                time.sleep(max(0.0, due - time.perf_counter()))
            until(lambda: committed.keys() <= received.keys(), "every fact arrives", process=process)
        finally:
            stop.set()
            reader.join()
    took = [(received[ident] - at) * 1e3 for ident, at in committed.items()]
    return {"rate": rate, "p50": percentile(took, 50), "p99": percentile(took, 99)}


def _act(place: Place) -> str:
    with place.stores["desk"].begin() as tx:
        given = toy.enquiry(1)
        made = tx.new(toy.Enquiry, status="new", name=given.pop("name_of"), **given)
        tx.publish(toy.EnquiryMade(subject=made.id, **toy.enquiry(1)), of=made)
        ident: UUID = tx.published[0]["event_id"]
    return str(ident)


def _receive(place: Place, received: dict[str, float], stop: threading.Event) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(place.broker.url()))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=200)

    def note(_channel: Any, method: Any, said: Any, _body: bytes) -> None:
        received[said.message_id] = time.time()
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(place.queue("board"), note)
    while not stop.is_set():
        connection.process_data_events(time_limit=0.1)
    connection.close()
