"""A broker and a database server that stay at their ports, so that they can be stopped, frozen and wiped."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from libs.local.debian import tree_of
from libs.local.ports import free_port, free_ports
from libs.local.postgres import Postgres
from libs.local.process import Process, Program
from libs.local.rabbit import Rabbit

CTL_S = 180
KEEPS_ITS_WORD = {"synchronous_commit": "on"}  #: other tests' servers are never stopped in the middle


class Node(Rabbit):
    """A RabbitMQ node."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        super().__init__(home, tree_of("rabbitmq-server"), durable=False)
        self.ports = free_ports(4)
        self._map, self._run = self.programs(self.ports)

    def begin(self) -> None:
        """It takes its time to be ready."""
        self._mapper, self._process = self._map.start(), self._run.start()

    def start(self, *, seconds: float = 90) -> None:
        self.begin()
        self.await_ready(self._process, seconds=seconds)

    def ctl(self, *words: str) -> str:
        """What `rabbitmqctl` says; it runs beside the node, and takes two seconds."""
        program = self._server.parent / "rabbitmqctl"
        command = [str(program), "-q", "-n", self._node, *words]
        done = subprocess.run(command, env=self._run.env, capture_output=True, text=True, timeout=CTL_S, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Killed, and started again after the block."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def wipe(self) -> None:
        """Everything is gone: messages, queues, users. It starts as it did the first time."""
        self.kill()
        shutil.rmtree(self._home / "mnesia")
        self.start()


class Server(Postgres):
    """A PostgreSQL server."""

    def __init__(self, place: Path, log: Path, settings: dict[str, str] | None = None) -> None:
        super().__init__(place, tree_of("postgresql"), durable=False, log=log)
        self._kept, self._settings = free_port(), {**KEEPS_ITS_WORD, **(settings or {})}

    def program(self, port: int) -> Program:
        told = super().program(self._kept)
        more = [word for key, value in self._settings.items() for word in ("-c", f"{key}={value}")]
        return replace(told, args=[*told.args, *more])

    def start(self, *, seconds: float = 60) -> None:
        self._process: Process = self.program(self._kept).start()
        self.await_ready(self._process, seconds=seconds)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Neither the server nor any of its processes does anything, while all their connections stay open."""
        pids = [self.pid, *self._children()]
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def away(self, seconds: float = 0.0) -> Iterator[float]:
        """Stopped as by a power cut; started again after the block, and no sooner than after so many seconds."""
        began = time.monotonic()
        self.stop("immediate")
        try:
            yield began
            while time.monotonic() < began + seconds:
                time.sleep(0.05)
        finally:
            self.start()

    def _children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
