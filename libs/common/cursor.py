"""A cursor that tells of its columns what SQLAlchemy asks for: name and type, and only if it does look.

psycopg's own makes an object of each column with all that is known of its type, every time it is asked, and SQLAlchemy
asks twice a statement, mostly only whether there are any: of a statement that it has run before it knows the columns.
With records of thirty columns that was a fourteenth of an api's time.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

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


class Brief(psycopg.Cursor[Any]):
    """Its ``description`` is of plain tuples."""

    @property
    def description(self) -> Any:
        result = self.pgresult
        return Columns(result) if result is not None and result.nfields else super().description
