"""Keeps a set of our own processes running until told to stop: one that dies is started again, with growing pauses."""

import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from libs.local.process import Process

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
STEADY_S = 30.0  #: a process that ran this long starts again at once


@dataclass
class Child:
    """One process to keep: how it is started, and when it was last."""

    name: str
    args: Sequence[str | Path]
    log: Path
    env: Mapping[str, str]
    process: Process | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_S

    def start(self) -> None:
        self.process = Process(self.args, log=self.log, env=self.env)
        self.started = time.monotonic()


@dataclass
class Supervisor:
    """Starts in order, stops in reverse. Use it from the main thread: it owns SIGTERM and SIGINT."""

    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    restarts: int = 0

    def add(self, name: str, args: Sequence[str | Path], *, log: Path, env: Mapping[str, str]) -> Child:
        child = Child(name, args, log, env)
        self.children.append(child)
        child.start()
        return child

    def pids(self) -> dict[str, int]:
        return {child.name: child.process.pid for child in self.children if child.process is not None}

    def take_signals(self) -> None:
        """SIGTERM and Ctrl-C ask for an orderly end; a second one changes nothing."""

        def asked(_number: int, _frame: FrameType | None) -> None:
            self.stopping.set()

        signal.signal(signal.SIGTERM, asked)
        signal.signal(signal.SIGINT, asked)

    def watch(self) -> None:
        """Returns when asked to stop; until then whatever dies is started again."""
        while not self.stopping.wait(0.2):
            for child in self.children:
                if child.process is not None and not child.process.alive:
                    self._again(child)

    def _again(self, child: Child) -> None:
        ran = time.monotonic() - child.started
        child.pause = FIRST_PAUSE_S if ran > STEADY_S else min(LONGEST_PAUSE_S, child.pause * 2)
        if self.stopping.wait(child.pause):
            return
        assert child.process is not None
        child.process.kill()  # what it left behind of its session
        self.restarts += 1
        child.start()

    def stop(self) -> None:
        for child in reversed(self.children):
            if child.process is not None and child.process.alive:
                child.process.stop(seconds=25)
