"""The same record as the kernel's side keeps, as a peer would map it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


def columns(into: dict[str, Any]) -> None:
    """Adds the columns to a class that is being made."""
    into["id"] = mapped_column(sa.Uuid, primary_key=True)
    for name in ("number", "agg_seq", "budget_cents"):
        into[name] = mapped_column(sa.BigInteger)
    for name in ("name", "email", "phone", "address", "job_kind", "currency", "notes", "status"):
        into[name] = mapped_column(sa.Text)
    for name in ("created_by", "updated_by"):
        into[name] = mapped_column(sa.String(80))
    for name in ("created_at", "updated_at"):
        into[name] = mapped_column(sa.DateTime(timezone=True))
    into["branch"] = mapped_column(sa.Uuid, nullable=True)
    into["version"] = mapped_column(sa.Integer)
