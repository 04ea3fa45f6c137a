"""The processes of a crash world: forked by the launcher, watched by their pids, and each death in a book."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.system.crash_points import POINTS

ROOT = Path(__file__).parents[2]
ENDS_S = 60.0


class Processes:
    """``about`` says role, service and environment of a process by name, ``around`` what all of them find in theirs.

    ``port``: where the api is reached.
    """

    def __init__(self, folder: Path, about: Callable[[str], dict[str, Any]], around: Mapping[str, str]) -> None:
        self.folder, self.about = folder, about
        self.pids: dict[str, int] = {}
        self.plan: list[str] = []  #: where the doomed one dies, and where it does so once started again
        self.doomed = ""
        self._deaths = folder / "deaths"
        self._deaths.touch()
        command = [sys.executable, "-m", "tests.system.crash_launcher"]
        self._launcher = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **around}
        )
        self.port = int(self._said()["port"])

    def _said(self) -> dict[str, Any]:
        assert self._launcher.stdout is not None
        said: dict[str, Any] = json.loads(self._launcher.stdout.readline())
        return said

    def start(self, process: str) -> None:
        """Anew, on the same data. The doomed one dies at its plan's next point."""
        crash_at = self.plan.pop(0) if process == self.doomed and self.plan else ""
        told = self.about(process)
        if crash_at:
            point = POINTS[crash_at.partition(":")[0]]
            told["service"], _, told["part"] = point.dies.partition("-")
        log, deaths = self.folder / f"{process}.log", self._deaths
        line = json.dumps({**told, "crash_at": crash_at, "log": str(log), "deaths": str(deaths)})
        assert self._launcher.stdin is not None
        self._launcher.stdin.write(line + "\n")
        self._launcher.stdin.flush()
        self.pids[process] = self._said()["pid"]

    def dead(self, process: str, within: float = 0.0) -> bool:
        """Whether it is, or will be in so many seconds."""
        try:
            handle = os.pidfd_open(self.pids[process])
        except (KeyError, ProcessLookupError):
            return True
        try:
            return bool(select.select([handle], [], [], within)[0])
        finally:
            os.close(handle)

    def end(self, process: str) -> None:
        with suppress(KeyError, ProcessLookupError):
            os.kill(self.pids[process], signal.SIGKILL)
        assert self.dead(process, within=ENDS_S)

    def died(self) -> list[str]:
        """At which points processes have died, in order."""
        return [line.split()[1] for line in self._deaths.read_text().splitlines()]

    def last_to_die(self) -> int:
        """Whoever died at a point last, or is about to be gone."""
        return int(self._deaths.read_text().splitlines()[-1].split()[0])

    def last_words(self) -> str:
        return "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        assert self._launcher.stdin is not None
        assert self._launcher.stdout is not None
        self._launcher.stdin.close()  # the launcher ends, and its children with it
        self._launcher.wait(ENDS_S)
        self._launcher.stdout.close()
        for process in self.pids:
            assert self.dead(process, within=ENDS_S)
