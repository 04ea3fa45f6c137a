"""A condition on records that are found by their order or by another condition, so that no index is looked into for it.

Where Plumbline runs on SQLite, that knows nothing of what is in a table: it takes any index to find ten records, reads
half of all there are by one on the branch, and sorts them. PostgreSQL finds out for itself.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import coercions, roles
from sqlalchemy.sql.visitors import InternalTraversal, replacement_traverse


class AsRead(sa.ColumnElement[Any]):
    """A column that SQLite is told not to look for by an index."""

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012 - as SQLAlchemy declares it

    def __init__(self, column: Any) -> None:
        self.column, self.type = coercions.expect(roles.ExpressionElementRole, column), column.type


@compiles(AsRead)
def _as_it_is(element: AsRead, compiler: Any, **more: Any) -> str:
    return str(compiler.process(element.column, **more))


@compiles(AsRead, "sqlite")
def _as_an_expression(element: AsRead, compiler: Any, **more: Any) -> str:
    return f"+{compiler.process(element.column, **more)}"


def as_read(kind: type[Any], expression: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The same of a record of this kind that has been found."""
    table = sa.inspect(kind).local_table

    def plain(element: Any, **_: Any) -> Any:
        return AsRead(element) if isinstance(element, sa.Column) and element.table is table else None

    found: sa.ColumnElement[Any] = replacement_traverse(expression, {}, plain)
    return found
