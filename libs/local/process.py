"""Child processes that end with us, however we end."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.local.nursery import Copy, Nursery, dying_with

SAID = "plumbline: "  #: how a line to the user begins
LAST = 1 << 16  #: bytes of a log in which its last lines are
AGAIN_S = 2.0  #: whoever is told to stop is told so again after so long


class Process:
    """A program in a session of its own, writing to a log file that nobody else reads: it may name people.

    The kernel signals it when we die, kill -9 included. To the kernel, "we" is the *thread* that started it: start
    processes from a thread that lives as long as they shall.
    """

    def __init__(
        self,
        args: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        stop_signal: int = signal.SIGTERM,
        nursery: Nursery | None = None,
        held: tuple[int, ...] = (),
    ) -> None:
        """``user``: whom to become, root only. ``stop_signal``: what ends it orderly, sent when we die too.

        ``nursery``: what copies itself for it, where ``args`` are Python, ``-m``, a module and its arguments.
        """
        self.log, self.stop_signal = log, stop_signal
        self._pid_file = log.with_suffix(".pid")
        end_predecessor(self._pid_file)
        log.touch(mode=0o600)
        log.chmod(0o600)
        self._before = log.stat().st_size  # what those before it said
        self._child: Copy | subprocess.Popen[bytes]
        if nursery is None:
            self._child = _executed(
                [str(arg) for arg in args], log, stop_signal, env=env, cwd=cwd, pass_fds=held, **identity(user)
            )
        else:
            _, _, module, *arguments = map(str, args)
            told = {"module": module, "arguments": arguments, "env": dict(env or os.environ), "name": log.stem}
            self._child = nursery.start({**told, "log": str(log), "stop_signal": stop_signal})
        self.pid = self._child.pid
        unfinished = self._pid_file.with_suffix(".pid.new")
        unfinished.write_text(f"{self.pid} {_started(self.pid)}")
        unfinished.rename(self._pid_file)  # who reads it meanwhile finds one of the two, whole

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    @property
    def code(self) -> int | None:
        """What it exited with; None while it lives."""
        return self._child.poll()

    def ask_to_stop(self, stop_signal: int | None = None) -> None:
        """Says so and does not wait."""
        if self.alive:
            self._child.send_signal(stop_signal or self.stop_signal)

    def stop(self, *, seconds: float = 30, stop_signal: int | None = None, asked: bool = False) -> None:
        """Ends it orderly, unless it was ``asked`` already; after so many seconds with SIGKILL. What it started itself
        goes with it."""
        if not asked:
            self.ask_to_stop(stop_signal)
        deadline = time.monotonic() + seconds
        while self.alive and (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(min(left, AGAIN_S))
            self.ask_to_stop(stop_signal)  # who was just starting did not hear it: RabbitMQ has no ears at first
        self.kill()

    def wait(self, seconds: float) -> int:
        """The exit code of a program that ends by itself; killed when it does not in time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)
        self.kill()
        return self._child.wait()

    def kill(self) -> None:
        """SIGKILL for the whole session, and wait."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._child.wait()
        self._pid_file.unlink(missing_ok=True)

    def log_tail(self, lines: int = 20) -> str:
        """The end of what it said itself, however long the log is."""
        with self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._before if self._before <= end else 0, end - LAST))  # somebody may have emptied it
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])

    def last_words(self) -> str:
        """What it said of itself in plain words before it ended; "" if it did not come to that."""
        plain: list[str] = []
        for line in reversed(self.log_tail().splitlines()):
            if not line.startswith(SAID):
                break
            plain.insert(0, line.removeprefix(SAID))
        return "\n".join(plain)


@dataclass(frozen=True)
class Program:
    """All that is needed to start a process, and to start it again."""

    args: Sequence[str | Path]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    nursery: Nursery | None = None
    held: tuple[int, ...] = ()  #: what is open here and stays so in it, under the same number

    def start(self) -> Process:
        return Process(
            self.args,
            log=self.log,
            env=self.env,
            cwd=self.cwd,
            user=self.user,
            stop_signal=self.stop_signal,
            nursery=self.nursery,
            held=self.held,
        )


def _executed(args: Sequence[str], log: Path, stop_signal: int, **how: Any) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        return subprocess.Popen(
            args,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=dying_with(os.getpid(), stop_signal),  # noqa: PLW1509 - calls prctl only
            **how,
        )


def end_predecessor(pid_file: Path, *, seconds: float = 15) -> None:
    """Waits for what a killed owner of this folder had started: it got its signal then and is on its way out.

    What outlived the first process of its session got none, and may still hold a port: it is killed.
    """
    try:
        pid, started = pid_file.read_text().split()
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + seconds
    while (now := _started(int(pid))) == started or (not now and _left(int(pid))):
        if not now or time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(pid), signal.SIGKILL)
        time.sleep(0.05)


def _left(session: int) -> bool:
    """Whether anything of this session lives, its first process being gone."""
    return any(
        stat is not None and stat[3] == str(session) and _lives(stat)
        for stat in map(_stat, Path("/proc").glob("[0-9]*"))
    )


def _started(pid: int) -> str:
    """When it was started, as a pid may be used again; "" where there is none any more."""
    stat = _stat(Path("/proc") / str(pid))
    return stat[19] if stat is not None and _lives(stat) else ""


def _stat(process: Path) -> list[str] | None:
    """proc(5): what follows the name, from the state on; None where it is gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _lives(stat: Sequence[str]) -> bool:
    """A zombie does as long as a thread of it does: one that waits for a disk keeps its port and its files."""
    return stat[0] != "Z" or int(stat[17]) > 1


def identity(user: str | None) -> dict[str, Any]:
    """For subprocess: to become this user and nothing more, which only root can; None changes nothing."""
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
