"""SQLite keeps the promises that every store makes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common import orm
from libs.common.errors import Unavailable
from libs.common.store import Store
from tests.contract.store_suite import StoreSuite
from tests.contract.throwaway import (
    maker,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)


class TestSqliteStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        database = orm.connect(f"sqlite:///{tmp_path / 'maker.db'}")
        yield maker(database)
        database.dispose()

    def test_a_writer_that_waits_too_long_is_told_to_come_again(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(orm, "LOCK_WAIT_S", 0.01)
        with store.database.writing(), pytest.raises(Unavailable), store.database.writing():
            pass
        with store.begin() as tx:  # and the turn is free again
            assert tx.count("turns") == 1

    def test_readers_do_not_wait_for_a_writer(self, store: Store) -> None:
        with store.begin() as writing, store.reading() as reading:
            writing.count("turns")
            assert reading.session.execute(store.tables.counters.select()).all() == []
