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


WORKERS = """
import sys
import services
import libs.common.cli, libs.common.worker
for _ in services.every():
    pass
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_a_worker_loads_nothing_of_what_only_an_api_needs() -> None:
    done = subprocess.run([sys.executable, "-c", WORKERS], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"services", "pika", "psycopg"} <= loaded
    assert not loaded & {
        "flask",
        "werkzeug",
        "gunicorn",
        "apispec",
        "joserfc",
        "argon2",
        "alembic",
        "reportlab",
        "babel",
    }
