"""Packages in virtual environments of their own, kept in the cache folder: the peers', and what a container has."""

import hashlib
import subprocess
import sys
from pathlib import Path

from commands import ROOT
from libs.local import NotReady
from libs.local.debian import cache

PEERS = Path(__file__).parent / "peers" / "requirements.txt"
DEPLOYED = ROOT / "requirements" / "runtime.lock"


def peers() -> Path:
    """Their interpreter, made when first asked for. NotReady where the packages cannot be had, as without a network."""
    return _interpreter("the peers", PEERS)


def deployed() -> Path:
    """The interpreter of a container: with the tests' packages beside ours, a process holds ten megabytes more."""
    return _interpreter("the packages of a container", DEPLOYED, "--require-hashes")


def _interpreter(what: str, needed: Path, *how: str) -> Path:
    home = cache() / "bench" / hashlib.sha256(needed.read_bytes() + sys.version.encode()).hexdigest()[:12]
    python, done = home / "bin" / "python", home / "done"
    if not done.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        commands: tuple[list[str | Path], ...] = (
            [sys.executable, "-m", "venv", "--clear", home],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *how, "--requirement", needed],
        )
        for command in commands:
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
            if ran.returncode != 0:
                raise NotReady(f"{what} cannot be installed: {ran.stderr.strip().splitlines()[-1]}")
        done.touch()
    return python
