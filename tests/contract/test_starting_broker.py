"""A broker that has just been started, or that dies over its answer, is no reason to give up."""

import base64
import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from unittest.mock import MagicMock

import pytest

from commands import topology
from libs.common.bus import BusDown
from libs.common.rabbit import management
from libs.common.rabbit.management import Management, Refusal, Starting

STARTING = "home node 'rabbit@localhost' of durable queue 'plumbline.history' in vhost '/' is down or inaccessible"
FOREIGN = "inequivalent arg 'x-queue-type' for queue 'plumbline.leads'"


class Broker(BaseHTTPRequestHandler):
    """Its management API: what it says, one answer a question, then yes."""

    says: list[str]
    asked_by: list[str]

    def do_PUT(self) -> None:
        self.asked_by.append(self.headers["Authorization"])
        self.rfile.read(int(self.headers["Content-Length"]))
        reason = self.says.pop(0) if self.says else ""
        body = json.dumps({"error": "bad_request", "reason": reason}).encode() if reason else b""
        self.send_response(400 if reason else 201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """The node ends in the middle of it."""
        self.send_response(int(self.path.rpartition("/")[2]))
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b'[{"name": ')

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def broker() -> Iterator[Management]:
    Broker.says, Broker.asked_by = [], []
    with ThreadingHTTPServer(("127.0.0.1", 0), Broker) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Management(f"http://127.0.0.1:{server.server_port}", "amqp://guest:guest@127.0.0.1")
        server.shutdown()
        thread.join()


def test_its_queues_are_waited_for(broker: Management, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topology, "LOOK_S", 0.0)
    Broker.says = [STARTING, STARTING]

    assert topology.once_started(lambda: [broker.call("PUT", "queues/%2F/plumbline.history", {}) or "made"]) == ["made"]
    assert Broker.says == []


def test_waiting_has_an_end(broker: Management, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topology, "START_S", 0.0)
    Broker.says = [STARTING] * 9

    with pytest.raises(Starting, match="is not ready yet: home node"):
        topology.once_started(lambda: [broker.call("PUT", "queues/%2F/plumbline.history", {})])
    assert issubclass(Starting, BusDown), "who only asks now and then goes on as with a broker that is away"


def test_the_watch_outlives_a_broker_that_dies_over_its_answer(
    broker: Management, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["queues/200", "queues/500"]
    monkeypatch.setattr(topology, "AGAIN_S", 0.0)
    handlers = MagicMock()
    monkeypatch.setattr(topology.signal, "signal", handlers)

    def make() -> None:
        path = asked.pop(0)
        if not asked:
            handlers.call_args.args[1]()
        broker.call("GET", path)

    topology.keep(list, make)

    gone, refused = capsys.readouterr().err.splitlines()
    assert gone.startswith("RabbitMQ's management API cannot be reached: IncompleteRead")
    assert refused == "Internal Server Error"


def test_a_broker_inside_is_not_asked_by_way_of_the_environments_proxy(
    broker: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("http_proxy", "http://127.0.0.1:1"), ("no_proxy", "")):
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.upper(), value)

    assert Management(broker.url, "amqp://guest:guest@127.0.0.1").call("PUT", "queues/%2F/plumbline.leads", {}) is None


def test_it_is_asked_by_the_user_of_the_address_whatever_signs_name_password_and_virtual_host_have(
    broker: Management,
) -> None:
    asking = Management(broker.url, "amqp://crm%40oak:a%2Fb%25@127.0.0.1/our%2Fown")

    asking.call("PUT", "queues", {})

    [told] = Broker.asked_by
    assert base64.b64decode(told.removeprefix("Basic ")).decode() == "crm@oak:a/b%"
    assert (asking.vhost, asking.here) == ("our/own", "our%2Fown")


def test_one_that_says_nothing_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waited for without an end, nobody would look after bindings any more."""
    monkeypatch.setattr(management, "ANSWER_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asking = Management(f"http://127.0.0.1:{silent.getsockname()[1]}", "amqp://guest:guest@127.0.0.1")

        with pytest.raises(BusDown, match="timed out"):
            asking.bindings("plumbline.events")


def test_what_will_not_pass_is_a_refusal(broker: Management) -> None:
    Broker.says = [FOREIGN]

    with pytest.raises(Refusal, match="inequivalent arg"):
        topology.once_started(lambda: [broker.call("PUT", "queues/%2F/plumbline.leads", {})])
