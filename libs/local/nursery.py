"""A process that has loaded our modules and copies itself: a process that is started so is up in a tenth of the time.

python -m libs.local.nursery MODULE ... loads them, then reads a line of JSON a question and answers it with a number:
what is to be started, with its pid; which of those has ended, with its exit code. It holds no connection, no thread
and no secret; each copy gets its own environment, log, session and name.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
LONGEST_NAME = 15
LOST = 1  #: the exit code of a process of which nobody can say it any more
READY = "ready"


class Nursery:
    """The owner's side. One that has died is begun anew with the next start."""

    def __init__(self, modules: Sequence[str], *, log: Path, env: Mapping[str, str]) -> None:
        """Returns at once; who asks first waits until all is loaded."""
        self._modules, self._log, self._env = modules, log, env
        self._begin()

    def _begin(self) -> None:
        self._ready = False
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __spec__.name, *self._modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=self._env,
                start_new_session=True,
                preexec_fn=dying_with(os.getpid(), signal.SIGTERM),  # noqa: PLW1509 - calls prctl only
            )

    def start(self, told: Mapping[str, Any]) -> "Copy":
        """A copy that runs ``module`` with ``arguments`` and ``env``, writes to ``log`` and is called ``name``."""
        try:
            pid = self._ask(told)
        except OSError:
            self.end()
            self._begin()
            pid = self._ask(told)
        return Copy(self, pid)

    @property
    def present(self) -> object:
        """Which process it is now: another one after it has died."""
        return self._process

    def code_of(self, pid: int, parent: object) -> int:
        """What one that has ended exited with, as `subprocess` says it; only the process that copied itself knows."""
        if parent is not self._process:
            return LOST
        try:
            return self._ask({"ended": pid})
        except OSError:
            return LOST

    def end(self) -> None:
        """Those it started and that are still there are told to stop."""
        process = self._process
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()  # it reads no further question, and leaves
        process.wait()

    def _ask(self, question: Mapping[str, Any]) -> int:
        """Raises OSError when it is not there any more."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        if asked.closed:
            raise BrokenPipeError("the nursery was ended")
        if not self._ready:
            self._ready = answers.readline().decode().strip() == READY
        asked.write(json.dumps(question).encode() + b"\n")
        asked.flush()
        line = answers.readline()
        if not line:
            raise BrokenPipeError("the nursery has died")
        return int(line)


class Copy:
    """A process that a nursery started, to be waited for as one that `subprocess.Popen` started."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid, self.returncode, self._nursery, self._parent = pid, None, nursery, nursery.present
        self._handle = os.pidfd_open(pid)  # nobody else can have its number: the nursery has not forgotten it

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._handle], [], [], timeout)[0]:
            self.returncode = self._nursery.code_of(self.pid, self._parent)
            os.close(self._handle)
        return self.returncode


_libc = ctypes.CDLL(None)  # loaded here: nothing may be imported between fork and exec


def dying_with(parent: int, number: int) -> Any:
    """To be called in a new process: it gets this signal when its parent dies, kill -9 included."""

    def bind() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return bind


# -- the nursery itself


def main(modules: Sequence[str]) -> None:
    with contextlib.redirect_stdout(sys.stderr):  # ours carries answers only
        for name in modules:
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is loaded stays where it is, in one piece of memory for all
    answer(READY)
    for line in sys.stdin:
        told = json.loads(line)
        answer(ended(told["ended"]) if "ended" in told else copied(told))


def answer(said: object) -> None:
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def copied(told: Mapping[str, Any]) -> int:
    """Starts it; returns its pid once it has a session of its own and will end with this process."""
    ours, parent = os.pipe(), os.getpid()
    pid = os.fork()
    if not pid:
        become(told, parent)
    os.close(ours[1])
    os.read(ours[0], 1)  # it has closed its end, as it does with all that is not its own
    os.close(ours[0])
    return pid


def become(told: Mapping[str, Any], parent: int) -> NoReturn:
    """In the copy: all that `exec` would have done, then the module. It never returns into the nursery's code."""
    code = 1
    try:
        os.setsid()
        dying_with(parent, told["stop_signal"])()
        _libc.prctl(PR_SET_NAME, told["name"][:LONGEST_NAME].encode())
        log = os.open(told["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        for number, source in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
            os.dup2(source, number)
        os.environ.clear()
        os.environ.update(told["env"])
        sys.argv = [told["module"], *told["arguments"]]
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # from here on whoever asked for this knows of it
        runpy.run_module(told["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = _code(end.code)
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _code(given: object) -> int:
    if given is None or isinstance(given, int):
        return int(given or 0)
    sys.stderr.write(f"{given}\n")
    return 1


if __name__ == "__main__":
    main(sys.argv[1:])
