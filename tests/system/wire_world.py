"""A database of one connection, with a table of single numbers and one more."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from libs.common import orm
from libs.common.orm import Database


@contextlib.contextmanager
def connected(url: str, table: sa.Table) -> Iterator[Database]:
    database = orm.connect(url, pool_size=1)
    with database.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE tried (one int PRIMARY KEY)"))
        table.create(connection)
    yield database
    database.dispose()
