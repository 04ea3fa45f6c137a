"""One broker and one database server for all the processes of a test run, started by the first that needs it.

A keeper process owns the server. Every user holds a shared lock on a file; the keeper waits for an exclusive one, and
so outlives the first user, but not the last, however they end.
"""

import contextlib
import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from libs.local import NotReady
from libs.local.broker import Broker
from libs.local.database import DatabaseServer
from libs.local.provide import database_server, message_broker


@contextlib.contextmanager
def shared_database_server(directory: Path) -> Iterator[DatabaseServer]:
    """The one of whoever names the same folder. NotReady as from ``provide.database_server``."""
    with _using("database", directory) as found:
        yield DatabaseServer(**found)


@contextlib.contextmanager
def shared_message_broker(directory: Path) -> Iterator[Broker]:
    """The one of whoever names the same folder. NotReady as from ``provide.message_broker``."""
    with _using("broker", directory) as found:
        yield Broker(**{**found, "admin": tuple(found["admin"])})


@contextlib.contextmanager
def _using(kind: str, directory: Path) -> Iterator[dict[str, Any]]:
    folder = directory / kind
    folder.mkdir(parents=True, exist_ok=True)
    address = folder / "address.json"
    with (folder / "users").open("w") as users:
        with (folder / "first").open("w") as first:
            fcntl.flock(first, fcntl.LOCK_EX)  # one at a time looks, and starts what is not there
            fcntl.flock(users, fcntl.LOCK_SH)
            if not address.exists():
                _start_keeper(kind, folder)
        yield json.loads(address.read_text())


def _start_keeper(kind: str, folder: Path) -> None:
    log = folder / "keeper.log"
    with log.open("w") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "libs.local.shared", kind, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=Path(__file__).parents[2],
            start_new_session=True,  # Ctrl-C is for the tests; the keeper ends when they have
            text=True,
        )
    assert keeper.stdout is not None
    ready = keeper.stdout.readline()
    keeper.stdout.close()
    if not ready:
        keeper.wait()
        raise NotReady(log.read_text().strip().rpartition("NotReady: ")[2])
    keeper.returncode = 0  # not ours to wait for: it lives on until the last user has gone


def _keep(kind: str, folder: Path) -> None:
    with (
        folder / "users"
    ).open() as users:  # let go of only when the server has stopped: the next one needs its folder
        if kind == "database":
            with database_server(folder / "server") as server:
                found = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
                _until_unused(folder, found, users)
        else:
            with message_broker(folder / "server") as broker:
                found = {"host": broker.host, "port": broker.port, "management_url": broker.management_url}
                _until_unused(folder, {**found, "admin": broker.admin}, users)


def _until_unused(folder: Path, found: dict[str, Any], users: IO[str]) -> None:
    address = folder / "address.json"
    unfinished = folder / "address.new"
    unfinished.touch(mode=0o600)  # it holds a password
    unfinished.write_text(json.dumps(found))
    unfinished.rename(address)
    print("ready", flush=True)  # noqa: T201 - what the one who started us waits for
    fcntl.flock(users, fcntl.LOCK_EX)
    address.unlink()


if __name__ == "__main__":
    _keep(sys.argv[1], Path(sys.argv[2]))
