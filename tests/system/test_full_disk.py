"""A database server whose disk is full: said plainly, nothing that was promised is lost, and room is all it needs."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from commands import ROOT
from libs.common import orm
from libs.common.errors import Unavailable
from libs.common.store import Store
from libs.local.ports import free_port
from tests.contract.throwaway import (
    Thing,
    make,
    maker,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)
from tests.system.distributed_world import until
from tests.system.faulty_servers import Server

SIZE = "160M"
SMALL = {"max_wal_size": "32MB", "min_wal_size": "32MB"}


@contextlib.contextmanager
def small_disk(folder: Path, size: str = SIZE) -> Iterator[Path]:
    """A file system of its own, which only root may mount: others are told that this was not tried."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount the small disk that this test fills")
    folder.mkdir(mode=0o755)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"root of this container cannot mount the small disk that this test fills: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="plumbline-test-") as made:
        Path(made).chmod(0o755)
        with small_disk(Path(made) / "disk") as disk:
            (disk / "postgres").mkdir()
            server = Server(disk / "postgres", Path(made) / "postgres.log", SMALL)
            server.start()
            yield server
            server.stop()


@pytest.fixture
def store(server: Server) -> Iterator[Store]:
    database = orm.connect(server.create_database("maker", "maker", "secret"))
    yield maker(database)
    database.dispose()


def made(store: Store, note: str) -> UUID:
    with store.begin() as tx:
        ident = make(tx, note)
    return ident  # noqa: RET504 - it is made when the block has ended


def test_a_full_disk_is_named_and_with_room_again_everything_promised_is_there(server: Server, store: Store) -> None:
    disk = server._place.parent
    filling = disk / "somebody else's"
    promised: list[UUID] = []
    told = ""
    filling.write_bytes(b"\0" * (shutil.disk_usage(disk).free - 3_000_000))
    for _ in range(3000):
        try:
            promised.append(made(store, os.urandom(5_000).hex()))
        except Unavailable as full:
            told = full.detail
            break

    assert told == "the database is short of space on its disk"
    filling.unlink()
    before = len(promised)

    def goes_on() -> bool:
        with contextlib.suppress(Unavailable):
            promised.append(made(store, "with room again"))
        return len(promised) > before

    until(goes_on, "work goes on")
    with store.reading() as tx:
        assert set(tx.session.scalars(sa.select(Thing.id))) == set(promised)
        facts = sa.select(sa.func.count()).where(store.tables.outbox.c.published_at.is_(None))
        assert tx.execute(facts).scalar_one() == len(promised)


@pytest.mark.parametrize("size", ["1M", "3M"])
def test_who_starts_a_system_where_there_is_no_room_hears_so(tmp_path: Path, size: str) -> None:
    with small_disk(tmp_path / "disk", size) as disk:
        command = [sys.executable, "-m", "commands", "up", "--port", str(free_port()), "--data", str(disk / "data")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 3, done.stderr
    assert done.stderr.splitlines()[-1] == f"plumbline: the disk of {disk / 'data'} is full; make room, and start again"
    assert "Traceback" not in done.stderr
