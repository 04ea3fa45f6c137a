"""What a report consists of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from libs.common.auth import Caller, May
from libs.common.tx import Tx
from services.console.usecases.queries.asking import Asked

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """``kind``: text, count, money, percent, minutes, days. ``asks``: which more of the row's cards a number counts."""

    key: str
    label: str
    kind: str = "count"
    asks: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Definition:
    """``by`` are the columns it may be divided by, the first one unless another is asked for.

    ``may`` is said where it counts records that not everybody with reports may read.
    """

    name: str
    title: str
    text: str
    columns: Sequence[Column]
    rows: Callable[[Tx, Caller, Asked, str], list[Row]]
    by: Sequence[str] = ()
    may: May = "report.read"


@dataclass
class Report:
    """``rows`` have the columns' keys; ``cards`` in a row is the question that lists what it counts."""

    name: str
    title: str
    definition: str
    by: str
    columns: Sequence[Column]
    rows: list[Row] = field(default_factory=list)


def seconds(tx: Tx, later: Any, earlier: Any) -> Any:
    """The time between two columns, in seconds, in this database's words."""
    if tx.store.database.sqlite:
        return (sa.func.julianday(later) - sa.func.julianday(earlier)) * 86400.0
    return sa.extract("epoch", later - earlier)


def share(part: int, whole: int) -> str | None:
    """Percent, to one decimal; None of nothing."""
    return _tenths(Decimal(100) * part / whole) if whole else None


def minutes(value: Any) -> str | None:
    return None if value is None else _tenths(Decimal(float(value) / 60))


def days(value: Any) -> str | None:
    return None if value is None else _tenths(Decimal(float(value) / timedelta(days=1).total_seconds()))


def _tenths(value: Decimal) -> str:
    """Half a tenth goes up, as half a cent does."""
    return format(value.quantize(Decimal("0.1"), ROUND_HALF_UP), "f")


def only(asked: Asked, *names: str) -> dict[str, Any]:
    """What of the question holds for the cards behind every row, too."""
    return {name: asked[name] for name in names if asked.get(name) is not None}
