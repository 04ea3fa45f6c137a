"""A cursor that tells of its columns what SQLAlchemy asks for: name and type, looked up once a result.

psycopg's own makes an object of each column with all that is known of its type, every time it is asked, and SQLAlchemy
asks twice a statement: with records of thirty columns that was a fourteenth of an api's time.
"""

from typing import Any

import psycopg

REST = (None,) * 5  #: sizes, precision, scale and whether it may be null, as the DB-API lists them


class Brief(psycopg.Cursor[Any]):
    """Its ``description`` is of plain tuples."""

    _told: tuple[Any, list[tuple[Any, ...]]] | None = None

    @property
    def description(self) -> Any:
        result = self.pgresult
        if result is None or not result.nfields:
            return super().description
        if self._told is None or self._told[0] is not result:
            names = [(result.fname(at) or b"").decode() for at in range(result.nfields)]
            self._told = result, [(name, result.ftype(at), *REST) for at, name in enumerate(names)]
        return self._told[1]
