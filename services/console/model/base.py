"""The service's metadata."""

from sqlalchemy.orm import DeclarativeBase

from libs.common import orm
from libs.common.columns import type_map


class Base(DeclarativeBase):
    type_annotation_map = type_map


TABLES = orm.kernel_tables(Base.metadata)
