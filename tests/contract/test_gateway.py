"""The gateway, nginx's and the embedded one: the same routes, and its own refusals in the form of all others."""

import contextlib
import http.client
import json
import re
import selectors
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest

import services
from embedded import described
from libs.common.web import openapi
from libs.local import nginx
from libs.local.ports import free_port, free_ports

ROOT = Path(__file__).parents[2]
SITE = ROOT / "deploy" / "gateway" / "site.conf.template"
WWW = SITE.parent / "www"
PROBLEM = "application/problem+json"


class Echo(BaseHTTPRequestHandler):
    """Stands in for a service: says who it is and what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.endswith("/slow"):
            self.server.go_on.wait(30)  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = {"service": self.server.name, "path": self.path, "headers": dict(self.headers)}  # type: ignore[attr-defined]
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the library calls it so

    def log_message(self, *_: object) -> None:
        pass


class Crowd(ThreadingHTTPServer):
    request_queue_size = 200  # they come at once


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a gateway")  # people's folders have such names


@pytest.fixture(scope="module")
def go_on() -> threading.Event:
    return threading.Event()


@pytest.fixture(scope="module")
def gateway(folder: Path, go_on: threading.Event) -> Iterator[nginx.Gateway]:
    """nginx before an echo for each service, but for notifications: nobody is there."""
    servers = []
    inside, nobody = (f"127.0.0.1:{port}" for port in free_ports(2))
    variables = {"GATEWAY_WWW": str(WWW), "GATEWAY_INSIDE": inside, "GATEWAY_NOTIFICATIONS": nobody}
    for name in set(services.NAMES) - {"notifications"}:
        server = Crowd(("127.0.0.1", 0), Echo)
        server.name, server.go_on = name, go_on  # type: ignore[attr-defined]
        variables[f"GATEWAY_{name.upper()}"] = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    with nginx.running(SITE, folder, variables=variables) as running:
        running.inside = int(inside.rpartition(":")[2])  # type: ignore[attr-defined]
        yield running
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def gateway_without_console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nginx.Gateway]:
    """nginx before services that are all away, its pages in a folder whose name has a space."""
    variables = {f"GATEWAY_{name.upper()}": f"127.0.0.1:{free_port()}" for name in ("inside", *services.NAMES)}
    folder = tmp_path_factory.mktemp("alone")
    (folder / "our pages").symlink_to(WWW)
    with nginx.running(SITE, folder, variables={"GATEWAY_WWW": str(folder / "our pages"), **variables}) as running:
        yield running


@pytest.fixture
def gateway_before_silence(tmp_path: Path) -> Iterator[nginx.Gateway]:
    """nginx, of less patience, before services that take whatever they are asked and say nothing."""
    hasty = SITE.read_text().replace("proxy_read_timeout 30s", "proxy_read_timeout 100ms")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        variables = {"GATEWAY_WWW": str(WWW), "GATEWAY_INSIDE": f"127.0.0.1:{free_port()}"}
        variables |= {f"GATEWAY_{name.upper()}": where for name in services.NAMES}
        with nginx.running(hasty, tmp_path, variables=variables) as running:
            yield running


def ask(
    gateway: nginx.Gateway, method: str, path: str, body: bytes | None = None, port: int | None = None, **headers: str
):
    wire = http.client.HTTPConnection("127.0.0.1", port or gateway.port, timeout=20)
    wire.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = wire.getresponse()
    content = answer.read()
    wire.close()
    return answer, content


def refused(answer: http.client.HTTPResponse, content: bytes, status: int) -> dict[str, object]:
    assert (answer.status, answer.headers["Content-Type"]) == (status, PROBLEM)
    problem = json.loads(content)
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return problem


@pytest.mark.parametrize(
    ("path", "service"),
    [(f"/api/v1/{name}", name) for name in services.NAMES if name != "notifications"]
    + [
        ("/api/v1/leads/import", "leads"),
        ("/api/v1/leads/0197/validate?x=%2F..", "leads"),
        ("/api/v1/shared/abc/accept", "estimates"),
        ("/e/abc", "estimates"),
        ("/api/v1/leads/livez", "leads"),
        ("/", "console"),
        ("/api/v1/leadsx", "console"),
    ],
)
def test_a_prefix_leads_to_its_service_and_nothing_is_changed_on_the_way(gateway, path: str, service: str) -> None:
    for method in ("GET", "POST"):
        answer, content = ask(gateway, method, path, b"{}" if method == "POST" else None, X_Request_Id="mine-1")
        said = json.loads(content)
        assert (answer.status, said["service"], said["path"]) == (200, service, path)
        assert said["headers"]["X-Request-Id"] == "mine-1"


def test_a_service_hears_who_really_asks(gateway) -> None:
    _, content = ask(gateway, "GET", "/api/v1/leads", X_Forwarded_For="6.6.6.6", X_Request_Id='x"y')
    headers = json.loads(content)["headers"]
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-Id"]), "what could not be logged is replaced"


def test_at_the_consoles_own_door_a_service_hears_whose_browser_it_is(gateway) -> None:
    _, content = ask(gateway, "GET", "/api/v1/leads", port=gateway.inside, X_Forwarded_For="198.51.100.7")
    assert json.loads(content)["headers"]["X-Forwarded-For"] == "198.51.100.7"


@pytest.mark.parametrize(
    "path",
    ["/api/v1/leads/metrics", "/api/v1/leads/%6detrics",
     "/api/v1/estimates/x/../metrics", "/e/metrics", "/../../etc/passwd%00"],
)  # fmt: skip
def test_what_is_not_there_is_a_problem_as_everywhere(gateway, path: str) -> None:
    refused(*ask(gateway, "GET", path), status=400 if path.endswith("%00") else 404)


def test_a_service_that_is_away_is_said_to_be(gateway) -> None:
    for path in ("/api/v1/notifications", "/api/v1/status-bar"):
        answer, content = ask(gateway, "GET", path)
        assert "notifications cannot be reached" in str(refused(answer, content, 502)["detail"])
        assert answer.headers["Retry-After"]


@pytest.mark.parametrize(("which", "status"), [("gateway", 502), ("gateway_before_silence", 504)])
def test_that_a_service_does_not_answer_is_said_as_every_document_has_it(
    request: pytest.FixtureRequest, which: str, status: int
) -> None:
    document = openapi.document(described.app(services.spec("notifications")))

    problem = refused(*ask(request.getfixturevalue(which), "POST", "/api/v1/notifications", b"{}"), status)

    assert PROBLEM in document["components"]["responses"][f"Problem{status}"]["content"]
    jsonschema.validate(problem, document["components"]["schemas"]["Problem"])


def test_a_file_that_is_taken_in_is_waited_for_at_its_door_and_on_its_page(
    gateway_before_silence: nginx.Gateway,
) -> None:
    """20,000 enquiries take a minute: who sent them on the console's page read that nobody answers, and so did who sent
    prices at their door."""
    paths = ("/api/v1/leads/import", "/api/v1/estimates/price-books/7/import", "/do/lead.import", "/do/book.import/7")
    with contextlib.ExitStack() as lines, selectors.DefaultSelector() as answers:
        for path in (*paths, "/api/v1/leads"):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", gateway_before_silence.port)))
            line.sendall(f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n".encode())
            answers.register(line, selectors.EVENT_READ, path)

        assert [key.data for key, _ in answers.select(10)] == ["/api/v1/leads"]
        answers.unregister(line)
        assert answers.select(0.3) == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_whatever_the_gateway_says_itself_is_in_every_document(method: str) -> None:
    document = openapi.document(described.app(services.spec("leads")))
    named = document["paths"]["/api/v1/leads"][method]["responses"]

    for status in re.findall(r"^\s+(\d{3}) '\{", SITE.read_text(), re.MULTILINE):
        assert status in named or status in document["info"]["description"]


def test_who_asks_for_too_much_at_once_is_told_when_to_come_again(gateway, go_on: threading.Event) -> None:
    request = b"GET /api/v1/leads/slow HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    wires = [socket.create_connection(("127.0.0.1", gateway.port), timeout=20) for _ in range(140)]
    try:
        for wire in wires:
            wire.sendall(request)
        said = [heard(wire) for wire in told(wires, 12)]
        assert all(b" 429 " in one and b"Retry-After: 1" in one and b"come again" in one for one in said)
        go_on.set()
        assert sum(b" 200 " in heard(wire) for wire in wires) == 128
    finally:
        go_on.set()
        for wire in wires:
            wire.close()


def told(wires: list[socket.socket], many: int) -> list[socket.socket]:
    """Those that have an answer, as soon as so many have."""
    with selectors.DefaultSelector() as waiting:
        for wire in wires:
            waiting.register(wire, selectors.EVENT_READ)
        found: set[socket.socket] = set()
        while len(found) < many:
            for key, _ in waiting.select(20):
                found.add(key.fileobj)
                waiting.unregister(key.fileobj)
    return list(found)


def heard(wire: socket.socket) -> bytes:
    return b"".join(iter(lambda: wire.recv(65536), b""))


def test_what_is_too_large_is_refused_before_it_is_passed_on(gateway) -> None:
    answer, content = ask(gateway, "POST", "/api/v1/leads/import", b"", Content_Length=str(12 << 20))
    refused(answer, content, 413)
    refused(*ask(gateway, "GET", "/api/v1/leads", Authorization="x" * (64 << 10)), status=431)
    refused(*ask(gateway, "GET", "/api/v1/leads?" + "x" * (64 << 10)), status=414)


def test_who_chose_too_large_a_photo_is_told_so_by_the_console(gateway) -> None:
    """They read a page of nginx's."""
    answer, content = ask(gateway, "POST", "/do/lead.file/0197", bytes(12 << 20))
    assert (answer.status, json.loads(content)["service"]) == (200, "console")


