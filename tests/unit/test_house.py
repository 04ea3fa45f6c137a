"""The house's rules, held by tools: who imports whom, types, style."""

import subprocess
import sys

import pytest

from commands import ROOT

PACKAGES = ("libs", "services", "embedded", "demo", "commands")


TOOLS = {
    "who imports whom": ["-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"],
    "types": ["-m", "mypy", *PACKAGES],
    "style": ["-m", "ruff", "check", *PACKAGES, "tests"],
    "layout": ["-m", "ruff", "format", "--check", "--quiet", *PACKAGES, "tests"],
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rule", TOOLS)
def test_the_house_is_in_order(rule: str) -> None:
    done = subprocess.run([sys.executable, *TOOLS[rule]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
