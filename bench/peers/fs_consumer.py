"""FastStream's idiom for the same effect: one message, one transaction of the async ORM, then the acknowledgement."""

import json
import os
import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from faststream import FastStream
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from models import Base, columns
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import mapped_column

engine = create_async_engine(
    os.environ["PLUMBLINE_DATABASE_URL"].replace("+psycopg", "+asyncpg"), pool_size=10, max_overflow=0
)
broker = RabbitBroker(os.environ["PLUMBLINE_AMQP_URL"], default_channel=Channel(prefetch_count=50))
app = FastStream(broker)
queue = RabbitQueue(os.environ["QUEUE"], durable=True, queue_type=QueueType.QUORUM, declare=False)


class Event(BaseModel):
    id: str
    type: str
    subject: str
    data: dict


class Inbox(Base):
    __tablename__ = "inbox"
    message_id = mapped_column(sa.Uuid, primary_key=True)


class Card(Base):
    __tablename__ = "fs_cards"
    id = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    subject = mapped_column(sa.Uuid)
    number = mapped_column(sa.BigInteger)
    job_kind = mapped_column(sa.Text)
    budget_cents = mapped_column(sa.BigInteger)
    told = mapped_column(JSONB)


class Job(Base):
    __tablename__ = "fs_jobs"
    columns(locals())


class Outbox(Base):
    __tablename__ = "outbox"
    id = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    event_id = mapped_column(sa.Uuid)
    agg = mapped_column(sa.Uuid)
    agg_seq = mapped_column(sa.BigInteger)
    type = mapped_column(sa.Text)
    body = mapped_column(sa.LargeBinary)
    created_at = mapped_column(sa.DateTime(timezone=True))


def pin(session: AsyncSession, event: Event) -> None:
    told = event.data
    some = {name: told[name] for name in ("number", "job_kind", "budget_cents")}
    session.add(Card(subject=uuid.UUID(event.subject), told=told, **some))


def open_job(session: AsyncSession, event: Event) -> None:
    told, now, ident = dict(event.data), datetime.now(UTC), uuid.uuid4()
    stamps = {"created_at": now, "updated_at": now, "created_by": "system", "updated_by": "system"}
    name = told.pop("name_of")
    session.add(Job(id=ident, version=1, agg_seq=1, status="new", name=name, **told, **stamps))
    said = event.model_copy(update={"id": str(uuid.uuid4()), "type": "plumbline.job.opened.v1", "subject": str(ident)})
    session.add(
        Outbox(
            event_id=uuid.UUID(said.id),
            agg=ident,
            agg_seq=1,
            type=said.type,
            body=said.model_dump_json().encode(),
            created_at=now,
        )
    )


effect = {"board": pin, "clerk": open_job}[os.environ["EFFECT"]]


async def decode(message: object) -> dict:
    return json.loads(message.body)


@broker.subscriber(queue, decoder=decode)
async def on_enquiry(event: Event) -> None:
    async with AsyncSession(engine) as session:
        new = insert(Inbox).on_conflict_do_nothing().returning(Inbox.message_id)
        first = (await session.execute(new, {"message_id": uuid.UUID(event.id)})).first()
        if first:
            effect(session, event)
        await session.commit()
