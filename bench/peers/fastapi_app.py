"""FastAPI, pydantic and SQLAlchemy's async ORM: a write of a record and its outbox row, and a list of 50."""

import json
import os
import uuid
from datetime import UTC, datetime
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import FastAPI
from models import Base, columns
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import mapped_column

PATH = "/api/v1/desk/enquiries"
engine = create_async_engine(
    os.environ["PLUMBLINE_DATABASE_URL"].replace("+psycopg", "+asyncpg"), pool_size=8, max_overflow=0
)
app = FastAPI()


class EnquiryIn(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 ()-]{5,20}$")]
    address: Annotated[str, Field(min_length=1, max_length=300)]
    job_kind: Literal["kitchen-remodel", "roof", "bath"]
    budget_cents: Annotated[int, Field(ge=0, le=10**12, strict=True)]
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    notes: Annotated[str, Field(max_length=2000)] = ""


class Created(BaseModel):
    id: uuid.UUID
    status: str


class EnquiryRow(EnquiryIn):
    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    status: str
    created_at: datetime


class Enquiry(Base):
    __tablename__ = "enquiries"
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


@app.post(PATH, status_code=201)
async def take(given: EnquiryIn) -> Created:
    ident, fact, now, said = uuid.uuid4(), uuid.uuid4(), datetime.now(UTC), given.model_dump()
    body = {
        "specversion": "1.0",
        "id": str(fact),
        "source": "/plumbline/desk",
        "type": "plumbline.enquiry.made.v1",
        "subject": str(ident),
        "sequence": "1",
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "data": said,
    }
    stamps = {"created_at": now, "updated_at": now, "created_by": "public", "updated_by": "public"}
    row = {"event_id": fact, "agg": ident, "agg_seq": 1, "type": body["type"], "created_at": now}
    async with AsyncSession(engine) as session:
        session.add(Enquiry(id=ident, status="new", number=0, version=1, agg_seq=1, **said, **stamps))
        session.add(Outbox(body=json.dumps(body).encode(), **row))
        await session.commit()
    return Created(id=ident, status="new")


@app.get(PATH)
async def enquiries(limit: int = 50) -> list[EnquiryRow]:
    async with AsyncSession(engine) as session:
        newest = sa.select(Enquiry).order_by(Enquiry.created_at.desc()).limit(limit)
        return (await session.scalars(newest)).all()
