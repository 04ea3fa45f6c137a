"""One hop in FastStream's idiom: one message, one transaction of the async ORM, then the next message is published.

It has no outbox: who dies between the commit and the publishing loses the message.
"""

import json
import os
import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from faststream import FastStream
from faststream.rabbit import Channel, ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from models import Base, columns
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import mapped_column

engine = create_async_engine(
    os.environ["PLUMBLINE_DATABASE_URL"].replace("+psycopg", "+asyncpg"), pool_size=10, max_overflow=0
)
broker = RabbitBroker(os.environ["PLUMBLINE_AMQP_URL"], default_channel=Channel(prefetch_count=50))
app = FastStream(broker)
queue = RabbitQueue(os.environ["QUEUE"], durable=True, queue_type=QueueType.QUORUM, declare=False)
exchange = RabbitExchange(os.environ["EXCHANGE"], type=ExchangeType.TOPIC, durable=True, declare=False)


class Event(BaseModel):
    id: str
    type: str
    subject: str
    data: dict


class Inbox(Base):
    __tablename__ = "inbox"
    message_id = mapped_column(sa.Uuid, primary_key=True)


class Step(Base):
    __tablename__ = "steps"
    columns(locals())


async def decode(message: object) -> dict:
    return json.loads(message.body)


@broker.subscriber(queue, decoder=decode)
async def move(event: Event) -> None:
    ident = uuid.uuid4()
    async with AsyncSession(engine) as session:
        new = insert(Inbox).on_conflict_do_nothing().returning(Inbox.message_id)
        if (await session.execute(new, {"message_id": uuid.UUID(event.id)})).first():
            told, now = dict(event.data), datetime.now(UTC)
            name = told.pop("name_of")
            stamps = {"created_at": now, "updated_at": now, "created_by": "system", "updated_by": "system"}
            session.add(Step(id=ident, version=1, agg_seq=1, status="new", name=name, **told, **stamps))
        await session.commit()
    said = event.model_copy(update={"id": str(uuid.uuid4()), "type": os.environ["NEXT"], "subject": str(ident)})
    await broker.publish(said, exchange=exchange, routing_key=said.type, persist=True)
