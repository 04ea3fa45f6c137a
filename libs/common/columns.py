"""Column types that mean the same on PostgreSQL and SQLite, and the columns that every record has."""

from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

#: JSON that PostgreSQL can look into
Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
#: a counting key; SQLite only counts INTEGER keys
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def one_of(column: Any, values: Collection[Any]) -> sa.ColumnElement[bool]:
    """Whether the column is one of these. A list is written out anew at each execution, so one alone is compared."""
    same: sa.ColumnElement[bool] = column == next(iter(values)) if len(values) == 1 else column.in_(values)
    return same


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An instant. Refuses a naive time, because SQLite would drop the offset without a word."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @staticmethod
    def demand_fit(value: datetime) -> None:
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no offset: it names no instant")

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        self.demand_fit(value)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Exact(sa.TypeDecorator[Decimal]):
    """A Decimal of a fixed scale: NUMERIC on PostgreSQL, a scaled integer on SQLite, which has no decimal.

    Neither is asked to round, which PostgreSQL would do without a word, nor to hold more than both can.
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def demand_fit(self, value: Decimal) -> None:
        scaled = value.scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.scale} decimals")
        if abs(scaled) >= 10**self.precision:
            raise ValueError(f"{value} has more than {self.precision - self.scale} digits before the point")

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(
            sa.BigInteger() if dialect.name == "sqlite" else sa.Numeric(self.precision, self.scale)
        )

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> Decimal | int | None:
        if value is None:
            return None
        self.demand_fit(value)
        return int(value.scaleb(self.scale)) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        if value is None or dialect.name != "sqlite":
            return value  # type: ignore[no-any-return]  # the driver's own Decimal
        return Decimal(value).scaleb(-self.scale)


def money() -> Exact:
    """An amount; three decimals hold every currency's exponent."""
    return Exact(14, 3)


def sum_of_money() -> Exact:
    """What many amounts come to, each of which may be the highest; SQLite's whole numbers hold no more digits."""
    return Exact(18, 3)


def unit_price() -> Exact:
    return Exact(14, 4)


def quantity() -> Exact:
    return Exact(12, 3)


class Aggregate:
    """What every record has: identity, branch, optimistic lock, the count of its facts, who and when.

    ``agg_seq`` is counted under the row's lock, so a record's facts are numbered without gaps.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True)
    branch: Mapped[UUID | None] = mapped_column(default=None, index=True)
    version: Mapped[int] = mapped_column(default=1)
    agg_seq: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    created_by: Mapped[str] = mapped_column(sa.String(80))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[str] = mapped_column(sa.String(80))

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}

    #: the relationship to the record at whose row acts on this one take turns; None: at its own
    turn: ClassVar[str | None] = None

    @classmethod
    def whole(cls) -> tuple[Any, ...]:
        """What one record is read together with, to be shown or changed: options of the query."""
        return ()

    @property
    def funnel(self) -> UUID:
        """The correlation id of its facts: the lead's id in the funnel, else the record's own."""
        return self.id


def listed_by(table: Any, *names: str) -> None:
    """Indexes of columns that lists are asked for by, each in the order of a list: its page is read, nothing sorted."""
    for name in names:
        sa.Index(f"ix_{table.name}_{name}", table.c[name], table.c.created_at)


type_map: dict[Any, Any] = {datetime: UtcDateTime, UUID: sa.Uuid, dict[str, Any]: Json, list[Any]: Json, str: sa.Text}
