"""Ports that stay: chosen once, kept in a file, changed only where somebody else has taken one meanwhile."""

import contextlib
import json
import socket
from collections.abc import Iterable
from pathlib import Path

from commands.distributed.secrets import replace
from libs.local.ports import free_ports


def kept_ports(path: Path, names: Iterable[str]) -> dict[str, int]:
    """A loopback port for each name."""
    known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    names = list(names)
    others = iter([port for port in free_ports(2 * len(names)) if port not in known.values()])
    chosen = {name: known[name] if name in known and _free(known[name]) else next(others) for name in names}
    replace(path, json.dumps(chosen), 0o600)
    return chosen


def _free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what we left a minute ago does not count
        probe.bind(("127.0.0.1", port))
        return True
    return False
