"""Run the tests, checks included; brokers and databases are found or fetched as they are needed."""

import os
import subprocess
import sys
from pathlib import Path

import click

from commands import ROOT


@click.command("test", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--long", "long_too", is_flag=True, help="Also the tests that take minutes.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def command(long_too: bool, pytest_args: tuple[str, ...]) -> None:
    """Run the tests and end with pytest's own summary and exit code.

    Everything after the options goes to pytest: `./plumbline test tests/unit -k money -x`. Two workers unless `-n`
    says otherwise. Brokers and databases: PLUMBLINE_TEST_AMQP_URL and PLUMBLINE_TEST_DATABASE_URL, else a container
    engine, else what is installed, else Debian's packages unpacked into a cache folder. A browser:
    PLUMBLINE_TEST_CHROMIUM, else likewise; `--pictures` has its tests paint docs/screens anew.
    """
    given = list(pytest_args)
    if "--pdb" not in given and not any(arg.startswith(("-n", "--numprocesses")) for arg in given):
        given = ["-n", "2", *given]
    if long_too:
        given = ["-m", "", *given]  # takes back the "not long" of pyproject.toml
    given = [str(Path(arg).absolute()) if is_path(arg) else arg for arg in given]
    pytest = [sys.executable, "-m", "pytest", f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}", *given]
    os.chdir(ROOT)
    sys.exit(subprocess.call(pytest))


def is_path(arg: str) -> bool:
    """Whether this means a file seen from where the user stands: the `demo` of `-k demo` does not, though it exists."""
    looks_like_one = "/" in arg or arg.endswith(".py") or "::" in arg
    return looks_like_one and not arg.startswith("-") and Path(arg.partition("::")[0]).exists()
