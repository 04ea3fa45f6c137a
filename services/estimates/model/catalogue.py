"""The price book, and the tax codes."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column

from libs.common import columns
from libs.common.columns import Aggregate
from services.estimates.model.base import Base
from services.estimates.model.opportunity import Opportunity
from services.estimates.states import BookStatus


def _where_they_sell(whose: Collection[UUID]) -> sa.Select[Any]:
    """The branches for which they have ever had an opportunity at hand that was to be priced."""
    return sa.select(Opportunity.branch).where(Opportunity.salesperson_id.in_(whose))


class PriceBook(Aggregate, Base):
    """A branch's flat rates for a time."""

    __tablename__ = "price_books"

    name: Mapped[str]
    currency: Mapped[str] = mapped_column(sa.String(3))
    effective_from: Mapped[date | None]
    effective_until: Mapped[date | None]
    status: Mapped[str] = mapped_column(sa.String(10), default=BookStatus.DRAFT)

    @classmethod
    def sold_by(cls, whose: Collection[UUID]) -> sa.ColumnElement[bool]:
        """Whoever sells for another branch sees the prices that they are to sell at."""
        return cls.branch.in_(_where_they_sell(whose))


class Category(Base):
    """A branch of the book's tree; ``path`` is its name with those above it: ``Heating > Repair``."""

    __tablename__ = "categories"
    __table_args__ = (sa.UniqueConstraint("book_id", "path"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    book_id: Mapped[UUID] = mapped_column(sa.ForeignKey("price_books.id"))
    parent_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("categories.id"))
    name: Mapped[str]
    path: Mapped[str] = mapped_column(sa.String(400))


class Task(Base):
    """Work at a flat rate. ``add_ons`` are codes offered with it; ``materials`` is its assembly, for ordering."""

    __tablename__ = "tasks"
    __table_args__ = (sa.UniqueConstraint("book_id", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    book_id: Mapped[UUID] = mapped_column(sa.ForeignKey("price_books.id"))
    category_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("categories.id"), index=True)
    code: Mapped[str] = mapped_column(sa.String(60))
    trade: Mapped[str] = mapped_column(sa.String(40), default="")
    category: Mapped[str] = mapped_column(sa.String(400), default="")
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    unit_price: Mapped[Decimal] = mapped_column(columns.unit_price())
    member_price: Mapped[Decimal | None] = mapped_column(columns.unit_price())
    cost: Mapped[Decimal | None] = mapped_column(columns.unit_price())
    hours: Mapped[Decimal | None] = mapped_column(columns.quantity())
    taxable: Mapped[bool] = mapped_column(default=False)
    tax_code: Mapped[str | None] = mapped_column(sa.String(40))
    add_ons: Mapped[list[Any]] = mapped_column(default=list)
    materials: Mapped[list[Any]] = mapped_column(default=list)
    search: Mapped[str] = mapped_column(default="")
    branch: Mapped[UUID | None] = column_property(
        sa.select(PriceBook.branch).where(PriceBook.id == book_id).correlate_except(PriceBook).scalar_subquery()
    )

    @classmethod
    def sold_by(cls, whose: Collection[UUID]) -> sa.ColumnElement[bool]:
        """As the book."""
        return cls.branch.in_(_where_they_sell(whose))


class TaxCode(Aggregate, Base):
    """A rate by name. An estimate keeps the rate it was made with."""

    __tablename__ = "tax_codes"

    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(columns.Exact(7, 6))
