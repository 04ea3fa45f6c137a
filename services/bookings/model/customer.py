"""Who bought, and what they are recognised by when they buy again."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.columns import Aggregate
from services.bookings.model.base import Base


class Customer(Aggregate, Base):
    """``lead_id`` is that of the latest sale: the customer's facts belong to that funnel."""

    __tablename__ = "customers"

    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str]
    tax_status: Mapped[str] = mapped_column(default="")
    bill_to: Mapped[dict[str, Any]]
    contacts: Mapped[list[Any]] = mapped_column(default=list)
    lead_id: Mapped[UUID | None]
    search: Mapped[str] = mapped_column(default="")

    @classmethod
    def sold_by(cls, whose: Collection[UUID]) -> sa.ColumnElement[bool]:
        """Whoever sold to them sees them, also where they sold for another branch."""
        jobs = Base.metadata.tables["jobs"]
        return cls.id.in_(sa.select(jobs.c.customer_id).where(jobs.c.salesperson_id.in_(whose)))

    @property
    def funnel(self) -> UUID:
        return self.lead_id or self.id

    def buys_again(self, *, branch: UUID | None, lead_id: UUID, contact: dict[str, Any]) -> None:
        """Another sale. Who buys at two branches is a customer of the whole company."""
        self.lead_id = lead_id
        if self.branch != branch:
            self.branch = None
        if contact not in self.contacts and any(contact.values()):
            self.contacts = [*self.contacts, contact]


class MatchKey(Base):
    """What a customer is recognised by. A key is the customer's who had it first; values are only compared: hashed."""

    __tablename__ = "customer_keys"

    why: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)  # claimed before its customer is made: no foreign key
