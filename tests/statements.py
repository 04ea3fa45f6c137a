"""What is asked of a database, in the order in which it is asked: for tests of how, and of how often."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from libs.common import direct
from libs.common.orm import Database


@contextmanager
def hearing(database: Database, before: Callable[[str], object] = lambda _: None) -> Iterator[list[tuple[str, Any]]]:
    """The statements from here on, each with its parameters; ``before`` is called as each of them begins."""
    asked: list[tuple[str, Any]] = []
    engines = {database.engine} if database.sqlite else {database.engine, database.reader}
    straight = {name: getattr(direct, name) for name in ("ask", "leave")}

    def hear(_connection: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        asked.append((statement, given))
        before(statement)

    def say(how: str, connection: sa.Connection, statement: str, given: Any) -> Any:
        if connection.engine in engines:
            hear(connection, None, statement, given)
        return straight[how](connection, statement, given)

    with pytest.MonkeyPatch.context() as patch:
        for how in straight:
            patch.setattr(direct, how, partial(say, how))
        for engine in engines:
            sa.event.listen(engine, "before_cursor_execute", hear)
        yield asked
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", hear)
