"""What all records of this service stand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from libs.common import orm
from libs.common.columns import type_map
from libs.common.errors import Conflict, Fault


class Base(DeclarativeBase):
    type_annotation_map = type_map


TABLES = orm.kernel_tables(Base.metadata)
for _kind in ("customer", "job", "booking"):
    sa.Sequence(f"number_{_kind}", metadata=Base.metadata)


@dataclass(frozen=True)
class Missing:
    """One thing that stands in the way of an action."""

    field: str
    text: str


def refuse_for(missing: Sequence[Missing], what: str, **more: Any) -> None:
    """Refuses an act with everything that stands in its way at once."""
    if missing:
        faults = [Fault(f"/{one.field.replace('.', '/')}", one.text) for one in missing]
        raise Conflict(what, errors=faults, **more)
