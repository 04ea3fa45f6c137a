"""A cursor that does for SQLAlchemy what it asks of one, and nothing that it does not.

psycopg's own prepares for whatever may be asked of it, and makes an object of each column with all that is known of its
type each time that it is asked; SQLAlchemy asks twice a statement, mostly only whether there are any: of a statement
that it has run before it knows the columns.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from libs.common.wire import Wire

PLAIN = ("SELECT ", "WITH ", "INSERT ", "UPDATE ", "DELETE ")
REST = (None,) * 5  #: sizes, precision, scale and whether it may be null, as the DB-API lists them


class Columns(Sequence[tuple[Any, ...]]):
    """What the DB-API calls a description: a plain tuple a column, made when it is looked at."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def __len__(self) -> int:
        return int(self._result.nfields)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        name = self._result.fname(at)
        if name is None:
            raise IndexError(at)
        return (name.decode(), self._result.ftype(at), *REST)


class Brief:
    """The DB-API's cursor."""

    arraysize = 1

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._answer: Any = None
        self._rows: Iterator[tuple[Any, ...]] | None = None
        self.rowcount = -1

    @property
    def description(self) -> Columns | None:
        return Columns(self._answer) if self._answer is not None and self._answer.nfields else None

    def execute(self, statement: str, given: Mapping[str, Any]) -> None:
        if given or (statement.startswith(PLAIN) and ";" not in statement):
            self._told(self._wire.ask(statement, given))
        else:  # it may be several in one, or none that can be prepared
            self._told(self._wire.cursor().execute(statement, given).pgresult)

    def executemany(self, statement: str, given: Sequence[Mapping[str, Any]]) -> None:
        answers = self._wire.ask_each(statement, given)
        self._told(answers[-1])
        self.rowcount = sum(answer.command_tuples or 0 for answer in answers)

    def _told(self, answer: Any) -> None:
        self._answer, self._rows = answer, None
        told = None if answer is None else answer.command_tuples
        self.rowcount = -1 if told is None else told

    def _every(self) -> Iterator[tuple[Any, ...]]:
        if self._rows is None:
            self._rows = iter(self._wire.rows(self._answer))
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._every(), None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        return list(itertools.islice(self._every(), size or self.arraysize))

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._every())

    def close(self) -> None:
        self._answer = self._rows = None
