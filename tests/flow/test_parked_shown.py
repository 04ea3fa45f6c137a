"""What an operator is shown of a message that could not be applied: a part of it, and nothing that a terminal obeys."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from commands import ROOT
from tests.flow.stopped import Stopped


@pytest.fixture
def stopped(tmp_path: Path) -> Stopped:
    return Stopped(tmp_path)


def test_of_a_large_one_the_beginning_is_shown_and_where_the_whole_is(stopped: Stopped) -> None:
    large = json.dumps({"type": "plumbline.lead.validated.v1", "data": "x" * 1_000_000}).encode()
    stopped.junk("bookings", large)

    shown = stopped.run("parked", "show", "bookings:1")

    assert "plumbline.lead.validated.v1" in shown.stdout
    assert len(shown.stdout) < 6_000
    assert f"{len(large):,} bytes in all; the whole: --raw" in shown.stderr
    assert stopped.run("parked", "show", "bookings:1", "--raw").stdout_bytes == large


def test_nothing_that_came_from_elsewhere_is_obeyed_by_a_terminal(stopped: Stopped) -> None:
    stopped.junk("bookings", b'{"type": "\\u009b2J", "data": "\x7f"}')
    stopped.junk("bookings", b"\x1b[2J")
    for words in (("list",), ("show", "bookings:1"), ("show", "bookings:2")):
        assert not set(stopped.run("parked", *words).stdout) & {"\x1b", "\x7f", "\x9b"}

    ours, theirs = pty.openpty()
    try:
        command = [sys.executable, "-m", "commands", "parked", "show", "bookings:2", "--raw", "--data", stopped.data]
        done = subprocess.run(command, cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(theirs)
        os.close(ours)
    assert (done.returncode, "add > FILE" in done.stderr) == (1, True), done.stderr
