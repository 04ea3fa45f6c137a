"""A fact's frames are the ones that pika would have made of it."""

from uuid import UUID

import pika
import pytest
from pika import frame, spec

from libs.common.bus import Outgoing
from libs.common.rabbit.frames import Packer

IDENT = UUID("0190e0c0-0000-7000-8000-00000000000f")


def by_pika(row: Outgoing, most: int) -> bytes:
    properties = pika.BasicProperties(
        content_type="application/cloudevents+json",
        delivery_mode=2,
        message_id=str(row.id),
        type=row.type,
        user_id="crm.leads",
        timestamp=1_900_000_000,
    )
    method = spec.Basic.Publish(exchange="plumbline.events", routing_key=row.type, mandatory=True)
    parts = [frame.Method(7, method), frame.Header(7, len(row.body), properties)]
    parts += [frame.Body(7, row.body[start : start + most]) for start in range(0, len(row.body), most)]
    return b"".join(part.marshal() for part in parts)


@pytest.mark.parametrize("sizes", [[1], [700, 1, 4088], [0], [4089, 20000], [300] * 5])
def test_a_fact_is_packed_as_pika_packs_it(sizes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_900_000_000.9)
    kinds = ("plumbline.lead.captured.v1", "plumbline.booking.completed.v1")
    rows = [Outgoing(place, IDENT, kinds[place % 2], b"x" * size) for place, size in enumerate(sizes)]
    packer = Packer(channel=7, exchange="plumbline.events", user="crm.leads", frame_max=4096)

    assert packer.pack(rows) == b"".join(by_pika(row, 4088) for row in rows)
