"""A private RabbitMQ node on loopback, with its management API and an Erlang port mapper of its own."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.error import HTTPError

from libs.local import NotReady
from libs.local.broker import Broker
from libs.local.debian import Tree, tree_of
from libs.local.folder import kept, owned, private
from libs.local.ports import free_ports
from libs.local.process import Process, Program

ADMIN = "plumbline"


def _leave_to_the_original(home: Path) -> None:
    """A broker's files name the folder they were made in: in a copy they would be read, and written, in the original.

    So a copy begins anew, and publishers fill it from their outboxes.
    """
    here, place = str(home.resolve()), home / "place"
    if kept(place, here) != here:
        shutil.rmtree(home / "mnesia", ignore_errors=True)
        place.unlink()
        kept(place, here)


class Rabbit(Broker):
    """One that we start and stop. Its ports are others after each start, unless asked for; its name and data stay."""

    def __init__(self, home: Path, tree: Tree, *, durable: bool) -> None:
        self._home, self._tree, self._durable = home, tree, durable
        self._server = tree.program("rabbitmq-server")
        self._erlang = tree.program("rabbitmq-server", 1).parent
        _leave_to_the_original(home)
        for folder in ("bin", "home", "mnesia", "log"):
            (home / folder).mkdir(exist_ok=True)
        self._node = kept(home / "node", f"plumbline-{secrets.token_hex(4)}@localhost")
        kept(home / "home" / ".erlang.cookie", secrets.token_hex(20), mode=0o400)
        password = kept(home / "password", secrets.token_urlsafe(24))
        super().__init__(host="127.0.0.1", port=0, management_url="", admin=(ADMIN, password))

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self, *, seconds: float = 90) -> None:
        """Until it answers AMQP and its management API. NotReady, with the end of its log, if it does not."""
        mapper, node = self.programs(free_ports(4))
        self._mapper, self._process = mapper.start(), node.start()
        try:
            self.await_ready(self._process, seconds=seconds)
        except NotReady:
            self._mapper.kill()
            raise

    def programs(self, ports: Sequence[int]) -> tuple[Program, Program]:
        """Erlang's port mapper and the node, at four ports: of AMQP, management, distribution and the mapper."""
        self.port, management, distribution, mapper = ports
        self.management_url = f"http://127.0.0.1:{management}"
        self._configure(management)
        # In the foreground: the node would start one as a daemon, which outlives everybody.
        epmd = Program(
            [self._erlang / "epmd", "-port", str(mapper), "-address", "127.0.0.1"],
            log=self._home / "epmd.log",
            stop_signal=signal.SIGKILL,
        )
        node = Program(
            [self._server],
            log=self._home / "rabbit.log",
            env=self._environment(distribution, mapper),
            cwd=self._home,
            stop_signal=signal.SIGTERM if self._durable else signal.SIGKILL,
        )
        return epmd, node

    def await_ready(self, process: Process, *, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        try:
            while not self._answers():
                if not process.alive or time.monotonic() > deadline:
                    raise NotReady(f"RabbitMQ did not start:\n{process.log_tail()}")
                time.sleep(0.1)
        except NotReady:
            process.kill()
            raise

    def stop(self) -> None:
        """Orderly if durable; takes 6 s, as the management API waits five for its clients."""
        self._process.stop()
        self._mapper.kill()

    def kill(self) -> None:
        """As kill -9 of the node does."""
        self._process.kill()
        self._mapper.kill()

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                if not probe.recv(8):
                    return False
            self.manage("GET", "/api/overview", seconds=2)
        except OSError as away:
            if isinstance(away, HTTPError) and away.code == 401:
                ours = self._home / "password"
                raise NotReady(f"RabbitMQ has another password for {ADMIN} than {ours}: write that one there") from None
            return False
        return True

    def _configure(self, management: int) -> None:
        config = self._home / "rabbitmq.conf"
        config.touch(mode=0o600)  # it holds the password
        lines = {
            "listeners.tcp.default": f"127.0.0.1:{self.port}",
            "management.tcp.ip": "127.0.0.1",
            "management.tcp.port": management,
            "default_user": self.admin[0],
            "default_pass": self.admin[1],
            "disk_free_limit.absolute": "50MB",
            "vm_memory_high_watermark.absolute": "512MB",
            "raft.wal_max_size_bytes": "64000000",  # all of it is in memory: its usual 512 MB were the whole of that
        }
        config.write_text("".join(f"{key} = {value}\n" for key, value in lines.items()))
        (self._home / "enabled_plugins").write_text("[rabbitmq_management].\n")
        (self._home / "inetrc").write_text('{host, {127,0,0,1}, ["localhost"]}.\n{lookup, [file, native]}.\n')
        if self._tree.unpacked:  # Debian's `erl` looks for itself in /usr/lib
            root = self._tree.root / "usr/lib/erlang"
            where = f"ROOTDIR='{root}' BINDIR='{self._erlang}' EMU=beam PROGNAME=erl"
            stand_in = self._home / "bin" / "erl"
            stand_in.write_text(f"#!/bin/sh\nexport {where}\nexec '{self._erlang}/erlexec' \"$@\"\n")
            stand_in.chmod(0o755)

    def _environment(self, distribution: int, mapper: int) -> dict[str, str]:
        ours = {key: value for key, value in os.environ.items() if not key.startswith(("RABBITMQ_", "ERL_"))}
        folder, programs = self._home, self._tree.root / "usr/lib/erlang/bin"
        return self._tree.environment(ours) | {
            "HOME": f"{folder}/home",
            "PATH": f"{folder}/bin:{programs}:{os.environ.get('PATH', os.defpath)}",
            "ERL_EPMD_PORT": str(mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_INETRC": f"{folder}/inetrc",  # knows localhost, whatever /etc/hosts says or does not
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/advanced.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_FEATURE_FLAGS_FILE": f"{folder}/feature_flags",
            "RABBITMQ_PID_FILE": f"{folder}/node.pid",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ALLOW_INPUT": "1",  # so that the script becomes the node: its pid is the broker's
            "RABBITMQ_SERVER_START_ARGS": "-noinput",
            # Loopback only; idle schedulers sleep instead of spinning, other processes need the processor.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
        }


@contextlib.contextmanager
def running(directory: Path, *, durable: bool = True, tree: Tree | None = None) -> Iterator[Rabbit]:
    """A node that keeps its data in the folder, until the end of the block or of this thread.

    ``durable=False``, for tests, ends it at once instead of orderly.
    NotReady where there is none to run or it does not start, and where another process uses the folder.
    """
    with placed(directory, durable=durable, tree=tree) as node:
        node.start()
        try:
            yield node
        finally:
            node.stop()


@contextlib.contextmanager
def placed(directory: Path, *, durable: bool = True, tree: Tree | None = None) -> Iterator[Rabbit]:
    """One that has its folder and does not run yet."""
    with owned(directory) as home:
        yield Rabbit(private(home), tree or tree_of("rabbitmq-server"), durable=durable)
