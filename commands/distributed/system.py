"""Starts the servers, makes them ready, starts the services and the gateway, and watches over all of them."""

import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import services
from commands import ROOT
from commands.distributed import environment, secrets
from commands.distributed.environment import Place
from commands.distributed.ports import kept_ports
from commands.up import announce, demand_free, wait_ready
from libs.common import config
from libs.local import NotReady, nginx, postgres, rabbit
from libs.local.folder import private
from libs.local.nursery import Nursery
from libs.local.process import Process, Program
from libs.local.progress import tell
from libs.local.supervisor import Supervisor

SERVERS, SERVICES, GATEWAY = range(3)  #: stages: the last is told to stop first, the next when it has stopped
PORTS = ("database", "amqp", "management", "distribution", "mapper", "inside", *services.NAMES)
# Six services share this machine with two servers: a process each, of as many threads as people wait at once.
WEB_WORKERS, WEB_THREADS = 1, 8
STEP_S = 180  #: a busy machine takes a minute to begin with what takes two seconds
SITE = ROOT / "deploy" / "gateway"
#: what our processes have loaded before they begin: a second of processor time for each of them otherwise
LOADED = (
    *(f"services.{name}.service" for name in services.NAMES),
    *("libs.common.cli", "libs.common.worker", "libs.common.web", "libs.common.web.server", "libs.common.migrate"),
    *("commands.provision", "commands.topology", "commands.distributed.migrations"),
)


def run(data: Path, port: int, *, empty: bool, as_json: bool) -> None:
    """Until SIGTERM or Ctrl-C; whatever dies meanwhile is started again at the same place, with the same data."""
    config.load_or_exit(os.environ)  # what is misspelt is passed on to nobody, who would say so
    demand_free(port)
    supervisor = Supervisor()
    supervisor.take_signals()
    with contextlib.ExitStack() as folders:
        database = folders.enter_context(postgres.placed(data / "postgres"))
        broker = folders.enter_context(rabbit.placed(data / "rabbit"))
        system = System(data, port, supervisor, database, broker)
        try:
            system.start()
            if not supervisor.stopping.is_set():
                marker = data / "postgres" / "demo-company"
                announce(
                    system.url, data, supervisor, empty=empty, as_json=as_json, marker=marker, amqp_url=broker.url()
                )
                supervisor.watch()
        finally:
            supervisor.stop()
            system.nursery.end()


class System:
    """What runs, and where."""

    def __init__(
        self, data: Path, port: int, supervisor: Supervisor, database: postgres.Postgres, broker: rabbit.Rabbit
    ) -> None:
        self.data, self.port, self.url, self.supervisor = data, port, f"http://127.0.0.1:{port}", supervisor
        self.database, self.broker = database, broker
        self.nursery = Nursery(LOADED, log=private(data / "log") / "nursery.log", env=_environment({}))
        self.ports = kept_ports(data / "ports.json", PORTS)
        self.place = Place(
            secrets=data / "secrets",
            management_url=f"http://127.0.0.1:{self.ports['management']}",
            public_url=self.url,
            gateway_url=f"http://127.0.0.1:{self.ports['inside']}",
            binds={name: f"127.0.0.1:{self.ports[name]}" for name in services.NAMES},
            web_workers=WEB_WORKERS,
            web_threads=WEB_THREADS,
        )

    def start(self) -> None:
        """Returns when every service is ready, or soon after it is asked to stop.

        Services migrate while the broker, the slowest, comes up.
        """
        for what, step in (
            ("starting PostgreSQL and RabbitMQ", self._servers),
            ("making databases", self._databases),
            ("starting services", self._apis),
            ("making queues", self._queues),
            ("starting workers", self._workers),
        ):
            if self.supervisor.stopping.is_set():
                return
            tell(what)
            step()
        wait_ready(self.url, self.supervisor, self._log_tails)

    def _databases(self) -> None:
        self.database.await_ready(self._server("postgres"))
        self._step("provision", ["-m", "commands", "provision"], environment.of_step("provision", self.place))
        self._step("migrate", ["-m", "commands.distributed.migrations", str(self.place.secrets)], {})

    def _apis(self) -> None:
        for name in services.NAMES:
            self._keep(f"{name}-api", *self._service(name, "api"), stage=SERVICES)

    def _queues(self) -> None:
        self.broker.await_ready(self._server("rabbitmq"))
        topology = environment.of_step("topology", self.place)
        self._step("topology", ["-m", "commands", "topology"], topology)
        self._keep("topology", ["-m", "commands", "topology", "--watch"], topology, stage=SERVICES)

    def _workers(self) -> None:
        for name in services.NAMES:
            self._keep(f"{name}-worker", *self._service(name, "worker"), stage=SERVICES)
        self._gateway()

    def _server(self, name: str) -> Process:
        return next(child.process for child in self.supervisor.children if child.name == name and child.process)

    def _servers(self) -> None:
        keep, ports = self.supervisor.keep, self.ports
        mapper, node = self.broker.programs([ports[name] for name in ("amqp", "management", "distribution", "mapper")])
        keep("postgres", self.database.program(ports["database"]), stage=SERVERS)
        keep("epmd", mapper, stage=SERVERS)
        # It takes six seconds to stop, and loses nothing that workers were just saying to it: they say it again.
        keep("rabbitmq", node, stage=SERVICES)
        secrets.write(
            self.place.secrets,
            database=f"127.0.0.1:{ports['database']}",
            socket=self.database.socket,
            broker=f"127.0.0.1:{ports['amqp']}",
            database_admin=(self.database.user, self.database.password),
            broker_admin=self.broker.admin,
            key=self.data / "signing-key.pem",  # where `plumbline token` looks for it in either mode
        )

    def _gateway(self) -> None:
        home = private(self.data / "gateway")
        variables = environment.of_gateway(self.place, SITE / "www")
        program = nginx.program(SITE / "site.conf.template", home, port=self.port, variables=variables)
        self.supervisor.keep("gateway", program, stage=GATEWAY)

    def _service(self, name: str, role: str) -> tuple[list[str], dict[str, str]]:
        return ["-m", f"services.{name}", role], environment.of_service(name, role, self.place)

    def _keep(self, name: str, arguments: list[str], env: Mapping[str, str], *, stage: int) -> None:
        self.supervisor.keep(name, self._program(name, arguments, env), stage=stage)

    def _step(self, name: str, arguments: list[str], env: Mapping[str, str]) -> None:
        """Runs it to its end. NotReady, with what it said, when it fails."""
        await_end(name, self._program(name, arguments, env).start())

    def _program(self, name: str, arguments: list[str], env: Mapping[str, str]) -> Program:
        log = self.data / "log" / f"{name}.log"
        return Program([sys.executable, *arguments], log=log, env=_environment(env), nursery=self.nursery)

    def _log_tails(self) -> str:
        dead = [child for child in self.supervisor.children if child.dead]
        return "\n".join(f"{child.name}: {child.process.log_tail()}" for child in dead if child.process)


def await_end(name: str, process: Process) -> None:
    """Raises NotReady for a step that failed: in its plain words and with its code, as an embedded system is ended."""
    if code := process.wait(STEP_S):
        if plain := process.last_words():
            raise NotReady(plain, code=code)
        raise NotReady(f"{name} failed:\n{process.log_tail()}")


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("PLUMBLINE_")}
    return {**ours, **given, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
