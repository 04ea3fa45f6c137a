"""What operators do about parked facts, over PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from libs.common import orm
from libs.common import parked as operators
from libs.common.orm import Database
from tests.contract.parked_suite import Desk, ParkedSuite
from tests.system.postgres_world import until_one_waits


class TestParkedOnPostgres(ParkedSuite):
    @pytest.fixture
    def databases(self, new_database: Callable[[str], str]) -> Iterator[tuple[Database, ...]]:
        made = tuple(orm.connect(new_database(name)) for name in ("maker", "taker", "late"))
        yield made
        for one in made:
            one.dispose()

    @pytest.mark.parametrize("act", ["replay", "discard"])
    def test_of_two_who_decide_at_once_the_second_finds_nothing_to_decide_about(self, desk: Desk, act: str) -> None:
        _, parked = desk.stumble("made", "bad", "after")
        said: list[Any] = []
        second = threading.Thread(target=lambda: said.append(desk.call("POST", f"taker/parked/{parked['id']}/{act}")))
        with desk.taker.store.begin() as tx:
            operators.replay(tx, int(parked["id"]))
            second.start()
            until_one_waits(desk.taker.store.database.engine)

        second.join()
        assert [one.status_code for one in said] == [404]
        assert [list(changes) for _, _, changes in desk.audited()] == [["replayed"]]
