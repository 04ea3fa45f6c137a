"""A private PostgreSQL on loopback, with a password for every role."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psycopg

from libs.local import NotReady
from libs.local.database import DatabaseServer
from libs.local.debian import Tree, tree_of
from libs.local.folder import open_to_others, owned
from libs.local.ports import free_port
from libs.local.process import Process, Program, identity

ADMIN = "plumbline"
ROOTS_PLACE = Path("/var/lib/plumbline")
TUNING = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may be 107 characters long, folders of tests are longer
    "max_connections": "300",
    "shared_buffers": "64MB",
    "work_mem": "16MB",  # with these two the console's board of 130,000 records took 81 ms, without 129
    "random_page_cost": "1.1",  # a disk without a head: any page is as near as the next
    "timezone": "UTC",
    "jit": "off",  # its compiler is most of the packages' size
}
FAST_BUT_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(DatabaseServer):
    """One that we start and stop. Its port is another after each start, unless one is asked for."""

    def __init__(self, place: Path, tree: Tree, *, durable: bool, log: Path) -> None:
        self._place, self._durable, self._log, self._env = place, durable, log, tree.environment()
        self._user = account(place / "data")
        self._programs = tree.program("postgresql").parent
        if not (place / "data").exists():
            self._initialise()
        super().__init__(host="127.0.0.1", port=0, user=ADMIN, password=(place / "password").read_text())

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self, *, seconds: float = 60) -> None:
        """Until it answers, recovery after a crash included. NotReady, with the end of its log, if it does not."""
        self._process = self.program(free_port()).start()
        self.await_ready(self._process, seconds=seconds)

    def program(self, port: int) -> Program:
        """What serves this data at this port from now on, for whoever keeps it running."""
        self.port = port
        settings = TUNING | ({} if self._durable else FAST_BUT_UNSAFE)
        options = [option for key, value in settings.items() for option in ("-c", f"{key}={value}")]
        return Program(
            [self._programs / "postgres", "-D", self._place / "data", "-p", str(port), *options],
            log=self._log,
            env=self._env,
            cwd=self._place,
            user=self._user,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait until every client has left
        )

    def await_ready(self, process: Process, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not self._answers():
            if not process.alive or time.monotonic() > deadline:
                process.kill()
                raise NotReady(f"PostgreSQL did not start:\n{process.log_tail()}")
            time.sleep(0.05)

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """``immediate`` leaves as a crash would: the next start recovers."""
        self._process.stop(stop_signal=signal.SIGINT if mode == "fast" else signal.SIGQUIT)

    def _answers(self) -> bool:
        try:
            self.shut_to_the_public()
        except psycopg.OperationalError:
            return False
        return True

    def _initialise(self) -> None:
        password, unfinished = self._place / "password", self._place / "data.new"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        if self._user:
            shutil.chown(self._place, self._user)
            shutil.chown(password, self._user)
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={ADMIN}"]
        done = subprocess.run(
            [self._programs / "initdb", "-D", unfinished, f"--pwfile={password}", *options, "--no-sync"],
            check=False,
            capture_output=True,
            text=True,
            env=self._env,
            cwd=self._place,
            **identity(self._user),
        )
        if done.returncode != 0:
            raise NotReady(f"PostgreSQL's initdb failed:\n{(done.stdout + done.stderr)[-2000:]}")
        if self._durable:
            os.sync()
        unfinished.rename(self._place / "data")  # so that a data folder which exists is a whole one


def account(data: Path) -> str | None:
    """Whom to become, as PostgreSQL refuses to run as root: the data's owner. None for an ordinary user, who stays."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        return data.owner()
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextlib.contextmanager
def running(directory: Path, *, durable: bool = True, tree: Tree | None = None) -> Iterator[Postgres]:
    """A server that keeps its data in the folder, until the end of the block or of this thread.

    ``durable=False`` trades safety at a power cut for speed: for tests. NotReady where there is none to run or it does
    not start, and where another process uses the folder.
    """
    with placed(directory, durable=durable, tree=tree) as server:
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def placed(directory: Path, *, durable: bool = True, tree: Tree | None = None) -> Iterator[Postgres]:
    """One that has its data and does not run yet."""
    with owned(directory) as home, _place(home, durable=durable) as place:
        yield Postgres(place, tree or tree_of("postgresql"), durable=durable, log=home / "postgres.log")


@contextlib.contextmanager
def _place(home: Path, *, durable: bool) -> Iterator[Path]:
    """Where the data goes: into the folder, or, for root, to where another user gets in (a link tells)."""
    if os.geteuid() != 0 or open_to_others(home):
        (home / "postgres").mkdir(mode=0o700, exist_ok=True)
        yield home / "postgres"
    elif not durable:
        with tempfile.TemporaryDirectory(prefix="plumbline-") as elsewhere:
            yield Path(elsewhere)
    else:
        link = home / "postgres"
        if not link.is_symlink():
            ROOTS_PLACE.mkdir(parents=True, exist_ok=True)
            link.symlink_to(tempfile.mkdtemp(prefix="postgres-", dir=ROOTS_PLACE))
        yield link.resolve()
