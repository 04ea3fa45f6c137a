"""A process that we start says its pid in a file, which others read while it is started anew."""

import os
from pathlib import Path

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
