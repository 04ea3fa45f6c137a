"""Reads $COUNT messages of $QUEUE with kombu, which refuses content types that it was not told to accept."""

import base64
import os
import sys

from kombu import Connection, Queue

missing = int(os.environ["COUNT"])
lines = []


def heard(message):
    message.decode()  # this is where it would refuse
    lines.append(f"{message.content_type} {base64.b64encode(bytes(message.body)).decode()}\n")
    message.ack()


with Connection(os.environ["SUBSCRIBER_URL"]) as connection:
    queue = Queue(os.environ["QUEUE"], no_declare=True)
    accept = ["application/cloudevents+json"]
    with connection.Consumer(queue, on_message=heard, accept=accept, prefetch_count=10, no_ack=False):
        while len(lines) < missing:
            connection.drain_events(timeout=30)
sys.stdout.writelines(lines)
