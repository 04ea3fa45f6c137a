"""Statements straight to PostgreSQL's driver: in its own words, or SQLAlchemy's that are put into them once.

SQLAlchemy finds out anew each time what it compiled a statement to and what columns its result has: for statements that
are short and many, that took longer than running them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData

from libs.common.wire import Wire

Given = Mapping[str, Any]
POSTPONED = "__[POSTCOMPILE_"  #: where SQLAlchemy writes as many parameters as a list is long, each time
LISTED = re.compile(rf" (NOT )?IN \({re.escape(POSTPONED)}(\w+?)(?:~~[^\]]*)?\]\)")


def run(connection: sa.Connection, statement: str, given: Given) -> list[tuple[Any, ...]]:
    """Its rows; none where it has no result. ``statement`` names its parameters as psycopg does: ``%(name)s``.

    Raises what SQLAlchemy would.
    """
    return _wire(connection).rows(ask(connection, statement, given))


def ask(connection: sa.Connection, statement: str, given: Given) -> Any:
    """What the server answers, as libpq has it."""
    try:
        return _wire(connection).ask(statement, given)
    except psycopg.Error as trouble:
        # SQLAlchemy's own way to say it: it knows which connections are lost by it, and who listens.
        connection._handle_dbapi_exception(trouble, statement, given, None, None)


def leave(connection: sa.Connection, statement: str, given: Given) -> None:
    """Said with what follows in its transaction, at last with the COMMIT, which then raises what is wrong with it."""
    try:
        _wire(connection).leave(statement, given)
    except psycopg.Error as trouble:
        connection._handle_dbapi_exception(trouble, statement, given, None, None)


def _wire(connection: sa.Connection) -> Wire:
    driver: Wire = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


# -- SQLAlchemy's statements


class Words(NamedTuple):
    """A statement as the driver understands it."""

    text: str
    usual: Given  #: parameters that it says itself
    said: Sequence[tuple[str, Any]]  #: parameters that are put otherwise for the driver, and how
    columns: Sequence[tuple[str, Any]]  #: of its result: names and types

    def parameters(self, given: Given) -> dict[str, Any]:
        every = {**self.usual, **given}
        for name, put in self.said:
            every[name] = put(every[name])
        return every


class Answer(IteratorResult[Any]):
    """As SQLAlchemy's own."""

    rowcount: int


#: by statement and named parameters; None for one that SQLAlchemy itself has to say. The first time it is not here:
#: compiling one that is made anew each time would cost more than all the rest
_words: WeakKeyDictionary[Any, dict[Any, Words | None]] = WeakKeyDictionary()
_metadata: WeakKeyDictionary[Any, SimpleResultMetaData] = WeakKeyDictionary()


def execute(connection: sa.Connection, statement: Any, given: Any = None) -> Any:
    """What ``connection.execute`` answers, and as it does; a statement that was seen before takes half as long."""
    one = given[0] if isinstance(given, list) and len(given) == 1 else given or {}
    words = None if isinstance(one, list) else _known(connection, statement, one)
    if words is None:
        return connection.execute(statement, given)
    answer = ask(connection, words.text, words.parameters(one))
    metadata = _metadata.get(statement)
    if metadata is None:
        _metadata[statement] = metadata = _result(connection, words, answer)
    result = Answer(metadata, iter(_wire(connection).rows(answer)))
    result.rowcount = answer.command_tuples or 0
    return result


def change(connection: sa.Connection, statement: Any, rows: Sequence[Given]) -> None:
    """The same once for each, of a statement without a result: as ``leave``."""
    words = _known(connection, statement, rows[0])
    if words is None or words.columns:
        connection.execute(statement, rows)
        return
    for row in rows:
        leave(connection, words.text, words.parameters(row))


def _known(connection: sa.Connection, statement: Any, given: Given) -> Words | None:
    if connection.dialect.name != "postgresql":
        return None
    known = _words.get(statement)
    if known is None:
        _words[statement] = {}
        return None
    names = tuple(given) if statement.is_dml else ()
    if names not in known:
        known[names] = _in_words(connection, statement, names)
    return known[names]


def _in_words(connection: sa.Connection, statement: Any, names: tuple[str, ...]) -> Words | None:
    if statement.get_execution_options() or isinstance(statement, sa.TextClause):
        return None
    compiled: Any = statement.compile(dialect=connection.dialect, column_keys=list(names) or None)
    text, put = LISTED.sub(_as_array, compiled.string), compiled._bind_processors
    made = statement.is_dml and (compiled.insert_prefetch or compiled.update_prefetch)
    lists = {compiled.bind_names[bind] for bind in compiled.post_compile_params}
    if (
        made
        or any(bind.callable is not None for bind in compiled.bind_names)
        or POSTPONED in text
        or lists & put.keys()
        or compiled.literal_execute_params
        or compiled.escaped_bind_names
    ):
        return None
    usual = {name: bind.effective_value for bind, name in compiled.bind_names.items() if not bind.required}
    columns = tuple((entry.keyname, entry.type) for entry in compiled._result_columns)
    return Words(text, usual, tuple(put.items()), columns)


def _as_array(found: "re.Match[str]") -> str:
    return f" {'<> ALL' if found[1] else '= ANY'}(%({found[2]})s)"


def _result(connection: sa.Connection, words: Words, answer: Any) -> SimpleResultMetaData:
    """What SQLAlchemy has to know of a result: the names of its columns, and what its types make of their values."""
    made = [
        kind._cached_result_processor(connection.dialect, answer.ftype(at))
        for at, (_, kind) in enumerate(words.columns)
    ]
    return SimpleResultMetaData([name for name, _ in words.columns], _processors=made if any(made) else None)
