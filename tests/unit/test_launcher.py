"""./plumbline: sets up what is not there, leaves alone what is, and hands over."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Checkout:
    """A copy of the launcher with locks of its own, and a stand-in for uv that writes down how it was called."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls = root / "calls"
        shutil.copy(ROOT / "plumbline", root / "plumbline")
        (root / "requirements").mkdir()
        for name in ("uv", "runtime", "test"):
            (root / "requirements" / f"{name}.lock").write_text(f"{name} 1")
        (root / "commands").mkdir()
        (root / "commands" / "__init__.py").write_text("")
        (root / "commands" / "__main__.py").write_text("import os, sys; print(os.getcwd(), *sys.argv[1:], sep='|')")

    def ready(self, *locks: str) -> None:
        """As a finished set-up leaves it, only smaller."""
        venv = self.root / ".venv"
        (venv / "bin").mkdir(parents=True, exist_ok=True)
        if not (venv / "bin" / "python").exists():
            (venv / "bin" / "python").symlink_to(Path(sys.executable).resolve())
        uv = venv / "uv" / "bin" / "uv"
        uv.parent.mkdir(parents=True, exist_ok=True)
        uv.write_text(f'#!/bin/sh\necho "$@" >> {self.calls}\n')
        uv.chmod(0o755)
        python = str((venv / "bin" / "python").resolve())
        digests = {name: sha256(self.root / "requirements" / f"{name}.lock") for name in locks}
        marker = {"path": str(venv), "python": python, "locks": digests}
        (venv / "plumbline.json").write_text(json.dumps(marker))

    def run(self, *args: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, self.root / "plumbline", *args],
            cwd=cwd or self.root,
            env={**os.environ, "PLUMBLINE_CACHE": str(self.root / "cache"), **env},
            check=False,
            capture_output=True,
            text=True,
        )

    def installed(self) -> list[str]:
        """Which locks were installed, in order."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [Path(line.split()[-1]).stem for line in lines]


def sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def launcher() -> Any:
    """The launcher as a module."""
    loader = SourceFileLoader("launcher", str(ROOT / "plumbline"))
    module = module_from_spec(spec_from_loader("launcher", loader))  # type: ignore[arg-type]  # None only without a loader
    loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_it_hands_over_from_where_the_user_stands(checkout: Checkout, tmp_path: Path) -> None:
    checkout.ready("runtime")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "commands").mkdir(parents=True)  # must not shadow ours

    done = checkout.run("up", "--port", "1", cwd=elsewhere)

    assert done.stdout == f"{elsewhere}|up|--port|1\n", done.stderr
    assert checkout.installed() == []
    assert done.stderr == ""


def test_modules_are_compiled_once_and_no_bytecode_lies_beside_the_sources(checkout: Checkout) -> None:
    checkout.ready("runtime")

    checkout.run("up", PYTHONDONTWRITEBYTECODE="1", PYTHONPYCACHEPREFIX="")

    [kept] = (checkout.root / ".venv" / "compiled").rglob("commands/__init__.*.pyc")
    assert kept.stat().st_size
    assert not list(checkout.root.glob("commands/**/*.pyc"))


def test_a_changed_lock_is_installed_once(checkout: Checkout) -> None:
    checkout.ready("runtime")
    (checkout.root / "requirements" / "runtime.lock").write_text("runtime 2")

    checkout.run("up")
    checkout.run("up")

    assert checkout.installed() == ["runtime"]


def test_the_tests_add_to_what_up_needs_and_up_takes_nothing_away(checkout: Checkout) -> None:
    checkout.ready("runtime")

    checkout.run("test")
    checkout.run("up")
    checkout.run("test")
    assert checkout.installed() == ["test"]

    (checkout.root / "requirements" / "runtime.lock").write_text("runtime 2")
    checkout.run("up")
    assert checkout.installed() == ["test", "test"]


def test_an_installation_that_fails_is_told_and_tried_again(checkout: Checkout) -> None:
    checkout.ready()
    uv = checkout.root / ".venv" / "uv" / "bin" / "uv"
    working = uv.read_text()
    uv.write_text("#!/bin/sh\nexit 1\n")

    failed = checkout.run("up")
    assert failed.returncode == 3  # pip, tried next, cannot read this lock either
    assert "run the same command again" in failed.stderr
    assert not (checkout.root / ".venv" / "plumbline.json").exists()

    checkout.ready()
    uv.write_text(working)
    assert checkout.run("up").returncode == 0


def test_an_environment_copied_from_elsewhere_is_not_trusted(checkout: Checkout, tmp_path: Path) -> None:
    checkout.ready("runtime")
    copied = tmp_path / "copied"
    copied.mkdir()
    for name in ("plumbline", "requirements", "commands", ".venv"):
        source = checkout.root / name
        if source.is_dir():
            shutil.copytree(source, copied / name, symlinks=True)
        else:
            shutil.copy(source, copied / name)

    done = subprocess.run([sys.executable, copied / "plumbline"], check=False, capture_output=True, text=True)

    assert f"making {copied / '.venv'}" in done.stderr


@pytest.mark.parametrize(
    ("running", "built_with", "systems", "chosen"),
    [
        ("/opt/own/python3", "'--enable-shared'", "usable", "systems"),
        ("/opt/own/python3", "'--enable-optimizations' '--with-lto'", "usable", "running"),
        ("/opt/own/python3", "'--enable-shared'", "too old, or without venv", "running"),
        ("/opt/own/python3", "'--enable-shared'", "not there", "running"),
    ],
)
def test_a_python_that_was_built_slow_gives_way_to_the_systems_own(
    running: str, built_with: str, systems: str, chosen: str, tmp_path: Path
) -> None:
    own = tmp_path / "python3"
    if systems != "not there":
        own.write_text(f"#!/bin/sh\nexit {int(systems != 'usable')}\n")
        own.chmod(0o755)

    found = launcher().chosen_python(systems=str(own), running=running, built_with=built_with)

    assert found == {"systems": str(own), "running": running}[chosen]


def test_the_systems_own_python_is_taken_as_it_is() -> None:
    assert launcher().chosen_python("/usr/bin/python3", "/usr/bin/python3.99", "") == "/usr/bin/python3.99"


def test_who_names_a_python_gets_that_one_or_hears_why_not(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = checkout.run("up", PLUMBLINE_PYTHON=str(tmp_path / "nowhere"))
    assert refused.returncode == 3
    assert f"PLUMBLINE_PYTHON={tmp_path / 'nowhere'} is no Python 3.11" in refused.stderr

    monkeypatch.setenv("PLUMBLINE_PYTHON", sys.executable)
    assert launcher().chosen_python("/usr/bin/python3", "/opt/own/python3", "") == sys.executable


def test_a_set_up_by_another_is_waited_for(checkout: Checkout) -> None:
    checkout.ready()
    with (checkout.root / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [sys.executable, checkout.root / "plumbline", "up"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert waiting.stderr is not None
        assert "waiting" in waiting.stderr.readline()
        checkout.ready("runtime")
    assert waiting.wait(60) == 0
    waiting.stderr.close()
    assert checkout.installed() == []


def test_a_lock_file_left_by_a_killed_set_up_is_no_hindrance(checkout: Checkout) -> None:
    checkout.ready()
    (checkout.root / ".venv.lock").write_text("")

    started = time.monotonic()
    assert checkout.run("up").returncode == 0
    assert time.monotonic() - started < 20
    assert checkout.installed() == ["runtime"]


def plumbline(*args: str) -> subprocess.CompletedProcess[str]:
    """The real commands, in the environment the tests run in."""
    return subprocess.run(
        [sys.executable, "-m", "commands", *args],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )


def test_help_names_every_command() -> None:
    done = plumbline("--help")

    assert done.returncode == 0
    for module in (ROOT / "commands").glob("[a-z]*.py"):
        assert f"  {module.stem.replace('_', '-')} " in done.stdout


@pytest.mark.parametrize("args", [["no-such-command"], ["--no-such-option"], ["doctor", "--no-such-option"]])
def test_wrong_use_exits_with_2_and_says_what_is_wrong(args: list[str]) -> None:
    done = plumbline(*args)

    assert done.returncode == 2
    assert args[-1] in done.stderr


def test_doctor_can_be_read_by_programs() -> None:
    done = plumbline("doctor", "--json")

    assert done.returncode in (0, 3)
    found = {finding["what"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert {"python", "database", "broker", "gateway", "port", "disk"} <= found.keys()
    assert (done.returncode == 3) == any(finding["todo"] for finding in found.values())
