"""A private PostgreSQL on loopback, with a password for every role."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psycopg

from libs.local import NotReady
from libs.local.database import DatabaseServer
from libs.local.debian import Tree, tree_of
from libs.local.folder import owned
from libs.local.ports import free_port
from libs.local.process import Process, Program, identity
from libs.local.progress import tell

ADMIN = "plumbline"
TUNING = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "work_mem": "16MB",  # with these two the console's board of 130,000 records took 81 ms, without 129
    "random_page_cost": "1.1",  # a disk without a head: any page is as near as the next
    "timezone": "UTC",
    "jit": "off",  # its compiler is most of the packages' size
}
SOCKET_LONGEST = 107  #: characters of a socket's path
FAST_BUT_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(DatabaseServer):
    """One that we start and stop. Its port is another after each start, unless one is asked for."""

    def __init__(self, place: Path, tree: Tree, *, durable: bool, log: Path) -> None:
        self._place, self._durable, self._log, self._env = place, durable, log, tree.environment()
        self._user = account(place / "data")
        self._programs = tree.program("postgresql").parent
        self._seen, self._held = self._reached()
        if not (place / "data").exists():
            self._initialise()
        super().__init__(host="127.0.0.1", port=0, user=ADMIN, password=(place / "password").read_text())

    def _reached(self) -> tuple[Path, tuple[int, ...]]:
        """The folder's name for the server, and what has to be handed to it. Where it becomes another user, who may not
        pass through to the folder (root's home, say), it goes by what root has opened."""
        if self._user is None:
            return self._place, ()
        held = os.open(self._place, os.O_PATH | os.O_DIRECTORY)
        weakref.finalize(self, os.close, held)
        return Path(f"/proc/self/fd/{held}"), (held,)

    @property
    def socket(self) -> Path | None:
        """The folder of the file by which it is reached with half the processor time of loopback; where that is too
        deep for a socket's path, there is none."""
        return self._place if len(os.fsencode(self._place / ".s.PGSQL.65535")) <= SOCKET_LONGEST else None

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
        settings["unix_socket_directories"] = str(self._seen) if self.socket else ""
        options = [option for key, value in settings.items() for option in ("-c", f"{key}={value}")]
        return Program(
            [self._programs / "postgres", "-D", self._seen / "data", "-p", str(port), *options],
            log=self._log,
            env=self._env,
            cwd=Path("/"),
            held=self._held,
            user=self._user,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait until every client has left
        )

    def await_ready(self, process: Process, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        try:
            while not self._answers():
                if not process.alive or time.monotonic() > deadline:
                    raise NotReady(f"PostgreSQL did not start:\n{process.log_tail()}")
                time.sleep(0.05)
        except NotReady:
            process.kill()
            raise

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """``immediate`` leaves as a crash would: the next start recovers."""
        self._process.stop(stop_signal=signal.SIGINT if mode == "fast" else signal.SIGQUIT)

    def _answers(self) -> bool:
        try:
            self.shut_to_the_public()
        except psycopg.OperationalError as away:
            if "password authentication failed" in str(away):
                kept = self._place / "password"
                raise NotReady(
                    f"PostgreSQL has another password for {ADMIN} than {kept}: write that one there"
                ) from None
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
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={ADMIN}", "--no-sync"]
        done = subprocess.run(
            [self._programs / "initdb", "-D", self._seen / "data.new", f"--pwfile={self._seen / 'password'}", *options],
            check=False,
            capture_output=True,
            text=True,
            env=self._env,
            cwd="/",
            pass_fds=self._held,
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
    copied = data.exists() and data.stat().st_uid == 0  # by root, whose copy of it is root's
    if data.exists() and not copied:
        return data.owner()
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    for path in (data.parent, data.with_name("password"), data, *data.rglob("*")) if copied else ():
        shutil.chown(path, user)
    return user


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
    with owned(directory) as home:
        place = home / "postgres"
        if place.is_symlink():  # of a version that kept root's elsewhere
            if not place.exists():
                raise NotReady(f"the database of {home} was in {place.readlink()}, which is gone: restore that one")
            tell(f"starting on the database in {place.readlink()}, which a copy of {home} does not have")
        else:
            place.mkdir(mode=0o700, exist_ok=True)
        yield Postgres(place, tree or tree_of("postgresql"), durable=durable, log=home / "postgres.log")
