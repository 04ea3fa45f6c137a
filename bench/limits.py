"""The raw limits, and the plain idiom of a relay: pika and psycopg by hand, with nothing of the kernel's.

``python -m bench.limits pipelined COUNT | each | statement QUEUE COUNT``
"""

import json
import os
import sys
import time
from typing import Any

import pika
import psycopg

from bench import toy
from bench.role import cpu, say
from libs.common.rabbit.publisher import EVENTS

WINDOW, BATCH = 1024, 500


def body(number: int) -> bytes:
    return json.dumps({"data": toy.enquiry(number), "more": "x" * 320}, separators=(",", ":")).encode()


def properties(ident: str) -> Any:
    return pika.BasicProperties(content_type="application/cloudevents+json", delivery_mode=2, message_id=ident)


def pipelined(count: str) -> None:
    """Publishes with confirms, a thousand on their way at once; no database."""
    wanted, sent, open_, low, said = int(count), 0, set(), 1, body(1)
    began = used = 0.0

    def fill(channel: Any) -> None:
        nonlocal sent
        while sent < wanted and len(open_) < WINDOW:
            sent += 1
            open_.add(sent)
            channel.basic_publish(EVENTS, toy.EnquiryMade.name, said, properties(f"{sent:036d}"), mandatory=True)

    def confirmed(frame: Any) -> None:
        nonlocal low
        if frame.method.NAME != "Basic.Ack":
            raise RuntimeError("refused")
        tag = frame.method.delivery_tag
        if frame.method.multiple:
            while low <= tag:
                open_.discard(low)
                low += 1
        open_.discard(tag)
        if len(open_) <= WINDOW // 2:
            fill(channel)
        if sent == wanted and not open_:
            connection.ioloop.stop()

    def ready(_frame: Any) -> None:
        connection.ioloop.stop()

    def opened(found: Any) -> None:
        nonlocal channel
        channel = found
        channel.confirm_delivery(confirmed, callback=ready)

    channel: Any = None
    connection = pika.SelectConnection(
        pika.URLParameters(os.environ["PLUMBLINE_AMQP_URL"]),
        on_open_callback=lambda made: made.channel(on_open_callback=opened),
    )
    connection.ioloop.start()
    began, used = time.perf_counter(), cpu()
    fill(channel)
    connection.ioloop.start()
    say(wanted, began, used)


def _database(autocommit: bool = False) -> Any:
    url = os.environ["PLUMBLINE_DATABASE_URL"].replace("+psycopg", "")
    return psycopg.connect(url, autocommit=autocommit)


def each() -> None:
    """The idiom of a relay by hand: takes a batch, publishes and awaits each, marks them, commits."""
    database = _database()
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["PLUMBLINE_AMQP_URL"]))
    channel = connection.channel()
    channel.confirm_delivery()
    take = "SELECT id, event_id, type, body FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT %s FOR UPDATE"
    began, used, sent = time.perf_counter(), cpu(), 0
    while rows := database.execute(take, [BATCH]).fetchall():
        for _row, ident, kind, said in rows:
            channel.basic_publish(EVENTS, kind, bytes(said), properties(str(ident)), mandatory=True)
        taken = [row[0] for row in rows]
        database.execute("UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY(%s)", [taken])
        database.commit()
        sent += len(rows)
    say(sent, began, used)


#: a batch of facts and their cards as one statement: the floor of what a consumer can cost here
STATEMENT = """
WITH e AS MATERIALIZED (
  SELECT DISTINCT ON (x ->> 'id') x, x -> 'data' AS d FROM json_array_elements(%s::json) AS x
),
begun AS (
  INSERT INTO stream_pos (producer, agg, last_seq, last_event, state)
  SELECT 'desk', (x ->> 'subject')::uuid, 1, (x ->> 'id')::uuid, 'open' FROM e ON CONFLICT DO NOTHING RETURNING agg
)
INSERT INTO cards (subject, number, job_kind, budget_cents, told)
SELECT agg, (d ->> 'number')::bigint, d ->> 'job_kind', (d ->> 'budget_cents')::bigint, d::jsonb
FROM e JOIN begun ON begun.agg = (x ->> 'subject')::uuid
"""


def statement(queue: str, count: str) -> None:
    """Two hundred deliveries, one statement, one commit, one acknowledgement."""
    database, some, seen = _database(), [], 0
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["PLUMBLINE_AMQP_URL"]))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=400)
    began, used = time.perf_counter(), cpu()
    for method, _properties, said in channel.consume(queue, inactivity_timeout=0.5):
        if method is not None:
            some.append(said)
        if some and (method is None or len(some) == 200 or seen + len(some) == int(count)):
            database.execute(STATEMENT, ["[" + b",".join(some).decode() + "]"])
            database.commit()
            tag = method.delivery_tag if method is not None else 0
            channel.basic_ack(tag, multiple=True)
            seen, some = seen + len(some), []
        if seen >= int(count):
            break
    say(seen, began, used)
    connection.close()


if __name__ == "__main__":
    {"pipelined": pipelined, "each": each, "statement": statement}[sys.argv[1]](*sys.argv[2:])
