"""Three brokers that are one, each a process of its own on this machine, behind a line that leads to one of them."""

import contextlib
import secrets
from pathlib import Path

from libs.local.broker import Broker
from libs.local.folder import kept
from libs.local.ports import free_port
from libs.local.process import Process
from tests.system.faulty_servers import Node
from tests.system.proxy import Proxy

TOGETHER = {
    "cluster_formation.peer_discovery_backend": "classic_config",
    "cluster_partition_handling": "pause_minority",
    "net_ticktime": "5",
}


class Member(Node):
    """One of them. All share a cookie, an administrator and Erlang's port mapper, which the first one runs."""

    def __init__(self, home: Path, name: str, names: list[str], cookie: str, password: str, mapper: int) -> None:
        (home / "home").mkdir(parents=True)
        kept(home / "home" / ".erlang.cookie", cookie, mode=0o400)
        kept(home / "password", password)
        kept(home / "node", name)
        self.name, self.first = name, name == names[0]
        super().__init__(home)
        self.ports[3] = mapper
        self._map, self._run = self.programs(self.ports)
        others = {f"cluster_formation.classic_config.nodes.{at}": one for at, one in enumerate(names, 1)}
        with (home / "rabbitmq.conf").open("a") as config:
            config.writelines(f"{key} = {value}\n" for key, value in {**TOGETHER, **others}.items())

    def begin(self) -> None:
        if self.first and not hasattr(self, "_mapper"):
            self._mapper = self._map.start()
        self._process = self._run.start()

    def await_ready(self, process: Process, *, seconds: float = 90) -> None:
        """Until the others count on it too. It answers clients half a second before it says that it has booted; a
        virtual host that is made in between gets no processes there, and then never any."""
        super().await_ready(process, seconds=seconds)
        self.ctl("await_startup")

    def remembers(self, *names: str) -> bool:
        """Whether its disk says what it keeps with the others. That is written half a second later; who is killed
        before comes back as no member of the streams' coordinator, and two such leave it without a majority."""
        said = b"".join(file.read_bytes() for file in (self._home / "mnesia").rglob("names.dets"))
        return all(name.encode() in said for name in names)

    def goes_on(self) -> bool:
        """Whether it is back from a pause. It comes back by itself, but RabbitMQ 3.10 gives up where the other one is
        still booting; then, as an operator would, it is told to start. That is refused while it goes down."""
        if not self._answers():
            with contextlib.suppress(AssertionError):
                self.ctl("start_app")
        return self._answers()

    def kill(self) -> None:
        """The port mapper lives on: it belongs to all."""
        self._process.kill()

    def gone(self) -> None:
        self._process.kill()
        if self.first:
            self._mapper.kill()


class Cluster(Broker):
    """What clients see of them: one address, as of a balancer's. ``lead_to`` chooses who is behind it."""

    def __init__(self, folder: Path) -> None:
        mark, cookie, password = secrets.token_hex(4), secrets.token_hex(20), secrets.token_urlsafe(18)
        names, mapper = [f"plumbline-{mark}-{at}@localhost" for at in "abc"], free_port()
        self.members = [Member(folder / name[-11:-10], name, names, cookie, password, mapper) for name in names]
        self.to_broker, self.to_management = (Proxy(self.members[0].ports[at]) for at in (0, 1))
        management = f"http://127.0.0.1:{self.to_management.port}"
        super().__init__(
            host="127.0.0.1", port=self.to_broker.port, management_url=management, admin=self.members[0].admin
        )

    def start(self) -> None:
        for member in self.members:
            member.begin()
            member.await_ready(member._process, seconds=120)

    def lead_to(self, member: Member) -> None:
        for line, port in zip((self.to_broker, self.to_management), member.ports, strict=False):
            line.target = port
            line.cut()

    def leader(self, vhost: str, queue: str) -> Member:
        found = self.manage("GET", f"/api/queues/{vhost}/{queue}")["leader"]
        return next(one for one in self.members if one.name == found)

    def close(self) -> None:
        for member in reversed(self.members):
            if hasattr(member, "_process"):
                member.gone()
        self.to_broker.close()
        self.to_management.close()
