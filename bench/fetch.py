"""The peers' packages in a virtual environment of their own, kept in the cache folder."""

import hashlib
import subprocess
import sys
from pathlib import Path

from libs.local import NotReady
from libs.local.debian import cache

NEEDED = Path(__file__).parent / "peers" / "requirements.txt"


def peers() -> Path:
    """Their interpreter, made when first asked for. NotReady where the packages cannot be had, as without a network."""
    home = cache() / "bench" / hashlib.sha256(NEEDED.read_bytes() + sys.version.encode()).hexdigest()[:12]
    python, done = home / "bin" / "python", home / "done"
    if not done.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        commands: tuple[list[str | Path], ...] = (
            [sys.executable, "-m", "venv", "--clear", home],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", NEEDED],
        )
        for command in commands:
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
            if ran.returncode != 0:
                raise NotReady(f"the peers cannot be installed: {ran.stderr.strip().splitlines()[-1]}")
        done.touch()
    return python