def test_what_is_no_http_is_refused_without_a_version(gateway) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        said = b"".join(iter(lambda: wire.recv(65536), b"")).decode()
    assert said.startswith("HTTP/1.1 400")
    assert PROBLEM in said
    assert not re.search(r"nginx/\d", said)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("TRACE /api/v1/leads HTTP/1.1", 405),
        ("GET /api/v1/leads HTTP/3.7", 400),
        ("POST /api/v1/leads HTTP/1.1\r\nTransfer-Encoding: gzip", 400),
        ("GET /api HTTP/1.1", 404),
    ],
)
def test_no_refusal_of_the_gateway_is_a_page_of_nginx(gateway, asked: str, status: int) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as wire:
        wire.sendall(f"{asked}\r\nHost: here\r\nConnection: close\r\n\r\n".encode())
        head, _, body = heard(wire).decode().partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert (json.loads(body)["status"], PROBLEM in head, "\r\nAllow: " in head) == (status, True, status == 405)


def test_no_link_of_a_customer_is_in_a_log(gateway, folder: Path) -> None:
    for path in (
        "/e/s3cret",
        "/%65/s3cret",
        "/e/s3cret/metrics",
        "/api/v1/shared/s3cret/accept",
        "/api/v1/leads?q=s3cret",
    ):
        ask(gateway, "GET", path)
    lines = [json.loads(line) for line in (folder / "access.log").read_text().splitlines()]
    assert {"/e/…", "/api/v1/shared/…/accept"} <= {line["path"] for line in lines}
    assert "s3cret" not in (folder / "access.log").read_text() + (folder / "nginx.log").read_text()


def test_while_the_console_is_away_a_person_reads_so(gateway_without_console) -> None:
    answer, content = ask(gateway_without_console, "GET", "/board")
    assert (answer.status, answer.headers.get_content_type()) == (502, "text/html")
    assert b"Plumbline is not answering" in content
    assert answer.headers["Retry-After"]


def test_both_gateways_have_the_same_routes() -> None:
    pattern = r'^\s+"~\^(\S*?)\(/\|\$\)"\s+(\w+);'
    routes = dict(re.findall(pattern, SITE.read_text(), re.MULTILINE))
    expected = {}
    for service in services.every():
        expected[f"/api/v1/{service.name}"] = service.name
        expected |= {prefix.rstrip("/"): service.name for prefix in service.prefixes}
    assert routes == expected


def test_the_gateways_own_page_asks_nobody_else_for_anything() -> None:
    for page in WWW.iterdir():
        assert not re.findall(r"https?://[^\s\"'<)]+|<script|<style|style=|\son\w+=", page.read_text())
