"""Run the tests, checks included; brokers and databases are found or fetched as they are needed."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from commands import ROOT
from libs.local import NotReady
from libs.local.folder import owned

MEMORY, ENOUGH = Path("/dev/shm"), 8 * 1024**3  # noqa: S108 - the folder made in it is the user's own
OURS = "plumbline-test-"
NO_TESTS = 5  #: pytest's exit code; its workers keep to themselves why


@click.command("test", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--long", "long_too", is_flag=True, help="Also the tests that take minutes.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def command(long_too: bool, pytest_args: tuple[str, ...]) -> None:
    """Run the tests and end with pytest's own summary and exit code.

    Everything after the options goes to pytest: `./plumbline test tests/unit -k money -x`. Three workers unless `-n`
    says otherwise. Brokers and databases: PLUMBLINE_TEST_AMQP_URL and PLUMBLINE_TEST_DATABASE_URL, else a container
    engine, else what is installed, else Debian's packages unpacked into a cache folder. A browser:
    PLUMBLINE_TEST_CHROMIUM, else likewise; `--pictures` has its tests paint docs/screens anew. What tests write lies in
    memory while they run, where there is plenty; TMPDIR names another folder.
    """
    given = list(pytest_args)
    if "--pdb" not in given and not any(arg.startswith(("-n", "--numprocesses")) for arg in given):
        given = ["-n", "3", *given]  # on two processors: many tests wait for what they killed to come back
    if long_too:
        given = ["-m", "", *given]  # takes back the "not long" of pyproject.toml
    given = from_anywhere(given)
    pytest = [sys.executable, "-m", "pytest", f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}", *given]
    os.chdir(ROOT)
    with throwaway_folder() as environment:
        code = run(pytest, environment)
    if code == NO_TESTS and (
        nowhere := [arg for arg in named(pytest_args) if not Path(arg.partition("::")[0]).exists()]
    ):
        click.echo(f"plumbline: there is no {', '.join(nowhere)}; tests are in {ROOT / 'tests'}", err=True)
    sys.exit(code)


def run(pytest: list[str], environment: dict[str, str]) -> int:
    """Its exit code. Ctrl-C reaches it from the terminal; who tells us to end, tells it: it stops what it started."""
    signal.signal(signal.SIGINT, lambda *_: None)  # before it starts: it would inherit that a shell has us ignore it
    with subprocess.Popen(pytest, env=environment) as tests:
        signal.signal(signal.SIGTERM, lambda *_: tests.send_signal(signal.SIGINT))
        return tests.wait()


@contextlib.contextmanager
def throwaway_folder() -> Iterator[dict[str, str]]:
    """The environment in which what is thrown away lies in memory, where there is plenty and the user names no folder.

    A database or a queue is a few hundred small files: on a disk they take ten times as long to make.
    """
    environment = dict(os.environ)
    if "TMPDIR" in environment or not roomy(MEMORY):
        yield environment
        return
    clear_what_was_left()
    with (
        tempfile.TemporaryDirectory(prefix=OURS, dir=MEMORY, ignore_cleanup_errors=True) as folder,
        owned(Path(folder)),
    ):
        Path(folder).chmod(0o755)  # as root, servers run as users of their own
        yield environment | {"TMPDIR": folder}


def clear_what_was_left() -> None:
    """By runs that were killed: nobody holds their folders any more, and they take memory."""
    for left in MEMORY.glob(f"{OURS}*"):
        with contextlib.suppress(NotReady), owned(left):
            shutil.rmtree(left, ignore_errors=True)


def roomy(folder: Path) -> bool:
    """Whether there is room for all that the tests make, and programs may be run there; a container's is small."""
    try:
        there, memory = os.statvfs(folder), Path("/proc/meminfo").read_text()
    except OSError:
        return False
    available = int(memory.partition("MemAvailable:")[2].split()[0]) * 1024
    usable = os.access(folder, os.W_OK) and not there.f_flag & os.ST_NOEXEC
    return usable and min(available, there.f_bavail * there.f_frsize) >= ENOUGH


def named(args: Sequence[str]) -> list[str]:
    """What means files: the first, where it is no option, and whatever looks so. Others may be an option's."""
    return [arg for arg in args if looks_like_path(arg) or (arg is args[0] and not arg.startswith("-"))]


def from_anywhere(args: Sequence[str]) -> list[str]:
    """The same for pytest, which runs in the project's folder. A test is deselected by its name as pytest prints it."""
    before = ["", *args]
    return [
        str(Path(arg).absolute()) if is_path(arg) and before[at] != "--deselect" else arg for at, arg in enumerate(args)
    ]


def is_path(arg: str) -> bool:
    """Whether this means a file seen from where the user stands: the `demo` of `-k demo` does not, though it exists."""
    return looks_like_path(arg) and Path(arg.partition("::")[0]).exists()


def looks_like_path(arg: str) -> bool:
    return ("/" in arg or arg.endswith(".py") or "::" in arg) and not arg.startswith("-")
