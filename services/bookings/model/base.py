"""What all records of this service stand on."""

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from libs.common import files, orm
from libs.common.columns import type_map


class Base(DeclarativeBase):
    type_annotation_map = type_map


TABLES = orm.kernel_tables(Base.metadata)
SHELF = files.shelf(Base.metadata)
for _kind in ("customer", "job", "booking"):
    sa.Sequence(f"number_{_kind}", metadata=Base.metadata)
