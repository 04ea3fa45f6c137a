"""Keeps a set of our own processes running until told to stop: one that dies is started again, with growing pauses."""

import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from libs.local.process import Process, Program
from libs.local.progress import tell

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
STEADY_S = 10.0  #: a process that ran this long starts again at once: it did not die of its own start
GRACE_S = 25.0


@dataclass
class Child:
    """One process to keep: how it is started, when it was last, and when it will be again if it died."""

    name: str
    program: Program
    stage: int
    process: Process | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_S
    due: float | None = None

    def start(self) -> Process:
        self.process = self.program.start()
        self.started, self.due = time.monotonic(), None
        return self.process

    @property
    def dead(self) -> bool:
        return self.process is not None and not self.process.alive


@dataclass
class Supervisor:
    """Starts in order, stops stage by stage, the highest first. For the main thread: it owns SIGTERM and SIGINT."""

    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    restarts: int = 0

    def add(self, name: str, args: Sequence[str | Path], *, log: Path, env: Mapping[str, str], stage: int = 0) -> Child:
        return self.keep(name, Program(args, log=log, env=env), stage=stage)

    def keep(self, name: str, program: Program, *, stage: int = 0) -> Child:
        """Starts it now, and again whenever it dies. Those of one stage are told to stop at the same time."""
        child = Child(name, program, stage)
        child.start()
        self.children.append(child)
        return child

    def pids(self) -> dict[str, int]:
        return {child.name: child.process.pid for child in self.children if child.process is not None}

    def take_signals(self) -> None:
        """SIGTERM and Ctrl-C ask for an orderly end; a second one changes nothing."""

        def asked(_number: int, _frame: FrameType | None) -> None:
            if not self.stopping.is_set():
                tell("stopping; nothing is lost")
            self.stopping.set()

        signal.signal(signal.SIGTERM, asked)
        signal.signal(signal.SIGINT, asked)

    def watch(self) -> None:
        """Returns when asked to stop; until then whatever dies is started again."""
        while not self.stopping.wait(0.2):
            self.look()

    def look(self) -> None:
        """Starts again what has died and waited long enough; one that dies at once does not keep the others waiting."""
        now = time.monotonic()
        for child in self.children:
            if not child.dead:
                continue
            if child.due is None:
                steady = now - child.started > STEADY_S
                child.pause = FIRST_PAUSE_S if steady else min(LONGEST_PAUSE_S, child.pause * 2)
                child.due = now + child.pause
            if now >= child.due:
                assert child.process is not None
                child.process.kill()  # what it left behind of its session
                self.restarts += 1
                child.start()

    def stop(self) -> None:
        for stage in sorted({child.stage for child in self.children}, reverse=True):
            running = [child.process for child in reversed(self.children) if child.stage == stage and child.process]
            for process in running:
                process.ask_to_stop()
            deadline = time.monotonic() + GRACE_S
            for process in running:
                process.stop(seconds=max(0.0, deadline - time.monotonic()), asked=True)
