"""A version of an estimate: its options and their lines, its terms, and where it stands with the customer."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from libs.common import columns, money
from services.estimates.model.base import Base
from services.estimates.states import VERSION, EstimateAction, EstimateState


class Line(Base):
    """What is done or delivered, for how much. A task's values were copied from the price book when it was used."""

    __tablename__ = "lines"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    option_id: Mapped[UUID] = mapped_column(sa.ForeignKey("options.id", ondelete="CASCADE"), index=True)
    add_on: Mapped[bool]
    sort: Mapped[int]
    task_code: Mapped[str | None] = mapped_column(sa.String(60))
    description: Mapped[str]
    qty: Mapped[Decimal] = mapped_column(columns.quantity())
    unit_price: Mapped[Decimal] = mapped_column(columns.unit_price())
    list_price: Mapped[Decimal | None] = mapped_column(columns.unit_price())  #: the book's: giving less is a discount
    discount_percent: Mapped[Decimal | None] = mapped_column(columns.unit_price())
    discount_amount: Mapped[Decimal | None] = mapped_column(columns.money())
    taxable: Mapped[bool]
    tax_code: Mapped[str | None] = mapped_column(sa.String(40))
    cost: Mapped[Decimal | None] = mapped_column(columns.unit_price())
    hours: Mapped[Decimal | None] = mapped_column(columns.quantity())
    amount: Mapped[Decimal] = mapped_column(columns.money())  #: after its own discount
    materials: Mapped[list[Any]] = mapped_column(default=list)  #: for one, to be ordered

    def priced(self) -> money.Line:
        """The line as the money engine takes it."""
        return money.Line(
            qty=self.qty,
            unit_price=self.unit_price,
            description=self.description,
            discount_percent=self.discount_percent,
            discount_amount=self.discount_amount,
            taxable=self.taxable,
            tax_code=self.tax_code,
            cost=self.cost,
        )


class Option(Base):
    """One of the ways to do it (good, better, best); the customer takes one, with the add-ons they choose."""

    __tablename__ = "options"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version_id: Mapped[UUID] = mapped_column(sa.ForeignKey("versions.id", ondelete="CASCADE"), index=True)
    sort: Mapped[int]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    totals: Mapped[dict[str, Any]]  #: of the base lines, as pricing.shown writes them
    total: Mapped[Decimal] = mapped_column(columns.money())
    margin: Mapped[Decimal | None] = mapped_column(columns.unit_price())
    rows: Mapped[list[Line]] = relationship(
        order_by="(Line.add_on, Line.sort)", lazy="joined", cascade="all, delete-orphan"
    )

    @property
    def lines(self) -> list[Line]:
        return [line for line in self.rows if not line.add_on]

    @property
    def add_ons(self) -> list[Line]:
        return [line for line in self.rows if line.add_on]


class Version(Base):
    """Frozen once it was sent; every later change is a new one. ``revision`` counts them on the wire."""

    __tablename__ = "versions"
    __table_args__ = (sa.UniqueConstraint("estimate_id", "revision"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    estimate_id: Mapped[UUID] = mapped_column(sa.ForeignKey("estimates.id"), index=True)
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(20), default=EstimateState.DRAFT)
    currency: Mapped[str] = mapped_column(sa.String(3))
    valid_until: Mapped[date]
    expires_at: Mapped[datetime]
    tax_mode: Mapped[str] = mapped_column(sa.String(10))
    prices_include_tax: Mapped[bool]
    rates: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: of the tax codes used, as they were then
    member: Mapped[bool] = mapped_column(default=False)  #: tasks at the price for members
    terms: Mapped[str] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(default="")
    discount: Mapped[dict[str, Any] | None]
    deposit: Mapped[dict[str, Any] | None]
    supersedes: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    priced_by: Mapped[list[Any]] = mapped_column(default=list)  #: by whom its prices were written
    submitted_by: Mapped[UUID | None]
    submitted_at: Mapped[datetime | None]
    approval_reasons: Mapped[list[Any]] = mapped_column(default=list)
    approval: Mapped[dict[str, Any] | None]  #: the last decision, with the hash of what was decided on
    sent_at: Mapped[datetime | None]
    sent_to: Mapped[list[Any]] = mapped_column(default=list)
    snapshot_hash: Mapped[str | None] = mapped_column(sa.String(64))
    viewed_at: Mapped[datetime | None]
    changes_text: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[dict[str, Any] | None]
    options: Mapped[list[Option]] = relationship(order_by="Option.sort", lazy="joined", cascade="all, delete-orphan")

    def fire(self, action: EstimateAction) -> None:
        self.state = VERSION.fire(EstimateState(self.state), action)

    def content_hash(self) -> str:
        """What identifies exactly this content: the customer's view of it, with the costs that an approval saw."""
        said = [
            self.currency, self.tax_mode, self.prices_include_tax, self.rates, self.terms, self.notes, self.discount,
            self.deposit,
            [[one.name, one.description, one.totals, [_said(line) for line in one.rows]] for one in self.options],
        ]  # fmt: skip
        return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()

    @property
    def is_approved(self) -> bool:
        """Somebody approved exactly this content."""
        return bool(self.approval and self.approval["granted"] and self.approval["hash"] == self.content_hash())

    def totals_with(self, option: Option, add_ons: Iterable[Line] = ()) -> money.Totals:
        """What an option comes to with these add-ons."""
        return money.option_totals(
            [line.priced() for line in option.lines],
            add_ons=[line.priced() for line in add_ons],
            currency=self.currency,
            rates={code: Decimal(one["rate"]) for code, one in self.rates.items()},
            discount=money.Discount(**_decimals(self.discount)),
            tax_mode="line" if self.tax_mode == "line" else "document",
            inclusive=self.prices_include_tax,
            deposit=_deposit(self.deposit) if option.lines else None,  # a blank draft asks for nothing yet
            at=f"/options/{option.sort}",
        )


def _said(line: Line) -> list[Any]:
    numbers = [line.qty, line.unit_price, line.list_price, line.discount_percent, line.discount_amount, line.cost]
    exact = [None if one is None else format(one.normalize(), "f") for one in numbers]
    return [line.add_on, line.task_code, line.description, line.taxable, line.tax_code, *exact]


def _decimals(rule: dict[str, Any] | None) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in (rule or {}).items() if name in ("percent", "amount")}


def _deposit(rule: dict[str, Any] | None) -> money.Deposit:
    return money.Deposit(**_decimals(rule), capped=bool((rule or {}).get("capped")))
