"""What the service's tables hang on, and the parts that every record uses."""

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from libs.common import orm
from libs.common.columns import type_map


class Base(DeclarativeBase):
    type_annotation_map = type_map


TABLES = orm.kernel_tables(Base.metadata)
sa.Sequence("number_estimate", metadata=Base.metadata)
