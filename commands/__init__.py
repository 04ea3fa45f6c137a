"""What `./plumbline NAME` runs. A module here is a command of the same name; its click command is called `command`."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def version() -> str:
    """The version written in pyproject.toml, its only place."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])
