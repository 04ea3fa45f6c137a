"""Programs from Debian's packages, unpacked into a cache folder: no root, nothing installed, no service started."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from libs.local import NotReady
from libs.local.apt import fetch
from libs.local.progress import tell


@dataclass(frozen=True)
class Package:
    """``programs``: files by which one sees that it is all there. ``companions``: which dependencies are needed besides
    the shared libraries that this machine lacks; ``also``: what nothing depends on."""

    programs: tuple[str, ...]
    companions: str
    also: tuple[str, ...] = ()


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
    "chromium-headless-shell": Package(
        programs=("usr/lib/chromium/chromium-headless-shell",),
        companions="chromium-common",
        also=("fonts-inter", "fonts-dejavu-core"),
    ),
    "prometheus": Package(programs=("usr/bin/prometheus", "usr/bin/promtool"), companions="prometheus"),
    "libfaketime": Package(programs=("usr/lib/*-linux-*/faketime/libfaketime.so.1",), companions="libfaketime"),
    "libatomic1": Package(programs=("usr/lib/*-linux-*/libatomic.so.1",), companions="libatomic1"),
}


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
        """For programs of this tree: an unpacked one brings shared libraries along."""
        if not self.unpacked:
            return dict(base)
        folders = ("usr/lib/*-linux-*", "lib/*-linux-*", "usr/lib/*-linux-*/pulseaudio")
        libraries = [str(path) for pattern in folders for path in self.root.glob(pattern)]
        return {**base, "LD_LIBRARY_PATH": ":".join([*libraries, base.get("LD_LIBRARY_PATH", "")]).rstrip(":")}


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
            tell(f"fetching {package} from Debian's packages (once)")
            with tempfile.TemporaryDirectory(dir=tree.root.parent, prefix="new-") as scratch:
                known, lists = PACKAGES[package], tree.root.parent / "lists"
                fetch(package, known.companions, Path(scratch), also=known.also, lists=lists)
                (Path(scratch) / "root").rename(tree.root)
    return tree
