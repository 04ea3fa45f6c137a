"""Statements in PostgreSQL's own words, straight to the driver.

SQLAlchemy finds out anew at each such statement what columns its result has: for the kernel's, which are short and
many, that took longer than running them.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
import sqlalchemy as sa


def run(connection: sa.Connection, statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Its rows; none where it has no result. ``statement`` names its parameters as psycopg does: ``%(name)s``.

    Raises what SQLAlchemy would.
    """
    driver: Any = connection.connection.driver_connection
    try:
        cursor = driver.execute(statement, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.pgresult.nfields else []
    except psycopg.Error as trouble:
        # SQLAlchemy's own way to say it: it knows which connections are lost by it, and who listens.
        connection._handle_dbapi_exception(trouble, statement, given, None, None)
    return rows
