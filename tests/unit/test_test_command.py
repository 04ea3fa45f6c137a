"""`./plumbline test`: where the tests write, what is left of it, and how they are told to end."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from commands import test as command
from libs.local.folder import owned

GB = 1024**3
WAITS = """
import threading

def test_waits():
    try:
        print("it waits", flush=True)
        threading.Event().wait(60)
    finally:
        print("it tidied up", flush=True)
"""


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that stands for the machine's memory, with plenty of room; the user has named no other one."""
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(command, "MEMORY", tmp_path)
    monkeypatch.setattr(command, "roomy", lambda folder: folder == tmp_path)
    return tmp_path


def test_what_tests_write_lies_in_memory_while_they_run(memory: Path) -> None:
    with command.throwaway_folder() as environment:
        folder = Path(environment["TMPDIR"])
        assert folder.parent == memory
        (folder / "database").mkdir()
    assert not list(memory.iterdir())


def test_who_names_a_folder_has_the_tests_write_there(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/var/tmp")
    with command.throwaway_folder() as environment:
        assert environment["TMPDIR"] == "/var/tmp"
        assert not list(memory.iterdir())


def test_what_a_killed_run_left_is_cleared_and_what_a_running_one_needs_stays(memory: Path) -> None:
    left, runs, others = (memory / name for name in ("plumbline-test-left", "plumbline-test-runs", "others"))
    for folder in (left, runs, others):
        (folder / "server").mkdir(parents=True)
    with owned(runs), command.throwaway_folder():
        assert not left.exists()
        assert (runs / "server").exists()
        assert (others / "server").exists()


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("all is well", {}),
        ("programs may not be run there", {"f_flag": os.ST_NOEXEC}),
        ("it is small, as a container's is", {"f_bavail": 64}),
    ],
)
def test_memory_is_used_where_there_is_plenty_and_programs_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str, changed: dict[str, int]
) -> None:
    there = {"f_flag": 0, "f_bavail": 100 * 1024, "f_frsize": 1024 * 1024, **changed}
    monkeypatch.setattr(os, "statvfs", lambda _folder: SimpleNamespace(**there))
    monkeypatch.setattr(Path, "read_text", lambda _path: f"MemAvailable: {64 * GB // 1024} kB")
    assert command.roomy(tmp_path) == (what == "all is well")


def test_memory_is_not_used_where_there_is_none(tmp_path: Path) -> None:
    assert not command.roomy(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["tests/nope", "-k", "nothing"], "there is no tests/nope; tests are in"),
        (["nope"], "there is no nope; tests are in"),
        (["tests", "-k", "nothing"], ""),
        (["-k", "nothing"], ""),
    ],
)
def test_who_names_a_test_that_is_not_there_hears_so(
    monkeypatch: pytest.MonkeyPatch, args: list[str], said: str
) -> None:
    """pytest does not say it where it has workers."""
    monkeypatch.setattr(command, "run", lambda *_: int(pytest.ExitCode.NO_TESTS_COLLECTED))

    done = CliRunner().invoke(command.command, args)

    assert done.exit_code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == bool(said)


@pytest.mark.parametrize("option", [["--deselect"], []])
def test_what_is_deselected_is_not_run(option: list[str]) -> None:
    """It is named as pytest prints it, from the project's folder; what is to be run as the user sees it."""
    name = "tests/unit/test_test_command.py::test_memory_is_not_used_where_there_is_none"
    args = [*option, name] if option else [f"--deselect={name}"]
    args = [sys.executable, "-m", "commands", "test", "-n0", "--collect-only", "-q", *args, name.partition("::")[0]]
    done = subprocess.run(args, cwd=command.ROOT, capture_output=True, text=True, check=True)
    assert name not in done.stdout
    assert "test_what_is_deselected_is_not_run" in done.stdout


def test_tests_that_are_told_to_end_stop_what_they_started(tmp_path: Path) -> None:
    waits = tmp_path / "test_waits.py"
    waits.write_text(WAITS)
    args = [sys.executable, "-m", "commands", "test", "-s", "-n0", "-p", "no:cacheprovider", str(waits)]
    with subprocess.Popen(args, cwd=command.ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert any("it waits" in line for line in run.stdout)
        run.send_signal(signal.SIGTERM)
        assert "it tidied up" in run.stdout.read()
    assert run.returncode == pytest.ExitCode.INTERRUPTED
