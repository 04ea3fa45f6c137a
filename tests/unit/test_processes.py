"""A process that we start says its pid in a file, which others read while it is started anew."""

import os
from pathlib import Path

import pytest

from libs.local.process import Process


def test_who_reads_the_pid_while_it_is_written_reads_a_whole_one(tmp_path: Path) -> None:
    before = Process(["sleep", "60"], log=tmp_path / "it.log")
    with (tmp_path / "it.pid").open() as reader:  # opened just now, and not read yet
        os.kill(before.pid, 9)
        after = Process(["sleep", "60"], log=tmp_path / "it.log")
        assert int(reader.read().split()[0]) == before.pid
    assert int((tmp_path / "it.pid").read_text().split()[0]) == after.pid
    after.kill()
    assert [path.name for path in tmp_path.iterdir()] == ["it.log"]
    before.kill()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777], ids=oct)
@pytest.mark.parametrize("before", [None, 0o644], ids=["new", "kept"])
def test_what_it_says_is_its_owners_to_read_whatever_the_umask(tmp_path: Path, umask: int, before: int | None) -> None:
    log = tmp_path / "it.log"
    if before:
        log.touch()
        log.chmod(before)

    usual = os.umask(umask)
    try:
        it = Process(["true"], log=log)
    finally:
        os.umask(usual)

    it.wait(10)
    assert log.stat().st_mode & 0o777 == 0o600
