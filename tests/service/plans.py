"""What SQLite does for the questions that it is asked.

It knows nothing of what is in a table, so what it does with thousands of records is seen in an empty one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from embedded.testing import Bench


@contextmanager
def asked(bench: Bench, *words: str) -> Iterator[list[list[str]]]:
    """Within, a bench of one service is at work; behind it, its steps for each question with such a word in it."""
    [part] = bench.system.parts.values()
    heard: list[tuple[str, Any]] = []
    plans: list[list[str]] = []

    def hear(*said: Any) -> None:
        heard.append((said[2], said[3]))

    engine = part.store.database.engine
    sa.event.listen(engine, "before_cursor_execute", hear)
    try:
        yield plans
    finally:
        sa.event.remove(engine, "before_cursor_execute", hear)
    questions = [
        one for one in heard if one[0].startswith(("SELECT", "DELETE")) and all(word in one[0] for word in words)
    ]
    with engine.connect() as connection:
        explained = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given) for text, given in questions]
        plans += [[row.detail for row in rows] for rows in explained]
