"""Who of a system's processes lives, and who is up again after it was started anew."""

import contextlib
import json
from pathlib import Path

from tests.system.distributed_world import Distributed, exists

PORTS = {"postgres": "database", "rabbitmq": "amqp"}  #: of the servers: they are up when somebody listens
LISTENING = "0A"  #: the state of a socket in the kernel's tables
THREADS = 3  #: what serves or works has at least so many; what still loads its code has one


class Alive:
    """Looks from outside, as a kernel sees processes: nobody is asked, so nobody has more to do than without us."""

    def __init__(self, system: Distributed) -> None:
        self.system, self.names = system, sorted(system.said["pids"])
        self._ports = json.loads((system.data / "ports.json").read_text())

    def pid(self, name: str) -> int | None:
        """None while it is being started again."""
        try:
            pid = self.system.pid(name)
        except (OSError, ValueError, IndexError):
            return None
        return pid if exists(pid) else None

    def family(self, name: str) -> list[int]:
        """The process, and those that it has started: of a web server, those that answer."""
        pid = self.pid(name)
        if pid is None:
            return []
        with contextlib.suppress(OSError):
            return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        return []

    def up(self, name: str) -> bool:
        if name in PORTS:
            return self.pid(name) is not None and _listens(self._ports[PORTS[name]])
        family = self.family(name)
        if name.endswith(("-api", "-worker")):
            return any(_threads(pid) >= THREADS for pid in family)
        return bool(family)

    def getting_up(self) -> list[str]:
        return [name for name in self.names if not self.up(name)]


def _threads(pid: int) -> int:
    with contextlib.suppress(OSError):
        return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
    return 0


def _listens(port: int) -> bool:
    """By the kernel's table: a database starts a process for whoever knocks, and a broker does much the same."""
    rows = (line.split() for table in ("tcp", "tcp6") for line in _lines(Path("/proc/net", table)))
    return any(row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port for row in rows)


def _lines(table: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return table.read_text().splitlines()[1:]
    return []
