"""SQLite keeps the promises that every store makes."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from libs.common import fairlock, orm
from libs.common.errors import Unavailable
from libs.common.store import Store
from tests.contract.store_suite import StoreSuite
from tests.contract.throwaway import (
    make,
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
        monkeypatch.setattr(fairlock, "LOCK_WAIT_S", 0.01)
        with store.database.writing(), pytest.raises(Unavailable), store.database.writing():
            pass
        with store.begin() as tx:  # and the turn is free again
            assert tx.count("turns") == 1

    def test_writers_have_their_turns_one_after_the_other_in_the_order_in_which_they_came(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        writing, waiting = store.database.writing, store.database.turn._queue
        had, writes, done = list[int](), threading.Event(), threading.Event()

        def write(number: int) -> None:
            with writing():
                had.append(number)
                writes.set()
                assert done.wait(60)

        with ThreadPoolExecutor(3) as others:
            with writing():
                for number in range(3):
                    others.submit(write, number)
                    while len(waiting) <= number:
                        done.wait(0.001)
            assert writes.wait(60)
            monkeypatch.setattr(fairlock, "LOCK_WAIT_S", 0.01)
            with pytest.raises(Unavailable), writing():
                pass
            done.set()

        assert had == [0, 1, 2]

    def test_whose_turn_comes_in_the_moment_in_which_they_give_up_have_it(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class TooLate(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                super().wait(timeout)
                return False

        monkeypatch.setattr(fairlock, "threading", SimpleNamespace(Event=TooLate))
        for count in (1, 2):
            with store.begin() as tx:
                assert tx.count("turns") == count

    def test_whoever_finds_the_file_taken_by_another_process_is_told_to_come_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(orm, "LOCK_WAIT_S", 0.01)
        database = orm.connect(f"sqlite:///{tmp_path / 'taken.db'}")
        store = maker(database)
        with contextlib.closing(sqlite3.connect(tmp_path / "taken.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="does not answer"), store.begin() as tx:
                tx.count("turns")
            with store.reading() as tx:  # who only looks does not wait
                assert tx.session.execute(store.tables.counters.select()).all() == []
            other.execute("ROLLBACK")
        with store.begin() as tx:
            assert tx.count("turns") == 1
        database.dispose()

    def test_a_disk_without_room_is_named(self, store: Store) -> None:
        with store.begin() as tx:
            make(tx, "there is room")
        full = "PRAGMA max_page_count = 1"  # it may grow no more
        sa.event.listen(store.database.engine, "checkout", lambda raw, *_: raw.execute(full))

        with pytest.raises(Unavailable, match="short of space on its disk"), store.begin() as tx:
            make(tx, "too much" * 1000)

    def test_readers_do_not_wait_for_a_writer(self, store: Store) -> None:
        with store.begin() as writing, store.reading() as reading:
            writing.count("turns")
            assert reading.session.execute(store.tables.counters.select()).all() == []


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_nobody_else_may_read_its_files_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    with opened(tmp_path):
        assert rights(tmp_path) == {"maker.db": 0o600, "maker.db-wal": 0o600, "maker.db-shm": 0o600}


def test_files_that_others_could_read_are_closed_to_them_when_they_are_opened(tmp_path: Path) -> None:
    with opened(tmp_path):
        left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}  # as a process leaves them that is killed
    for name, content in left.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o644)

    with opened(tmp_path):
        assert rights(tmp_path) == {"maker.db": 0o600, "maker.db-wal": 0o600, "maker.db-shm": 0o600}


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[None]:
    database = orm.connect(f"sqlite:///{folder / 'maker.db'}")
    with maker(database).begin() as tx:
        tx.count("turns")
    yield
    database.dispose()


def rights(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
