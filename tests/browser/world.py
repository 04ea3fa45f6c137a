"""The whole system with the demo company, as `./plumbline up` starts it."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from commands import ROOT
from libs.local.ports import free_port
from libs.local.process import Process

STARTS_S = 90


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Its address, until the end of the block; it does not outlive us however we end."""
    up = [sys.executable, "-m", "commands", "up", "--json", "--port", str(free_port()), "--data", str(folder / "data")]
    process = Process(up, log=folder / "up.log", env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT)
    try:
        yield _said(process)["url"]
    finally:
        process.stop()


def _said(process: Process) -> dict[str, str]:
    """The line that it prints once it is ready."""
    deadline = time.monotonic() + STARTS_S
    while True:
        alive = process.alive
        for line in process.log.read_text().splitlines(keepends=True):
            if line.startswith("{") and line.endswith("\n"):
                return json.loads(line)
        assert alive, process.log_tail()
        assert time.monotonic() < deadline, process.log_tail()
        time.sleep(0.05)
