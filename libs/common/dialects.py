"""How SQLAlchemy speaks to PostgreSQL over a ``Wire``: two dialects that share connections."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg, PGExecutionContext_psycopg

from libs.common.cursor import Brief


class Context(PGExecutionContext_psycopg):
    """One statement of SQLAlchemy's being executed."""

    def create_default_cursor(self) -> Any:
        wire: Any = self._dbapi_connection.driver_connection
        return Brief(wire)


class Looking(PGDialect_psycopg):
    """Over connections that have no transactions."""

    NAME = "looking"
    supports_statement_cache = True
    execution_ctx_cls = Context


class SayingBegin(Looking):
    """Says itself where a transaction begins, on connections which would have none: so looks and acts share them.

    SQLAlchemy's own way is to ask the driver for one or the other whenever a connection is taken and given back, and to
    look for who listens to that at each statement: half again what a look of one statement costs.
    """

    NAME = "saying_begin"
    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        dbapi_connection.begin()


for _each in (Looking, SayingBegin):
    sa.dialects.registry.register(f"postgresql.{_each.NAME}", __name__, _each.__name__)
