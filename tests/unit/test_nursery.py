"""A process that copies itself: each copy finds what a program of its own would, and its end is told as theirs is."""

import os
import signal
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from libs.local.nursery import Nursery
from libs.local.process import Process
from tests.system.distributed_world import exists

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
SAYS = """
    import os, sys, loaded
    print(sorted(name for name in os.environ if name.startswith("PLUMBLINE_")), sys.argv[1:], loaded.WHEN, os.getsid(0))
    print(sorted(os.listdir("/proc/self/fd")), open("/proc/self/comm").read().strip(), file=sys.stderr)
"""
LOADED = """
    import os
    print("a module that talks as it is loaded")
    WHEN = os.getpid()
"""
ENDS = """
    import sys
    sys.exit({"well": None, "badly": 7, "in words": "it was in the way"}[sys.argv[1]])
"""
WAITS = """
    import time
    print("here", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    told = {"says": SAYS, "ends": ENDS, "waits": WAITS, "fails": "1 / 0", "loaded": LOADED}
    for name, code in told.items():
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(code))
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "PYTHONUNBUFFERED": "1"}
    nursery = Nursery(["loaded"], log=tmp_path / "nursery.log", env=env)
    yield nursery
    nursery.end()


Start = Callable[..., Process]


@pytest.fixture
def start(nursery: Nursery, tmp_path: Path) -> Iterator[Start]:
    started: list[Process] = []

    def start(module: str, *arguments: str, name: str = "some-worker", **env: str) -> Process:
        log = tmp_path / f"{name}.log"
        started.append(Process(["python", "-m", module, *arguments], log=log, env=env, nursery=nursery))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_a_copy_has_its_own_environment_arguments_log_session_and_name_and_nothing_else_open(start: Start) -> None:
    first = start("says", "one", name="leads-api", PLUMBLINE_OWN="1")
    second = start("says", "two", name="leads-worker", PLUMBLINE_OTHER="2")

    assert (first.wait(PATIENCE_S), second.wait(PATIENCE_S)) == (0, 0)

    (one, its), (two, others) = (process.log.read_text().splitlines() for process in (first, second))
    when = one.split()[2]
    assert one == f"['PLUMBLINE_OWN'] ['one'] {when} {first.pid}"
    assert two == f"['PLUMBLINE_OTHER'] ['two'] {when} {second.pid}", "it was loaded once, for both"
    assert (its, others) == ("['0', '1', '2', '3'] leads-api", "['0', '1', '2', '3'] leads-worker")


@pytest.mark.parametrize(
    ("how", "code", "said"), [("well", 0, ""), ("badly", 7, ""), ("in words", 1, "it was in the way")]
)
def test_how_it_ended_is_told(start: Start, how: str, code: int, said: str) -> None:
    process = start("ends", how)

    assert process.wait(PATIENCE_S) == code
    assert process.log_tail() == said


def test_what_it_stumbled_over_is_in_its_log(start: Start) -> None:
    process = start("fails")

    assert process.wait(PATIENCE_S) == 1
    assert process.log_tail().endswith("ZeroDivisionError: division by zero")


def test_a_module_that_is_not_there_fails_alone(start: Start) -> None:
    assert start("nowhere").wait(PATIENCE_S) == 1
    assert start("ends", "well").wait(PATIENCE_S) == 0


def test_it_is_stopped_and_killed_like_any_other(start: Start) -> None:
    asked, killed = start("waits", name="asked"), start("waits", name="killed")
    until(lambda: asked.log_tail() == killed.log_tail() == "here", "both run")

    asked.stop()
    os.kill(killed.pid, signal.SIGKILL)
    until(lambda: not killed.alive, "it is seen to be dead")

    assert (asked.code, killed.code) == (-signal.SIGTERM, -signal.SIGKILL)


def test_what_it_started_ends_with_the_nursery_and_is_started_again_by_another(nursery: Nursery, start: Start) -> None:
    process = start("waits", name="before")
    until(lambda: process.log_tail() == "here", "it runs")

    os.kill(parent_of(process), signal.SIGKILL)

    until(lambda: not process.alive, "it ended, too")
    until(lambda: not exists(process.pid), "nothing is left of it")
    assert process.code == 1, "nobody can say it any more"
    assert start("ends", "well", name="after").wait(PATIENCE_S) == 0


def test_the_next_nursery_is_not_asked_for_what_it_did_not_start(start: Start) -> None:
    """It would die of the question, and with it all that it has started."""
    first, second = start("waits", name="first"), start("waits", name="second")
    until(lambda: first.log_tail() == second.log_tail() == "here", "both run")
    os.kill(parent_of(first), signal.SIGKILL)
    until(lambda: not exists(first.pid) and not exists(second.pid), "both have ended")

    again = start("waits", name="again")
    until(lambda: again.log_tail() == "here", "it runs")

    assert (first.code, second.code) == (1, 1)
    after = start("waits", name="after")
    until(lambda: after.log_tail() == "here", "it runs, too")
    assert parent_of(after) == parent_of(again)


def parent_of(process: Process) -> int:
    said = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in said if line.startswith("PPid"))
