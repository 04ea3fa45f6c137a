"""The HTTP edge keeps its promises over PostgreSQL."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from libs.common import orm
from libs.common.orm import Database
from tests.contract.web_suite import BacklogSuite, WebSuite
from tests.contract.web_world import World, problem


class TestWebOnPostgres(WebSuite):
    @pytest.fixture
    def database(self, new_database: Callable[[str], str]) -> Iterator[Database]:
        database = orm.connect(new_database("boxes"), pool_size=10)
        yield database
        database.dispose()


class TestBacklogOnPostgres(BacklogSuite):
    @pytest.fixture
    def database(self, new_database: Callable[[str], str]) -> Iterator[Database]:
        database = orm.connect(new_database("boxes"), pool_size=10)
        yield database
        database.dispose()


@pytest.mark.parametrize(
    ("held", "answered"),
    [("LOCK boxes IN SHARE MODE", (503, "unavailable")), ("SELECT 1 FROM boxes FOR UPDATE", (409, "conflict"))],
    ids=["an index is built on the table", "somebody has the record"],
)
def test_who_waits_too_long_is_told_for_what(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, held: str, answered: tuple[int, str]
) -> None:
    monkeypatch.setattr(orm, "LOCK_WAIT_S", 0.1)
    database = orm.connect(new_database("boxes"))
    world = World(database)
    box = world.box()["id"]
    with database.engine.begin() as other:
        other.execute(sa.text(held))
        refused = world.post(f"/{box}/assign")
    problem(refused, *answered)
    assert refused.headers["Retry-After"]
    assert ("record" in refused.get_json()["detail"]) == (answered[0] == 409)
    database.dispose()
