"""A process that we start says its pid in a file, which others read while it is started anew."""

import os
import sys
import time
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


HARD_OF_HEARING = """
import signal, sys
heard = []
signal.signal(signal.SIGTERM, lambda *_: heard.append(1) or (len(heard) > 1 and sys.exit(7)))
print("ready", flush=True)
while True:
    signal.pause()
"""


def test_who_did_not_hear_that_it_is_to_stop_is_told_again(tmp_path: Path) -> None:
    """As a broker that is just starting."""
    it = Process([sys.executable, "-c", HARD_OF_HEARING], log=tmp_path / "it.log")
    deadline = time.monotonic() + 30
    while "ready" not in it.log_tail():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    it.stop(seconds=20)
    assert it.code == 7, "it ended by itself"
