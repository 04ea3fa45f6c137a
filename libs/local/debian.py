"""Programs from Debian's packages, unpacked into a cache folder: no root, nothing installed, no service started."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from libs.local import NotReady


@dataclass(frozen=True)
class Package:
    """``programs``: files by which one sees that it is all there. ``companions``: which dependencies are needed besides
    the shared libraries that this machine lacks."""

    programs: tuple[str, ...]
    companions: str


PACKAGES = {
    "postgresql": Package(
        programs=("usr/lib/postgresql/*/bin/postgres",),
        companions=r"postgresql-\d+|postgresql-client-\d+",
    ),
    "rabbitmq-server": Package(
        programs=("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server", "usr/lib/erlang/erts-*/bin/epmd"),
        companions=r"erlang-[a-z0-9-]+",
    ),
    "nginx": Package(programs=("usr/sbin/nginx",), companions="nginx-common"),
}
# Large, and only for what we switch off (just-in-time compilation) or do not use.
NOT_NEEDED = r"libllvm.*|libz3.*|libperl.*|lib.*-perl"


@dataclass(frozen=True)
class Tree:
    """Where programs are: ``/`` for those of the system, or a folder that packages were unpacked into."""

    root: Path

    @property
    def unpacked(self) -> bool:
        return self.root != Path("/")

    def program(self, package: str, index: int = 0) -> Path:
        """NotReady where the tree does not hold it."""
        pattern = PACKAGES[package].programs[index]
        if found := self.newest(pattern):
            return found
        raise NotReady(f"there is no {self.root / pattern}. As root: apt-get install -y {package}")

    def newest(self, pattern: str) -> Path | None:
        """The path matching the pattern with the highest version number in it, e.g. ``usr/lib/postgresql/*/bin``."""
        found = sorted(self.root.glob(pattern), key=lambda path: [int(part) for part in re.findall(r"\d+", str(path))])
        return found[-1] if found else None

    def environment(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        if not self.unpacked:
            return dict(base)
        folders = [str(path) for path in self.root.glob("*/lib/*-linux-*")] + [
            str(p) for p in self.root.glob("lib/*-linux-*")
        ]
        return {**base, "LD_LIBRARY_PATH": ":".join([*folders, base.get("LD_LIBRARY_PATH", "")]).rstrip(":")}


SYSTEM = Tree(Path("/"))


def tree_of(package: str) -> Tree:
    """The system's, where it has everything of it, else the unpacked package, fetched the first time (``unpacked``)."""
    return SYSTEM if is_installed(package) else unpacked(package)


def is_installed(package: str) -> bool:
    return all(SYSTEM.newest(pattern) for pattern in PACKAGES[package].programs)


def cache() -> Path:
    """PLUMBLINE_CACHE, else ~/.cache/plumbline; for root /var/cache/plumbline, where PostgreSQL's user gets in."""
    if given := os.environ.get("PLUMBLINE_CACHE"):
        return Path(given).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/plumbline")
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path's raises where a user has no home
    if home.is_absolute() and os.access(home, os.W_OK):
        return home / ".cache" / "plumbline"
    return Path(tempfile.gettempdir()) / f"plumbline-{os.getuid()}"


def unpacked(package: str) -> Tree:
    """The package with all that this machine lacks for it, fetched the first time.

    NotReady, with the line that installs it, where there is no apt or it reaches no packages.
    """
    tree = Tree(cache() / "debian" / package)
    if tree.root.exists():
        return tree
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise NotReady(f"{package} is needed and this is no Debian: install {package} and start again")
    tree.root.parent.mkdir(parents=True, exist_ok=True)
    with (tree.root.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two at once: the second finds it done
        if not tree.root.exists():
            print(f"plumbline: fetching {package} from Debian's packages (once) ...", file=sys.stderr, flush=True)  # noqa: T201
            with tempfile.TemporaryDirectory(dir=tree.root.parent, prefix="new-") as scratch:
                _fetch(package, Path(scratch))
                (Path(scratch) / "root").rename(tree.root)
    return tree


def _fetch(package: str, scratch: Path) -> None:
    apt = _Apt(package, scratch)
    apt.run("apt-get", "-qq", "update")
    recursive = [
        "--recurse",
        *(f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")),
    ]
    closure = {line.strip() for line in apt.run("apt-cache", "depends", *recursive, package).splitlines()}
    missing = re.findall(
        r"^Inst (\S+)", apt.run("apt-get", "-s", "--no-install-recommends", "install", package), re.MULTILINE
    )
    wanted = {name for name in closure if re.fullmatch(PACKAGES[package].companions, name)} | {package}
    wanted |= {name for name in missing if name.startswith("lib") and not re.fullmatch(NOT_NEEDED, name)}
    (scratch / "packages").mkdir()
    apt.run("apt-get", "-qq", "download", *sorted(wanted), cwd=scratch / "packages")
    (scratch / "root").mkdir(mode=0o755)
    for archive in sorted((scratch / "packages").glob("*.deb")):
        apt.run("dpkg", "-x", str(archive), str(scratch / "root"))


class _Apt:
    """apt with lists and cache of its own, so that it needs no rights and leaves the machine's alone."""

    def __init__(self, package: str, scratch: Path) -> None:
        self.package = package
        (scratch / "cache/archives/partial").mkdir(parents=True)
        (scratch / "lists/partial").mkdir(parents=True)
        config = {
            "Dir::State::lists": scratch / "lists",
            "Dir::Cache": scratch / "cache",
            "Dir::State::status": "/var/lib/dpkg/status",
            "Debug::NoLocking": "1",
            "APT::Sandbox::User": "",
        }
        self.options = [option for key, value in config.items() for option in ("-o", f"{key}={value}")]

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
