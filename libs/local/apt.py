"""Debian packages fetched and unpacked by anyone, with lists and a cache of one's own."""

import os
import re
import subprocess
import time
from collections.abc import Collection
from pathlib import Path

from libs.local import NotReady

NOT_DEPENDS = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
# Large, and only for what we switch off (just-in-time compilation) or do not use.
NOT_NEEDED = r"libllvm.*|libz3.*|libperl.*|lib.*-perl"


FRESH_S = 600  #: so long the lists of what there is serve for the next package


def fetch(
    package: str, companions: str, scratch: Path, *, also: Collection[str] = (), lists: Path | None = None
) -> None:
    """Unpacks into ``scratch/root`` the package, its dependencies that match ``companions``, what is needed ``also``,
    and the shared libraries that this machine lacks. ``lists``: a folder where apt's lists stay for the next.
    NotReady, with the line that installs it, where apt cannot.
    """
    apt = _Apt(package, scratch, lists or scratch / "lists")
    apt.update()
    only_depends = [f"--no-{kind}" for kind in NOT_DEPENDS]
    closure = apt.run("apt-cache", "depends", "--recurse", *only_depends, package)
    installing = apt.run("apt-get", "-s", "--no-install-recommends", "install", package)
    missing = re.findall(r"^Inst (\S+)", installing, re.MULTILINE)
    wanted = {name for name in map(str.strip, closure.splitlines()) if re.fullmatch(companions, name)} | {
        package,
        *also,
    }
    wanted |= {name for name in missing if name.startswith("lib") and not re.fullmatch(NOT_NEEDED, name)}
    (scratch / "packages").mkdir()
    apt.run("apt-get", "-qq", "download", *sorted(wanted), cwd=scratch / "packages")
    (scratch / "root").mkdir(mode=0o755)
    for archive in sorted((scratch / "packages").glob("*.deb")):
        apt.run("dpkg", "-x", str(archive), str(scratch / "root"))


class _Apt:
    """apt with lists and cache of its own, so that it needs no rights and leaves the machine's alone."""

    def __init__(self, package: str, scratch: Path, lists: Path) -> None:
        self.package, self.lists = package, lists
        (scratch / "cache/archives/partial").mkdir(parents=True)
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        config = {
            "Dir::State::lists": lists,
            "Dir::Cache": scratch / "cache",
            "Dir::State::status": "/var/lib/dpkg/status",
            "Debug::NoLocking": "1",
            "APT::Sandbox::User": "",
        }
        self.options = [option for key, value in config.items() for option in ("-o", f"{key}={value}")]

    def update(self) -> None:
        taken = self.lists / "taken"
        if not taken.exists() or abs(time.time() - taken.stat().st_mtime) > FRESH_S:
            self.run("apt-get", "-qq", "update")
            taken.touch()

    def run(self, program: str, *args: str, cwd: Path | None = None) -> str:
        options = [] if program == "dpkg" else self.options
        done = subprocess.run(
            [program, *options, *args],
            cwd=cwd,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        if done.returncode != 0:
            why = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            raise NotReady(
                f"{self.package} could not be fetched ({program}: {why[0]}). "
                f"As root: apt-get update && apt-get install -y {self.package}"
            )
        return done.stdout
