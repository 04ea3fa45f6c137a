"""The raw limits, and the plain idiom of a relay: pika and psycopg by hand, with nothing of the kernel's.

``python -m bench.limits pipelined COUNT FACT | each | statement QUEUE COUNT``
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika
import psycopg

from bench import toy
from bench.role import cpu, say
from libs.common.rabbit.publisher import EVENTS

WINDOW, BATCH = 1024, 500


def properties(ident: str, user: str) -> Any:
    """What the relay says of a fact."""
    return pika.BasicProperties(
        content_type="application/cloudevents+json",
        delivery_mode=2,
        message_id=ident,
        timestamp=int(time.time()),
        type=toy.EnquiryMade.name,
        user_id=user,
    )


class Pipeline:
    """Publishes with confirms, a thousand on their way at once; no database."""

    def __init__(self, wanted: int, body: bytes) -> None:
        self.wanted, self.sent, self.low, self.body = wanted, 0, 1, body
        self.unconfirmed: set[int] = set()
        self.channel: Any = None
        address = pika.URLParameters(os.environ["PLUMBLINE_AMQP_URL"])
        self.user = address.credentials.username
        self.connection: Any = pika.SelectConnection(
            address,
            on_open_callback=lambda made: made.channel(on_open_callback=self.opened),
        )

    def opened(self, channel: Any) -> None:
        self.channel = channel
        channel.confirm_delivery(self.confirmed, callback=lambda _frame: self.connection.ioloop.stop())

    def fill(self) -> None:
        while self.sent < self.wanted and len(self.unconfirmed) < WINDOW:
            self.sent += 1
            self.unconfirmed.add(self.sent)
            said = properties(f"{self.sent:036d}", self.user)
            self.channel.basic_publish(EVENTS, toy.EnquiryMade.name, self.body, said, mandatory=True)

    def confirmed(self, frame: Any) -> None:
        if frame.method.NAME != "Basic.Ack":
            raise RuntimeError("the broker refused a message")
        tag = frame.method.delivery_tag
        if frame.method.multiple:
            self.unconfirmed.difference_update(range(self.low, tag))
            self.low = tag
        self.unconfirmed.discard(tag)
        if len(self.unconfirmed) <= WINDOW // 2:
            self.fill()
        if self.sent == self.wanted and not self.unconfirmed:
            self.connection.ioloop.stop()


def pipelined(count: str, fact: str) -> None:
    line = Pipeline(int(count), Path(fact).read_bytes())
    line.connection.ioloop.start()
    began, used = time.perf_counter(), cpu()
    line.fill()
    line.connection.ioloop.start()
    say(int(count), began, used)


def _database(autocommit: bool = False) -> Any:
    url = os.environ["PLUMBLINE_DATABASE_URL"].replace("+psycopg", "")
    return psycopg.connect(url, autocommit=autocommit)


def each() -> None:
    """The idiom of a relay by hand: takes a batch, publishes and awaits each, marks them, commits."""
    database = _database()
    address = pika.URLParameters(os.environ["PLUMBLINE_AMQP_URL"])
    connection = pika.BlockingConnection(address)
    channel = connection.channel()
    channel.confirm_delivery()
    take = "SELECT id, event_id, type, body FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT %s FOR UPDATE"
    began, used, sent = time.perf_counter(), cpu(), 0
    while rows := database.execute(take, [BATCH]).fetchall():
        for _row, ident, kind, said in rows:
            channel.basic_publish(
                EVENTS, kind, bytes(said), properties(str(ident), address.credentials.username), mandatory=True
            )
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
    database, some, seen = _database(), list[bytes](), 0
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
    kinds: dict[str, Callable[..., None]] = {"pipelined": pipelined, "each": each, "statement": statement}
    kinds[sys.argv[1]](*sys.argv[2:])
